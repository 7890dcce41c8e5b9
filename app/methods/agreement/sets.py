"""Krippendorff's alpha for sets of codes, by a distance between sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from app.methods.agreement.ratios import ratio, value_counts
from app.methods.agreement.tables import ABSENT, Floats, Ints, Patterns, Value

STEP_CELLS = 4_000_000
STEP_SETS = 64
STEP_PAIRS = 200_000
WHOLE = 2_000  # distinct sets up to which all distances are held at once: 64 MB of them

JACCARD, MASI = 0, 1


def membership(values: Sequence[Value]) -> tuple[tuple[Value, ...], sparse.csr_array]:
    """The codes used in sets, and sets × codes with 1 where the set has the code."""
    codes = tuple(sorted({code for codes in values for code in codes}, key=str))
    code_at = {code: i for i, code in enumerate(codes)}
    entries = [(row, code_at[code]) for row, codes_ in enumerate(values) for code in codes_]
    rows, places = np.array(entries, dtype=np.int64).reshape(-1, 2).T
    shape = (len(values), len(codes))
    return codes, sparse.csr_array((np.ones(len(entries)), (rows, places)), shape=shape)


@dataclass(frozen=True, eq=False)
class SetDistances:
    """Distances between sets, those of JACCARD and of MASI, both from one count of what each two sets share.

    Jaccard's: 1 - |A∩B| / |A∪B|; 0 between two empty sets, 1 between an empty and another. MASI: 1 - J·M with J
    Jaccard's similarity and M 1, 2/3, 1/3, 0 for sets that are equal, one inside the other, overlapping, disjoint.
    Source: Passonneau (2006).

    Of more than `whole` sets they are made anew, few rows at a time, whenever they are asked for: those of 20,000 sets
    would take 6 GB.
    """

    values: Sequence[Value]
    whole: int = WHOLE

    @cached_property
    def _has(self) -> sparse.csr_array:
        return membership(self.values)[1]

    @cached_property
    def _of_codes(self) -> sparse.csr_array:
        return sparse.csr_array(self._has.T)

    @cached_property
    def _sizes(self) -> Floats:
        return np.asarray(self._has.sum(axis=1)).ravel()

    @cached_property
    def all(self) -> Floats | None:
        """Both × sets × sets; None where there are too many."""
        if len(self.values) > self.whole:
            return None
        found = np.empty((2, len(self.values), len(self.values)))
        for step, rows in self._made():
            found[:, step] = rows
        return found

    def steps(self) -> Iterator[tuple[slice, Floats]]:
        """Both × some sets × all sets, until all had their turn."""
        if self.all is None:
            yield from self._made()
        else:
            yield slice(0, len(self.values)), self.all

    def _made(self) -> Iterator[tuple[slice, Floats]]:
        for at in range(0, len(self.values), STEP_SETS):  # few, so that what is between stays in the cache
            step = slice(at, at + STEP_SETS)
            shared = (self._has[step] @ self._of_codes).toarray()
            yield step, _apart(shared, self._sizes[step, None], self._sizes[None, :])

    def between(self, first: Ints, second: Ints) -> Floats:
        """Both × pairs: of the sets at these places, pair by pair."""
        if self.all is not None:
            return self.all[:, first, second]
        found = np.empty((2, len(first)))
        for at in range(0, len(first), STEP_PAIRS):
            step = slice(at, at + STEP_PAIRS)
            one, other = first[step], second[step]
            shared = np.asarray(self._has[one].multiply(self._has[other]).sum(axis=1)).ravel()
            found[:, step] = _apart(shared, self._sizes[one], self._sizes[other])
        return found


def _apart(shared: Floats, mine: Floats, others: Floats) -> Floats:
    jaccard = shared / np.maximum(mine + others - shared, 1.0)
    jaccard[(mine + others) == 0] = 1.0
    part = np.where(shared == np.minimum(mine, others), 2.0 / 3.0, 1.0 / 3.0)  # of disjoint sets jaccard is 0 already
    part[shared == np.maximum(mine, others)] = 1.0
    alike = np.stack([jaccard, jaccard * part])
    return np.subtract(1.0, alike, out=alike)


@dataclass(frozen=True, eq=False)
class RatedSets:
    """Ratings by sets, of pairable units only, as both alphas count them."""

    patterns: Patterns
    distances: SetDistances

    @cached_property
    def counts(self) -> sparse.csr_array:
        return value_counts(self.patterns.cells, len(self.patterns.values))

    @cached_property
    def totals(self) -> Floats:
        """How often each value was given."""
        return np.asarray(self.patterns.weights @ self.counts, dtype=float)

    @cached_property
    def reach(self) -> Floats:
        """Both × values: of each its distance to all that were given. By einsum: one pass over the distances is over
        before the threads of a matrix product have met, which on a busy machine takes ten times as long."""
        found = np.empty((2, len(self.patterns.values)))
        for step, rows in self.distances.steps():
            for which in (JACCARD, MASI):
                found[which, step] = np.einsum("ij,j->i", rows[which], self.totals)
        return found

    @cached_property
    def apart(self) -> Floats:
        """Both × patterns: the sum of distances over pairs of ratings of a unit."""
        cells = self.patterns.cells
        total = np.zeros((2, len(cells)))
        for second in range(1, cells.shape[1]):
            for first in range(second):
                both = np.flatnonzero((cells[:, first] != ABSENT) & (cells[:, second] != ABSENT))
                total[:, both] += self.distances.between(cells[both, second], cells[both, first])
        return total

    def squares(self, weights: Floats, which: int) -> Floats:
        """Rows of other weights: how far all that would be given are apart, over ordered pairs."""
        width = max(STEP_CELLS // max(len(self.patterns.values), 1), 1)
        parts = [np.empty(0)]
        for at in range(0, len(weights), width):
            counts = np.asarray(weights[at : at + width] @ self.counts)
            found = np.zeros(len(counts))
            for step, rows in self.distances.steps():
                found += ((counts @ rows[which].T) * counts[:, step]).sum(axis=1)
            parts.append(found)
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class DistanceAlpha:
    """Krippendorff's alpha under a distance from 0 to 1.

    What is expected is a square in the counts of values, so leaving a unit out is an update by its own few
    ratings and never a pass over all pairs of values.
    """

    rated: RatedSets
    which: int

    @property
    def weights(self) -> Ints:
        return self.rated.patterns.weights

    @cached_property
    def _apart(self) -> Floats:
        """Ordered pairs of one unit: the sum of their distances."""
        return 2.0 * self.rated.apart[self.which]

    @cached_property
    def _sums(self) -> Floats:
        """Per pattern: ratings, and distance over its other ratings."""
        ratings = self.rated.patterns.ratings_per_unit
        return np.stack([ratings, self._apart / (ratings - 1)], axis=1).astype(float)

    @property
    def _square(self) -> float:
        return float(self.rated.totals @ self.rated.reach[self.which])

    def disagreement(self) -> tuple[float, float]:
        totals = self.weights @ self._sums
        observed, expected = self._parts(totals[None, :], np.array([self._square]))
        return float(observed[0]), float(expected[0])

    def left_out(self) -> Floats:
        totals = self.weights @ self._sums
        cells = self.rated.patterns.cells
        own = np.where(cells != ABSENT, self.rated.reach[self.which][cells], 0.0).sum(axis=1)
        return ratio(*self._parts(totals - self._sums, self._square - 2.0 * own + self._apart))

    def resampled(self, weights: Floats) -> Floats:
        return ratio(*self._parts(weights @ self._sums, self.rated.squares(weights, self.which)))

    @staticmethod
    def _parts(sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
        ratings = sums[:, 0]
        with np.errstate(all="ignore"):
            return sums[:, 1] / ratings, squares / (ratings * (ratings - 1.0))


def set_alphas(patterns: Patterns, *, whole: int = WHOLE) -> tuple[DistanceAlpha, DistanceAlpha]:
    """Both: under Jaccard's distance, and under MASI."""
    rated = RatedSets(patterns.pairable, SetDistances(patterns.values, whole))
    return DistanceAlpha(rated, JACCARD), DistanceAlpha(rated, MASI)
