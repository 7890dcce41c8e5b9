"""Intervals of shares. Loads numpy: import it where it is used."""

import numpy as np
from numpy.typing import NDArray

from app.methods.fitness import Share
from app.methods.wilson import wilson

Floats = NDArray[np.float64]

WILSON = "Wilson"
WILSON_EFFECTIVE = "Wilson, effective n"


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
