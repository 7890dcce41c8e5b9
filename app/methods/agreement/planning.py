"""How many units a round needs: before it, and from what it found."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from app.methods.agreement.intervals import EXACT, LEVEL
from app.methods.agreement.results import Coefficient

MOST_UNITS = 10_000_000


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


def expected_width(units: int, raters: int, alpha: float, shares: Sequence[float]) -> float:
    """About how wide the 95 % interval of nominal alpha will be, from one end to the other.

    units: rated by all `raters`, at least 2. alpha: supposed, 0 or more and under 1. shares: of the codes, together 1.
    Supposes that a rater sees the true code with probability √alpha and else guesses by the shares; raters who mistake
    few codes for each other come to about the same. The error is that of alpha linearised, for many units.
    Raises ValueError outside these ranges.
    """
    if units < 2:
        raise ValueError("units are at least 2")
    return _fisher_width(alpha, _unit_error(raters, alpha, shares), units)


def units_for_width(width: float, raters: int, alpha: float, shares: Sequence[float]) -> int:
    """The fewest units for which `expected_width` is at most `width`, over 0. Raises ValueError as it does."""
    error = _unit_error(raters, alpha, shares)
    return _fewest(lambda units: _fisher_width(alpha, error, units), width, 2)


def more_units(found: Coefficient, width: float) -> int | None:
    """How many more pairable units like those seen bring the 95 % interval of `found` to `width`, end to end.

    0 where it is no wider already; None where there is no interval to begin from. Supposes that the share of
    disagreement stays: of a jackknife interval its error on Fisher's z shrinks with √units, of an exact one without
    disagreement the Clopper-Pearson bound falls; of others the width itself shrinks with √units.
    Raises ValueError unless width is over 0.
    """
    if found.value is None or found.low is None or found.high is None:
        return None
    if width > 0 and found.high - found.low <= width:
        return 0
    return _fewest(_width_at(found.value, found.low, found.high, found), width, found.n) - found.n


def _width_at(value: float, low: float, high: float, found: Coefficient) -> Callable[[int], float]:
    if found.interval_method.startswith(EXACT) and value == 1.0:
        expected = _most_without_any(found.n) / (1.0 - low)
        return lambda units: _most_without_any(units) / expected
    if found.n < 2 or low <= -1.0 or high >= 1.0 or abs(value) >= 1.0:
        return lambda units: (high - low) * math.sqrt(found.n / units)
    on_z = (math.atanh(high) - math.atanh(low)) / 2
    unit_error = on_z / float(_t_quantile(found.n)) * math.sqrt(found.n) * (1.0 - value**2)
    return lambda units: _fisher_width(value, unit_error, units)


def _most_without_any(units: int) -> float:
    """Clopper-Pearson's upper bound of a share of which none was seen."""
    return float(1.0 - (LEVEL / 2) ** (1.0 / units))


def _fewest(width_at: Callable[[int], float], width: float, low: int) -> int:
    """Widths fall with units; MOST_UNITS where even they are too few."""
    if width <= 0:
        raise ValueError("the width is over 0")
    high = MOST_UNITS
    while low < high:
        middle = (low + high) // 2
        if width_at(middle) <= width:
            high = middle
        else:
            low = middle + 1
    return low


def _fisher_width(alpha: float, unit_error: float, units: int) -> float:
    spread = _t_quantile(units) * unit_error / math.sqrt(units) / (1.0 - alpha**2)
    return math.tanh(math.atanh(alpha) + spread) - math.tanh(math.atanh(alpha) - spread)


def _t_quantile(units: int) -> float:
    return float(special.stdtrit(units - 1, 1 - LEVEL / 2))


def _unit_error(raters: int, alpha: float, shares: Sequence[float]) -> float:
    """The standard deviation of one unit's part in alpha. Alpha less its mean is about the mean over units of
    agreement / D - 2·(1 - alpha)/D · (mean share of the codes given), where D is expected disagreement."""
    share = np.asarray(shares, dtype=float)
    if not (0.0 <= alpha < 1.0 and raters >= 2 and len(share) >= 2 and (share > 0).all()):
        raise ValueError("alpha is from 0 to under 1, raters at least 2, two codes or more have a share over 0")
    if not math.isclose(share.sum(), 1.0, abs_tol=1e-6):
        raise ValueError("the shares of the codes come to 1")
    seen = math.sqrt(alpha)
    given = seen * np.eye(len(share)) + (1.0 - seen) * share  # true code × code given
    agree, agree_squared, common, common_squared, crossed = _moments(given, share, raters)
    weight = -2.0 * (1.0 - alpha)
    mean = share @ (agree + weight * common)
    square = share @ (agree_squared + 2.0 * weight * crossed + weight**2 * common_squared)
    variance = max(float(square - mean**2), 0.0)
    return math.sqrt(variance) / float(1.0 - (share**2).sum())


def _moments(given: np.ndarray, share: np.ndarray, raters: int) -> tuple[np.ndarray, ...]:
    """By true code, of one unit's agreement (share of agreeing pairs) and of the mean share of the codes its raters
    gave: their means, squares and product. Raters are independent once the truth is known."""
    pairs = raters * (raters - 1) / 2
    two, three = (given**2).sum(axis=1), (given**3).sum(axis=1)
    one_more, two_more = 2.0 * (raters - 2), (raters - 2) * (raters - 3) / 2
    agree_squared = (two + one_more * three + two_more * two**2) / pairs
    common = given @ share
    common_squared = (given @ share**2 + (raters - 1) * common**2) / raters
    crossed = (2.0 * (given**2) @ share + (raters - 2) * two * common) / raters
    return two, agree_squared, common, common_squared, crossed
