"""How many different codes two groups of incidents show, and how evenly, brought to the same number of incidents.

More incidents show more codes whatever was suggested, so both groups are rarefied: the figure is what m incidents drawn
from the group without replacement show on average, in closed form. Formulas and sources: docs/ASSISTANCE.md.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from app.methods.agreement.results import Coefficient
from app.methods.assistance import NO_SPREAD, Contrast, around, no_figure, welch

JACKKNIFE = "jackknife over incidents, t"
TOO_FEW = "Too few incidents to draw from."
Floats = NDArray[np.float64]
Codes = Collection[Hashable]


@dataclass(frozen=True)
class Diversity:
    """drawn: m, the number of incidents that both groups are brought to. distinct: how many different codes they show.
    effective: how many codes, all as frequent, would be as diverse (exp of Shannon's entropy)."""

    drawn: int
    distinct: Contrast
    effective: Contrast


def contrast_of_diversity(assisted: Sequence[Codes], blind: Sequence[Codes]) -> Diversity:
    """assisted, blind: of each incident the codes that any of its coders gave; none is an incident without codes.

    m is one less than the smaller group has, so that each incident of either can be left out in turn. The jackknife's
    variance of such an average over draws is too wide rather than too narrow (Efron and Stein 1981).
    """
    drawn = min(len(assisted), len(blind)) - 1
    if drawn < 1:
        none = no_figure(TOO_FEW, len(assisted) + len(blind))
        contrast = Contrast(no_figure(TOO_FEW, len(assisted)), no_figure(TOO_FEW, len(blind)), none)
        return Diversity(max(drawn, 0), contrast, contrast)
    one, other = rarefied(assisted, drawn), rarefied(blind, drawn)
    return Diversity(drawn, *(_contrast(*sides) for sides in zip(one, other, strict=True)))


@dataclass(frozen=True)
class Rarefied:
    """value: of m incidents. variance: of it, by leaving each incident out in turn. n: incidents drawn from."""

    value: float
    variance: float
    n: int

    @property
    def figure(self) -> Coefficient:
        if self.variance < NO_SPREAD:
            return no_figure(f"Whichever incident is left out, it stays {self.value:.3g}: no interval.", self.n)
        found = around(self.value, float(np.sqrt(self.variance)), self.n - 1, self.n, JACKKNIFE)
        assert found.low is not None
        return Coefficient(found.value, max(found.low, 0.0), found.high, found.n, None, JACKKNIFE)


def rarefied(incidents: Sequence[Codes], drawn: int) -> tuple[Rarefied, Rarefied]:
    """(distinct codes, effective number) of `drawn` incidents, fewer than there are."""
    there = len(incidents)
    patterns = Counter(frozenset(codes) for codes in incidents)
    names = sorted({code for pattern in patterns for code in pattern}, key=repr)
    place = {name: at for at, name in enumerate(names)}
    often = np.zeros(len(names), dtype=np.int64)
    for pattern, times in patterns.items():
        often[[place[code] for code in pattern]] += times
    whole = _Expected.of(often, there, drawn)
    without, within = _Expected.of(often, there - 1, drawn), _Expected.of(often - 1, there - 1, drawn)
    weights = np.array(list(patterns.values()), dtype=float)
    left_out = np.empty((2, len(patterns)))
    for at, pattern in enumerate(patterns):
        own = [place[code] for code in pattern]
        seen = float(without.seen.sum() + (within.seen[own] - without.seen[own]).sum())
        spread = float(without.spread.sum() + (within.spread[own] - without.spread[own]).sum())
        mentions = drawn * (int(often.sum()) - len(own)) / (there - 1)
        left_out[:, at] = seen, _effective(mentions, spread)
    values = float(whole.seen.sum()), _effective(drawn * int(often.sum()) / there, float(whole.spread.sum()))
    variances = [(there - 1) / there * float(weights @ (row - weights @ row / there) ** 2) for row in left_out]
    return Rarefied(values[0], variances[0], there), Rarefied(values[1], variances[1], there)


@dataclass(frozen=True)
class _Expected:
    """Of each code: seen: how likely it is among the incidents drawn. spread: the mean of j log j, where j of the
    incidents drawn show it."""

    seen: Floats
    spread: Floats

    @classmethod
    def of(cls, often: NDArray[np.int64], there: int, drawn: int) -> "_Expected":
        """often: in how many of `there` incidents each code is. Hypergeometric; codes as frequent are counted once.

        A code that all have cannot be missing in one that is left out, nor can one that none has be in it: nobody asks
        for these, and they only have to be finite.
        """
        distinct, which = np.unique(np.clip(often, 0, there), return_inverse=True)
        factorials = special.gammaln(np.arange(there + 1) + 1.0)  # their logarithms
        seen, spread = np.zeros(len(distinct)), np.zeros(len(distinct))
        for at, times in enumerate(distinct.tolist()):
            if not times:
                continue
            j = np.arange(max(0, drawn - (there - times)), min(times, drawn) + 1)  # no other number is possible
            chances = np.exp(
                _choices(factorials, times, j)
                + _choices(factorials, there - times, drawn - j)
                - _choices(factorials, there, drawn)
            )
            seen[at] = 1.0 - (chances[0] if j[0] == 0 else 0.0)
            spread[at] = float(chances @ special.xlogy(j, j))
        return cls(seen[which], spread[which])


def _choices(factorials: Floats, of: int, some: NDArray[np.int64] | int) -> Floats:
    """The logarithm of in how many ways some of them can be drawn."""
    found: Floats = factorials[of] - factorials[some] - factorials[of - some]
    return found


def _effective(mentions: float, spread: float) -> float:
    """exp of the entropy log U - (sum of j log j) / U, U mentions."""
    return float(np.exp(np.log(mentions) - spread / mentions)) if mentions > 0 else 0.0


def _contrast(assisted: Rarefied, blind: Rarefied) -> Contrast:
    degrees = assisted.n - 1, blind.n - 1
    variances = assisted.variance, blind.variance
    n = assisted.n + blind.n
    difference = welch(assisted.value - blind.value, variances, degrees, n, JACKKNIFE)
    return Contrast(assisted.figure, blind.figure, difference)
