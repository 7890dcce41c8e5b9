"""Every coefficient as one minus observed over expected disagreement, ready for leaving units out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from app.methods.agreement.tables import ABSENT, Floats, Ints, Patterns

Parts = Callable[[Floats, Floats], tuple[Floats, Floats]]
Crossed = tuple[sparse.csr_array, sparse.csr_array]

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
    """A coefficient whose two disagreements are functions of sums over units, and of products of such sums.

    sums: patterns × sums, what one unit of a pattern adds to each sum.
    crossed: of each product, what a unit adds to its left and to its right, patterns × values; the product is of their
    totals, value by value, added up. So leaving a unit out costs the few values of its own, however many there are.
    parts: rows of sums and rows of products -> observed and expected disagreement of each row.
    """

    weights: Ints
    sums: Floats
    parts: Parts
    crossed: Sequence[Crossed] = ()

    @cached_property
    def totals(self) -> Floats:
        return np.asarray(self.weights @ self.sums, dtype=float)

    @cached_property
    def _sides(self) -> list[tuple[Floats, Floats]]:
        """The totals of each product, left and right."""
        return [(_totals(self.weights, left), _totals(self.weights, right)) for left, right in self.crossed]

    @cached_property
    def _products(self) -> Floats:
        return np.array([left @ right for left, right in self._sides])

    def disagreement(self) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            observed, expected = self.parts(self.totals[None, :], self._products[None, :])
        return float(observed[0]), float(expected[0])

    def left_out(self) -> Floats:
        """(L - l)(R - r) is LR - lR - Lr + lr."""
        products = np.empty((len(self.weights), len(self.crossed)))
        for at, ((left, right), (lefts, rights)) in enumerate(zip(self.crossed, self._sides, strict=True)):
            own = np.asarray(left.multiply(right).sum(axis=1)).ravel()
            products[:, at] = self._products[at] - left @ rights - right @ lefts + own
        return self._values(self.totals - self.sums, products)

    def resampled(self, weights: Floats) -> Floats:
        widest = max((left.shape[1] for left, _ in self.crossed), default=1)
        step = max(DENSE_CELLS // max(widest, 1), 1)
        parts = [self._resampled(weights[at : at + step]) for at in range(0, len(weights), step)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _resampled(self, weights: Floats) -> Floats:
        products = np.empty((len(weights), len(self.crossed)))
        for at, (left, right) in enumerate(self.crossed):
            lefts = np.asarray(weights @ left)
            rights = lefts if right is left else np.asarray(weights @ right)
            products[:, at] = np.einsum("ij,ij->i", lefts, rights)
        return self._values(weights @ self.sums, products)

    def _values(self, sums: Floats, products: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return ratio(*self.parts(sums, products))


def _totals(weights: Ints, added: sparse.csr_array) -> Floats:
    return np.asarray(weights @ added, dtype=float)


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
