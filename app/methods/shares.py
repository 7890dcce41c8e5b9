"""Intervals of shares. Loads numpy: import it where it is used."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from app.methods.fitness import Share

Floats = NDArray[np.float64]

NORMAL = float(special.ndtri(0.975))
WILSON = "Wilson"
WILSON_EFFECTIVE = "Wilson, effective n"


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's interval at 95 %. n: above 0, may be an effective one. Source: Wilson (1927)."""
    square = NORMAL**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL / (1 + square / n) * np.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, min(share, float(middle - half))), min(1.0, max(share, float(middle + half)))


def share_of(values: Floats, *, none: str, weights: Floats | None = None) -> Share:
    """The mean of values between 0 and 1, with Wilson's interval; none: what is said where there are no values.

    With unequal weights n in the interval is the effective one, (sum w)^2 / sum w^2. Source of that: Kish (1965).
    """
    n = len(values)
    if not n:
        return Share(None, None, None, 0, none, "none")
    by = np.ones(n) if weights is None else weights
    value = float(by @ values / by.sum())
    effective = float(by.sum() ** 2 / (by @ by))
    low, high = wilson(value, effective)
    return Share(value, low, high, n, None, WILSON if effective > n - 1e-9 else f"{WILSON_EFFECTIVE} {effective:.0f}")
