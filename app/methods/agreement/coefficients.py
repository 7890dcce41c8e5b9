"""Nominal coefficients. Each is one minus observed over expected disagreement, over counted patterns."""

from itertools import combinations

import numpy as np
from scipy import sparse

from app.methods.agreement.ratios import (
    Parts,
    Ratio,
    Statistic,
    pair_distances,
    value_counts,
)
from app.methods.agreement.tables import ABSENT, Floats, Patterns


def percent(patterns: Patterns) -> Ratio:
    """Observed agreement: the mean over pairable units of the share of agreeing pairs, 0 to 1.

    Nothing is taken off for chance. Source: Fleiss (1971), and with missing ratings Gwet (2014).
    """
    patterns = patterns.unordered
    sums = _agreement_sums(patterns)
    return Ratio(patterns.weights, sums, lambda sums, _: (_observed(sums), np.ones(len(sums))))


def brennan_prediger(patterns: Patterns) -> Ratio:
    """Chance is one over the number of values seen. Source: Brennan and Prediger (1981); Randolph (2005)."""
    patterns = patterns.unordered
    expected = 1.0 - 1.0 / max(len(patterns.values), 1)
    sums = _agreement_sums(patterns)
    return Ratio(patterns.weights, sums, lambda sums, _: (_observed(sums), np.full(len(sums), expected)))


