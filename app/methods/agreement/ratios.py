"""Every coefficient as one minus observed over expected disagreement, ready for leaving units out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from app.methods.agreement.tables import ABSENT, Floats, Ints, Patterns

Parts = Callable[[Floats], tuple[Floats, Floats]]

ALMOST_ZERO = 1e-12
DENSE_CELLS = 4_000_000  # how many numbers one step of leaving out may hold at once


class Statistic(Protocol):
    """A coefficient over weighted patterns. NaN stands for undefined."""

    @property
    def weights(self) -> Ints: ...

    def disagreement(self) -> tuple[float, float]:
        """Observed and expected disagreement of all units."""

    def left_out(self) -> Floats:
        """The coefficient without one unit of each pattern in turn."""

    def resampled(self, weights: Floats) -> Floats:
        """The coefficient for each row of other weights (rows × patterns)."""


@dataclass(frozen=True, eq=False)
class Ratio:
    """A coefficient whose two disagreements are functions of sums over units.

    sums: patterns × sums, what one unit of a pattern adds to each sum.
    parts: rows of sums -> observed and expected disagreement of each row.
    """

    weights: Ints
    sums: sparse.csr_array
    parts: Parts

    @cached_property
    def totals(self) -> Floats:
        return np.asarray(self.weights @ self.sums, dtype=float)

    def disagreement(self) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            observed, expected = self.parts(self.totals[None, :])
        return float(observed[0]), float(expected[0])

    def left_out(self) -> Floats:
        return self._stepwise(len(self.weights), lambda step: self.totals - self.sums[step].toarray())

    def resampled(self, weights: Floats) -> Floats:
        return self._stepwise(len(weights), lambda step: np.asarray(weights[step] @ self.sums))

    def _stepwise(self, rows: int, sums_of: Callable[[slice], Floats]) -> Floats:
        width = max(DENSE_CELLS // max(len(self.totals), 1), 1)
        out = [self._values(sums_of(slice(at, at + width))) for at in range(0, rows, width)]
        return np.concatenate(out) if out else np.empty(0)

    def _values(self, sums: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return ratio(*self.parts(sums))


def ratio(observed: Floats, expected: Floats) -> Floats:
    """1 - observed/expected; NaN where nothing can be expected to disagree."""
    defined = np.isfinite(observed) & np.isfinite(expected) & (expected > ALMOST_ZERO)
    return np.where(defined, 1.0 - observed / np.where(defined, expected, 1.0), np.nan)


def value_counts(cells: Ints, values: int) -> sparse.csr_array:
    """Patterns × values: how many raters of a unit gave each value."""
    rows, columns = np.nonzero(cells != ABSENT)
    entries = (np.ones(len(rows)), (rows, cells[rows, columns]))
    return sparse.csr_array(entries, shape=(len(cells), values))


def pair_distances(patterns: Patterns) -> Floats:
    """For each pattern the pairs of its ratings that differ."""
    cells = patterns.cells
    total = np.zeros(len(cells))
    for second in range(1, cells.shape[1]):
        mine, others = cells[:, [second]], cells[:, :second]
        total += ((mine != others) & (mine != ABSENT) & (others != ABSENT)).sum(axis=1)
    return total


def columns(*blocks: Floats | Ints | sparse.csr_array) -> sparse.csr_array:
    """Single sums and blocks of sums side by side."""
    sided = [b if sparse.issparse(b) else sparse.csr_array(np.asarray(b)[:, None]) for b in blocks]
    return sparse.csr_array(sparse.hstack(sided, format="csr"))
