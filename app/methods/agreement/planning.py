"""How many units a reliability round needs."""

import math

from scipy import special


def incidents_needed(alpha: float, rarest_share: float, raters: int = 2, level: float = 0.05) -> int:
    """Units to be rated by all `raters` so that agreement at or under `alpha` is told from more than it.

    alpha: the smallest acceptable alpha, under 1. rarest_share: share of the rarest code, between 0 and 1.
    level: one-sided risk. Source: Bloch and Kraemer (1989) as used by Krippendorff (2004), p. 240:
    n = m·z²·[(1+α)(3-α) / (4(1-α)p(1-p)) - α].
    Raises ValueError outside these ranges.
    """
    if not (-1.0 <= alpha < 1.0 and 0.0 < rarest_share < 1.0 and raters >= 2 and 0.0 < level < 0.5):
        raise ValueError("alpha is under 1, the share and the level are between 0 and 1, raters at least 2")
    z = special.ndtri(1 - level)
    spread = 4 * (1 - alpha) * rarest_share * (1 - rarest_share)
    return math.ceil(raters * z**2 * ((1 + alpha) * (3 - alpha) / spread - alpha))