def fleiss(patterns: Patterns) -> Ratio:
    """Fleiss' kappa; chance is the squared mean share of each value over all rated units.

    Units with one rating count for the shares only. Source: Fleiss (1971); missing ratings as Gwet (2014).
    """

    def parts(sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
        return _observed(sums), 1.0 - squares[:, 0] / sums[:, 2] ** 2

    return _with_mean_shares(patterns, parts)


def gwet_ac1(patterns: Patterns) -> Ratio:
    """Gwet's AC1; chance is the mean of share × (1 - share), scaled by the number of values seen less one.

    Source: Gwet (2008); missing ratings as Gwet (2014).
    """
    others = max(len(patterns.values) - 1, 1)

    def parts(sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
        return _observed(sums), 1.0 - (1.0 - squares[:, 0] / sums[:, 2] ** 2) / others

    return _with_mean_shares(patterns, parts)


def scott_pi(patterns: Patterns) -> Ratio:
    """Scott's pi for two raters, on units both rated. Source: Artstein and Poesio (2008)."""
    return fleiss(patterns.pairable)


def conger(patterns: Patterns) -> Ratio:
    """Conger's kappa: chance is the mean over pairs of raters of the product of their own shares.

    A rater's shares are over all units that rater rated. Equals Cohen's for two raters and no missing
    rating. Source: Conger (1980); missing ratings as Gwet (2014).
    """
    raters, values = len(patterns.raters), len(patterns.values)
    own = [value_counts(patterns.cells[:, [rater]], values) for rater in range(raters)]
    pairs = list(combinations(range(raters), 2))
    one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    def parts(sums: Floats, met: Floats) -> tuple[Floats, Floats]:
        rated = sums[:, 2:]
        present = (rated > 0).sum(axis=1)
        both = rated[:, one] * rated[:, other]
        together = 2.0 * np.where(both > 0, met / np.where(both > 0, both, 1.0), 0.0).sum(axis=1)
        return _observed(sums), 1.0 - together / (present * (present - 1))

    sums = np.column_stack([_agreement_sums(patterns), patterns.cells != ABSENT])
    return Ratio(patterns.weights, sums, parts, [(own[first], own[second]) for first, second in pairs])


def cohen(pair: Patterns) -> Ratio:
    """Cohen's kappa of two raters; `pair` holds them alone, on units both rated. Source: Cohen (1960)."""

    def parts(sums: Floats, met: Floats) -> tuple[Floats, Floats]:
        return _observed(sums), 1.0 - met[:, 0] / sums[:, 0] ** 2

    first, second = (value_counts(pair.cells[:, [rater]], len(pair.values)) for rater in (0, 1))
    return Ratio(pair.weights, _agreement_sums(pair), parts, [(first, second)])


def nominal_alpha(patterns: Patterns) -> Ratio:
    """Krippendorff's alpha for nominal values; units with fewer than two ratings are skipped.

    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example C.
    """
    return pairable_alpha(patterns.pairable.unordered)


def pairable_alpha(kept: Patterns) -> Ratio:
    """The same where every unit has two ratings or more, and pattern by pattern as they are given."""
    apart = 2.0 * pair_distances(kept) / (kept.ratings_per_unit - 1)

    def parts(sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
        ratings = sums[:, 0]
        expected = (ratings**2 - squares[:, 0]) / (ratings * (ratings - 1.0))
        return sums[:, 1] / ratings, expected

    counts = value_counts(kept.cells, len(kept.values))
    sums = np.column_stack([kept.ratings_per_unit, apart])
    return Ratio(kept.weights, sums, parts, [(counts, counts)])


class MeanOfPairs:
    """Light's kappa: the mean of Cohen's kappa over the pairs of raters for which it is defined.

    A pair that shares no unit, or used one value alone, is left out. Source: Light (1971).
    """

    def __init__(self, patterns: Patterns, pairs: list[tuple[int, int]]) -> None:
        self.weights = patterns.weights
        self._placed = [Placed(patterns, *pair) for pair in pairs]

    def disagreement(self) -> tuple[float, float]:
        both = np.array([placed.statistic.disagreement() for placed in self._placed]).reshape(-1, 2)
        both = both[both[:, 1] > 0]
        if not len(both):
            return float("nan"), float("nan")
        expected = 1.0 / (1.0 / both[:, 1]).mean()
        return float((both[:, 0] / both[:, 1]).mean() * expected), float(expected)

    def left_out(self) -> Floats:
        return _mean_defined([placed.left_out() for placed in self._placed], len(self.weights))

    def resampled(self, weights: Floats) -> Floats:
        return _mean_defined([placed.resampled(weights) for placed in self._placed], len(weights))


class Placed:
    """Cohen's kappa of one pair, with the way back from its own patterns to those of all raters."""

    def __init__(self, patterns: Patterns, first: int, second: int) -> None:
        pair, self._both, self._places = patterns.pair(first, second)
        self.statistic: Statistic = cohen(pair)
        shape = (len(self._places), len(pair.weights))
        self._gather = sparse.csr_array((np.ones(shape[0]), (np.arange(shape[0]), self._places)), shape=shape)

    def left_out(self) -> Floats:
        observed, expected = self.statistic.disagreement()
        whole = 1.0 - observed / expected if expected > 0 else np.nan
        out = np.full(len(self._both), whole)
        out[self._both] = self.statistic.left_out()[self._places]
        return out

    def resampled(self, weights: Floats) -> Floats:
        return self.statistic.resampled(np.asarray(weights[:, self._both] @ self._gather))


def _mean_defined(rows: list[Floats], length: int) -> Floats:
    if not rows:
        return np.full(length, np.nan)
    stacked = np.stack(rows)
    defined = np.isfinite(stacked)
    counted = defined.sum(axis=0)
    summed = np.where(defined, stacked, 0.0).sum(axis=0)
    return np.where(counted > 0, summed / np.maximum(counted, 1), np.nan)


def _agreement_sums(patterns: Patterns) -> Floats:
    """Two sums: pairable units, and their shares of agreeing pairs."""
    ratings = patterns.ratings_per_unit
    pairs = ratings * (ratings - 1) / 2.0
    shares = np.where(pairs > 0, 1.0 - pair_distances(patterns) / np.maximum(pairs, 1.0), 0.0)
    return np.column_stack([ratings >= 2, shares])


def _with_mean_shares(patterns: Patterns, parts: Parts) -> Ratio:
    patterns = patterns.unordered
    per_rating = 1.0 / np.maximum(patterns.ratings_per_unit, 1)
    counts = value_counts(patterns.cells, len(patterns.values))
    shares = sparse.csr_array(counts.multiply(per_rating[:, None]))
    sums = np.column_stack([_agreement_sums(patterns), np.ones(len(patterns.weights))])
    return Ratio(patterns.weights, sums, parts, [(shares, shares)])


def _observed(sums: Floats) -> Floats:
    return 1.0 - sums[:, 1] / sums[:, 0]
