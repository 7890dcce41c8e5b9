"""What two groups of incidents differ in: means, shares, coefficients. Every figure with n and a 95 % interval.

Where there is no figure, `undefined` says why. What is drawn is incidents: answers to one incident stand together.
Formulas and sources: docs/ASSISTANCE.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from app.methods.agreement.results import Coefficient
from app.methods.shares import WILSON
from app.methods.wilson import wilson

LEVEL = 0.05
FEWEST = 5  # incidents on either side: with fewer, an interval says next to nothing
NO_SPREAD = 1e-12

CLUSTERED = "Wilson, at the effective n of answers that stand together in incidents"
STUDENT = "t over incidents"
WELCH = "Welch’s t over incidents, unequal variances"
MOVER = "from the two intervals (Zou and Donner 2008)"
NOTHING = "There is nothing to count."
ONE = "One incident gives no interval."
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contrast:
    """assisted, blind: each side alone. difference: assisted minus blind, in the same unit; its n is both together."""

    assisted: Coefficient
    blind: Coefficient
    difference: Coefficient


def no_figure(why: str, n: int = 0) -> Coefficient:
    return Coefficient(None, None, None, n, why, "none")


def share(hits: int, n: int) -> Coefficient:
    """hits of n, with Wilson's interval. Source: Wilson (1927), Probable Inference, the Law of Succession."""
    if not n:
        return no_figure(NOTHING)
    low, high = wilson(hits / n, n)
    return Coefficient(hits / n, low, high, n, None, WILSON)


def clustered_share(hits: Sequence[int], of: Sequence[int]) -> Coefficient:
    """Share of answers, where those of one incident stand together.

    hits, of: one place an incident, how many of its answers hit, and how many it has; incidents without are left out.
    The interval is Wilson's at the effective n, p(1-p) over the variance of the ratio between incidents, and never
    more than the answers; with no spread, the incidents. n: answers. Source: Korn and Graubard (1998).
    """
    many = np.array(of, dtype=float)
    hit = np.array(hits, dtype=float)[many > 0]
    many = many[many > 0]
    answers, incidents = int(many.sum()), len(many)
    if not answers:
        return no_figure(NOTHING)
    found = float(hit.sum() / answers)
    effective = float(incidents)
    if incidents > 1:
        spread = incidents / (incidents - 1) * float(((hit - found * many) ** 2).sum()) / answers**2
        if spread > NO_SPREAD:
            effective = min(float(answers), max(1.0, found * (1 - found) / spread))
    low, high = wilson(found, effective)
    return Coefficient(found, low, high, answers, None, CLUSTERED)


def mean(values: Sequence[float]) -> Coefficient:
    """values: one an incident, none under 0; nor is the interval."""
    found = np.array(values, dtype=float)
    if len(found) < 2:
        return no_figure(ONE if len(found) else NOTHING, len(found))
    error = float(found.std(ddof=1)) / sqrt(len(found))
    if error**2 < NO_SPREAD:
        return no_figure(f"All {len(found)} incidents have the same, {found[0]:g}: no interval.", len(found))
    of = around(float(found.mean()), error, len(found) - 1, len(found), STUDENT)
    assert of.low is not None
    return replace(of, low=max(of.low, 0.0))


def contrast_of_means(assisted: Sequence[float], blind: Sequence[float]) -> Contrast:
    """Two groups of incidents, one value each. Source: Welch (1947); degrees of freedom by Satterthwaite (1946)."""
    sides = mean(assisted), mean(blind)
    n = len(assisted) + len(blind)
    if min(len(assisted), len(blind)) < 2:
        return Contrast(*sides, no_figure(ONE if n else NOTHING, n))
    one, other = np.array(assisted, dtype=float), np.array(blind, dtype=float)
    errors = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    return Contrast(*sides, welch(float(one.mean() - other.mean()), errors, (len(one) - 1, len(other) - 1), n, WELCH))


def welch(value: float, variances: tuple[float, float], degrees: tuple[int, int], n: int, method: str) -> Coefficient:
    """variances: of the two estimates. degrees: of freedom of each."""
    together = float(sum(variances))
    if together < NO_SPREAD:
        return no_figure(
            f"No incident differs within its group: no interval. The groups are {abs(value):.2f} apart.", n
        )
    parts = sum(variance**2 / freedom for variance, freedom in zip(variances, degrees, strict=True))
    return around(value, sqrt(together), together**2 / parts, n, method)


def around(value: float, error: float, degrees: float, n: int, method: str) -> Coefficient:
    half = float(special.stdtrit(degrees, 1 - LEVEL / 2)) * error
    return Coefficient(value, value - half, value + half, n, None, method)


def contrast_of(assisted: Coefficient, blind: Coefficient) -> Contrast:
    """Two figures of different incidents, each with its own interval, which need not be even around it.

    The difference reaches as far as the two intervals together: the square root of the sum of squares of the distances
    to the ends that matter. Source: Zou and Donner (2008); for shares it is Newcombe's (1998) score method.
    """
    n = assisted.n + blind.n
    for side, words in ((assisted, "with suggestions"), (blind, "among the blind incidents")):
        if side.value is None or side.low is None or side.high is None:
            why = side.undefined or side.interval_method
            return Contrast(assisted, blind, no_figure(f"No difference: {words} there is no figure. {why}", n))
    assert assisted.value is not None and assisted.low is not None and assisted.high is not None
    assert blind.value is not None and blind.low is not None and blind.high is not None
    value = assisted.value - blind.value
    low = value - sqrt((assisted.value - assisted.low) ** 2 + (blind.high - blind.value) ** 2)
    high = value + sqrt((assisted.high - assisted.value) ** 2 + (blind.value - blind.low) ** 2)
    return Contrast(assisted, blind, Coefficient(value, low, high, n, None, MOVER))
