"""Krippendorff's alpha for sets of codes, by a distance between sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from app.methods.agreement.ratios import pair_distances, ratio, value_counts
from app.methods.agreement.tables import ABSENT, Floats, Ints, Patterns, Value

STEP_CELLS = 4_000_000
STEP_SETS = 64


def membership(values: Sequence[Value]) -> tuple[tuple[Value, ...], sparse.csr_array]:
    """The codes used in sets, and sets × codes with 1 where the set has the code."""
    codes = tuple(sorted({code for codes in values for code in codes}, key=str))
    code_at = {code: i for i, code in enumerate(codes)}
    entries = [(row, code_at[code]) for row, codes_ in enumerate(values) for code in codes_]
    rows, places = np.array(entries, dtype=np.int64).reshape(-1, 2).T
    shape = (len(values), len(codes))
    return codes, sparse.csr_array((np.ones(len(entries)), (rows, places)), shape=shape)


def jaccard_distances(values: Sequence[Value]) -> Floats:
    """Sets × sets, 1 - |A∩B| / |A∪B|; 0 between two empty sets, 1 between an empty and another."""
    return set_distances(values)[0]


def masi_distances(values: Sequence[Value]) -> Floats:
    """Sets × sets, 1 - J·M with J Jaccard's similarity and M 1, 2/3, 1/3, 0 for sets that are equal,
    one inside the other, overlapping, disjoint. Source: Passonneau (2006).
    """
    return set_distances(values)[1]


def set_distances(values: Sequence[Value]) -> tuple[Floats, Floats]:
    """Jaccard's and MASI, both from one count of what each two sets share."""
    has = membership(values)[1]
    sizes = np.asarray(has.sum(axis=1)).ravel()
    jaccard, masi = np.empty((2, len(values), len(values)))
    for at in range(0, len(values), STEP_SETS):  # few at a time, so that what is between stays in the cache
        step = slice(at, at + STEP_SETS)
        jaccard[step], masi[step] = _alike((has[step] @ has.T).toarray(), sizes[step, None], sizes[None, :])
    return np.subtract(1.0, jaccard, out=jaccard), np.subtract(1.0, masi, out=masi)


def _alike(shared: Floats, mine: Floats, others: Floats) -> tuple[Floats, Floats]:
    jaccard = shared / np.maximum(mine + others - shared, 1.0)
    jaccard[(mine + others) == 0] = 1.0
    part = np.where(shared == np.minimum(mine, others), 2.0 / 3.0, 1.0 / 3.0)  # of disjoint sets jaccard is 0 already
    part[shared == np.maximum(mine, others)] = 1.0
    return jaccard, jaccard * part


@dataclass(frozen=True, eq=False)
class DistanceAlpha:
    """Krippendorff's alpha under a distance from 0 to 1; `patterns` holds pairable units only.

    What is expected is a square in the counts of values, so leaving a unit out is an update by its own few
    ratings and never a pass over all pairs of values.
    """

    patterns: Patterns
    distance: Floats

    @property
    def weights(self) -> Ints:
        return self.patterns.weights

    @cached_property
    def _counts(self) -> sparse.csr_array:
        return value_counts(self.patterns.cells, len(self.patterns.values))

    @cached_property
    def _totals(self) -> Floats:
        """How often each value was given."""
        return np.asarray(self.weights @ self._counts, dtype=float)

    @cached_property
    def _reach(self) -> Floats:
        """Of each value, its distance to all that were given. By einsum: one pass over the distances is over before
        the threads of a matrix product have met, which on a busy machine takes ten times as long."""
        return np.einsum("ij,j->i", self.distance, self._totals)

    @cached_property
    def _apart(self) -> Floats:
        """Ordered pairs of one unit: the sum of their distances."""
        return 2.0 * pair_distances(self.patterns, self.distance)

    @cached_property
    def _sums(self) -> Floats:
        """Per pattern: ratings, and distance over its other ratings."""
        ratings = self.patterns.ratings_per_unit
        return np.stack([ratings, self._apart / (ratings - 1)], axis=1).astype(float)

    def disagreement(self) -> tuple[float, float]:
        totals = self.weights @ self._sums
        observed, expected = self._parts(totals[None, :], np.array([self._totals @ self._reach]))
        return float(observed[0]), float(expected[0])

    def left_out(self) -> Floats:
        totals = self.weights @ self._sums
        cells = self.patterns.cells
        own = np.where(cells != ABSENT, self._reach[cells], 0.0).sum(axis=1)
        squares = self._totals @ self._reach - 2.0 * own + self._apart
        return ratio(*self._parts(totals - self._sums, squares))

    def resampled(self, weights: Floats) -> Floats:
        return ratio(*self._parts(weights @ self._sums, self._squares(weights)))

    def _squares(self, weights: Floats) -> Floats:
        step = max(STEP_CELLS // max(len(self.distance), 1), 1)
        parts = [np.empty(0)]
        for at in range(0, len(weights), step):
            counts = np.asarray(weights[at : at + step] @ self._counts)
            parts.append(((counts @ self.distance) * counts).sum(axis=1))
        return np.concatenate(parts)

    @staticmethod
    def _parts(sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
        ratings = sums[:, 0]
        with np.errstate(all="ignore"):
            return sums[:, 1] / ratings, squares / (ratings * (ratings - 1.0))


def jaccard_alpha(patterns: Patterns) -> DistanceAlpha:
    """Alpha for sets under Jaccard's distance."""
    return DistanceAlpha(patterns.pairable, jaccard_distances(patterns.values))


def masi_alpha(patterns: Patterns) -> DistanceAlpha:
    """Alpha for sets under MASI as Passonneau (2006) defines it."""
    return DistanceAlpha(patterns.pairable, masi_distances(patterns.values))


def set_alphas(patterns: Patterns) -> tuple[DistanceAlpha, DistanceAlpha]:
    """Both: under Jaccard's distance, and under MASI."""
    jaccard, masi = set_distances(patterns.values)
    return DistanceAlpha(patterns.pairable, jaccard), DistanceAlpha(patterns.pairable, masi)
