"""Who agrees with whom, and which values are taken for which: the tables behind a heat map."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse

from app.methods.agreement import coefficients
from app.methods.agreement.ratios import columns
from app.methods.agreement.report import Measuring, pair_undefined
from app.methods.agreement.results import Coefficient, Rater, Value
from app.methods.agreement.sets import membership
from app.methods.agreement.tables import ABSENT, Ints, Patterns

NOTHING = None


@dataclass(frozen=True)
class Confused:
    """Two values that met in a pair of ratings of one unit. times: how many such pairs; share: of all that differ."""

    first: Value
    second: Value
    times: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """How often values met, as values × values in the order of `values`. Of sets the values are their codes.

    rows: of two raters what the first gave stands in the rows and what the second gave in the columns; of all raters it
    is the same from both sides, and a pair of ratings counts once. The diagonal is agreement.
    """

    values: tuple[Value, ...]
    rows: tuple[tuple[int, ...], ...]
    confused: tuple[Confused, ...]  # most often first


@dataclass(frozen=True)
class PairAgreement:
    """Two raters on the units both rated. percent, kappa (Cohen's) and alpha each say why where there is none."""

    first: Rater
    second: Rater
    percent: Coefficient
    kappa: Coefficient
    alpha: Coefficient


def confusion(patterns: Patterns) -> Confusion:
    """Of all raters, over all pairs of ratings of a unit."""
    counts = np.zeros((len(patterns.values),) * 2, dtype=np.int64)
    for first, second in combinations(range(len(patterns.raters)), 2):
        counts += _met(patterns, first, second)
    both_ways = counts + counts.T
    np.fill_diagonal(both_ways, counts.diagonal())
    return _confusion(patterns.values, both_ways, np.triu(both_ways, 1))


def confusion_of_two(patterns: Patterns, first: Rater, second: Rater) -> Confusion:
    """Of two raters, in units both rated. Raises ValueError for a rater who rated nothing."""
    counts = _met(patterns, patterns.raters.index(first), patterns.raters.index(second))
    return _confusion(patterns.values, counts, np.triu(counts + counts.T, 1))


def code_confusion(patterns: Patterns) -> Confusion:
    """Of all raters over all pairs of sets, code by code; a code met another where one had the one and not the other,
    and the other the other way about. NOTHING is last: a code met it where the other set had nothing in its place.
    """
    codes, has = membership(patterns.values)
    both_ways = np.zeros((len(codes) + 1,) * 2, dtype=np.int64)
    for first, second in combinations(range(len(patterns.raters)), 2):
        both_ways += _codes_met(patterns, first, second, has)
    return _confusion((*codes, NOTHING), both_ways, np.triu(both_ways, 1))


def pair_agreements(patterns: Patterns) -> tuple[PairAgreement, ...]:
    """Each two raters, in the order of the raters: the cells of a heat map."""
    return tuple(_pair(patterns, *places) for places in combinations(range(len(patterns.raters)), 2))


def _pair(patterns: Patterns, first: int, second: int) -> PairAgreement:
    measuring = Measuring(None, 0)
    pair, _, _ = patterns.pair(first, second)
    undefined = pair_undefined(pair)
    return PairAgreement(
        first=pair.raters[0],
        second=pair.raters[1],
        percent=measuring.percent(pair) if pair.units else Coefficient(None, None, None, 0, undefined, "none"),
        kappa=measuring.coefficient(coefficients.cohen(pair), units=pair.units, undefined=undefined),
        alpha=measuring.coefficient(coefficients.nominal_alpha(pair), units=pair.units, undefined=undefined),
    )


def _met(patterns: Patterns, first: int, second: int) -> Ints:
    """Units by what the first gave (rows) and the second (columns)."""
    values = len(patterns.values)
    mine, others = patterns.cells[:, first], patterns.cells[:, second]
    both = (mine != ABSENT) & (others != ABSENT)
    keys = mine[both] * values + others[both]
    counts = np.bincount(keys, weights=patterns.weights[both], minlength=values * values)
    return counts.astype(np.int64).reshape(values, values)


def _codes_met(patterns: Patterns, first: int, second: int, has: sparse.csr_array) -> Ints:
    mine, others = patterns.cells[:, first], patterns.cells[:, second]
    both = (mine != ABSENT) & (others != ABSENT)
    weights = patterns.weights[both]
    one, other = has[mine[both]], has[others[both]]
    shared = one.multiply(other)
    only, lacking = _or_nothing(one - shared, other - shared)
    met = (only.multiply(weights[:, None]).T @ lacking).toarray()
    both_ways = met + met.T
    agreed = np.append(weights @ shared, 0)
    np.fill_diagonal(both_ways, agreed)
    return np.rint(both_ways).astype(np.int64)


def _or_nothing(one: sparse.csr_array, other: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """With a last column for *nothing*, which a set has where it has no code of its own and the other has."""
    mine, others = np.asarray(one.sum(axis=1)).ravel() > 0, np.asarray(other.sum(axis=1)).ravel() > 0
    return columns(one, (others & ~mine).astype(float)), columns(other, (mine & ~others).astype(float))


def _confusion(values: tuple[Value, ...], counts: Ints, differ: Ints) -> Confusion:
    total = int(differ.sum())
    met = [(values[i], values[j], int(differ[i, j])) for i, j in zip(*np.nonzero(differ), strict=True)]
    met.sort(key=lambda each: -each[2])
    confused = tuple(Confused(first, second, times, times / total) for first, second, times in met)
    return Confusion(values, tuple(tuple(row) for row in counts.tolist()), confused)
