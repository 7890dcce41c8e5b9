"""Ratings as counted patterns: the same answers by the same raters are one row with a weight."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.methods.agreement.results import Rater, Value

Table = Sequence[Mapping[Rater, Value]]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Cells = NDArray[np.integer[Any]]

ABSENT = -1
MOST_KEYS = 2**62  # rows are told apart by one whole number each, which is to stay in 64 bits
DENSE_KEYS = 2**20  # up to here every number a row may bear has a place of its own; above, the numbers are sorted


@dataclass(frozen=True, eq=False)
class Patterns:
    """Distinct rows of ratings and how many units show each.

    cells: patterns × raters, indices into `values`, ABSENT where the rater gave none.
    weights: units per pattern, so that work grows with distinct patterns and not with units.
    """

    raters: tuple[Rater, ...]
    values: tuple[Value, ...]
    cells: Ints
    weights: Ints

    @cached_property
    def ratings_per_unit(self) -> Ints:
        return (self.cells != ABSENT).sum(axis=1)

    @cached_property
    def units(self) -> int:
        return int(self.weights.sum())

    @cached_property
    def ratings(self) -> int:
        return int(self.weights @ self.ratings_per_unit)

    @cached_property
    def pairable(self) -> "Patterns":
        """Only units that two or more raters rated."""
        kept = self.ratings_per_unit >= 2
        return Patterns(self.raters, self.values, self.cells[kept], self.weights[kept])

    @cached_property
    def unordered(self) -> "Patterns":
        """Units with the same answers, whoever gave which, as one: for measures that do not ask who. The columns are
        then places and no longer raters."""
        return counted(self.raters, self.values, np.sort(self.cells, axis=1), self.weights)

    def single_value(self) -> bool:
        """True when at most one value was used where units can be compared."""
        return len(np.unique(self.pairable.cells[self.pairable.cells != ABSENT])) < 2

    def yes_no(self, has_value: NDArray[np.bool_]) -> "Patterns":
        """Every value folded to one of two, by a yes or no for each index of `values`."""
        folded = np.where(self.cells == ABSENT, ABSENT, has_value[self.cells].astype(np.int64))
        return counted(self.raters, (False, True), folded, self.weights)

    def pair(self, first: int, second: int) -> tuple["Patterns", NDArray[np.bool_], Ints]:
        """Two raters alone, on units both rated; with it which patterns those are, and where each went."""
        both = (self.cells[:, first] != ABSENT) & (self.cells[:, second] != ABSENT)
        width = max(len(self.values), 1)
        keys = self.cells[both, first] * width + self.cells[both, second]
        distinct, places = np.unique(keys, return_inverse=True)
        cells = np.stack([distinct // width, distinct % width], axis=1)
        weights = np.bincount(places, weights=self.weights[both], minlength=len(distinct)).astype(np.int64)
        return Patterns((self.raters[first], self.raters[second]), self.values, cells, weights), both, places


def count_patterns(table: Table, weights: Sequence[int] | None = None) -> Patterns:
    """Count a table of ratings.

    table: one mapping per unit, rater -> value; an absent rater (or None) is missing data. weights: how many units each
    mapping stands for, where they were counted before; one each if not said.
    Units nobody rated are left out. The order of units and raters does not change the result.
    """
    given = [
        (row, rater, value) for row, unit in enumerate(table) for rater, value in unit.items() if value is not None
    ]
    raters = tuple(sorted({rater for _, rater, _ in given}, key=order_of))
    values = tuple(sorted({value for _, _, value in given}, key=order_of))
    rater_at = {rater: i for i, rater in enumerate(raters)}
    value_at = {value: i for i, value in enumerate(values)}
    cells = np.full((len(table), len(raters)), ABSENT, dtype=np.int64)
    places = np.array([(row, rater_at[rater], value_at[value]) for row, rater, value in given], dtype=np.int64)
    rows, columns, indices = places.reshape(-1, 3).T
    cells[rows, columns] = indices
    rated = (cells != ABSENT).any(axis=1)
    return counted(raters, values, cells[rated], None if weights is None else np.array(weights, dtype=np.int64)[rated])


def count_set_patterns(
    table: Sequence[Mapping[Rater, Iterable[Value]]], weights: Sequence[int] | None = None
) -> Patterns:
    """The same for sets of codes: an empty set is a rating ("none applies"), an absent rater is not."""
    return count_patterns([{r: frozenset(v) for r, v in unit.items() if v is not None} for unit in table], weights)


def counted(
    raters: tuple[Rater, ...], values: tuple[Value, ...], cells: Cells, weights: Ints | None = None
) -> Patterns:
    """Rows that show the same become one, in the order of their cells; weights: units per row, one each if not said."""
    distinct, _, units = distinct_rows(cells, weights)
    return Patterns(raters, values, distinct, units)


def distinct_rows(cells: Cells, weights: Ints | None = None) -> tuple[Ints, Ints, Ints]:
    """Distinct rows in the order of their cells, where each row went, and what their weights come to.

    cells: rows × columns, ABSENT or an index from 0. A row becomes one number, so that a million rows are told apart
    without comparing them.
    """
    if not cells.size:
        none = np.empty(0, dtype=np.int64)
        return np.empty((0, cells.shape[1]), dtype=np.int64), none, none
    keys, span = _keys(cells)
    if span > max(DENSE_KEYS, len(keys)):
        keys, span = _ranks(keys)
    a_row = np.full(span, ABSENT, dtype=np.int64)
    a_row[keys] = np.arange(len(keys))
    seen = np.flatnonzero(a_row != ABSENT)
    place_of = np.empty(span, dtype=np.int64)
    place_of[seen] = np.arange(len(seen))
    units = np.bincount(keys, weights=weights, minlength=span)[seen].astype(np.int64)
    return cells[a_row[seen]].astype(np.int64), place_of[keys], units


def _keys(cells: Cells) -> tuple[Ints, int]:
    """One number a row, in the order of the rows, and what all of them are under."""
    width = int(cells.max()) + 2
    keys, span = np.zeros(len(cells), dtype=np.int64), 1
    for column in cells.T:
        if span > MOST_KEYS // width:
            keys, span = _ranks(keys)
        keys = keys * width + column.astype(np.int64) + 1
        span *= width
    return keys, span


def _ranks(keys: Ints) -> tuple[Ints, int]:
    distinct, ranks = np.unique(keys, return_inverse=True)
    return ranks, len(distinct)


def order_of(thing: Hashable) -> tuple[str, str]:
    """By which raters and values are sorted, whatever they are."""
    if isinstance(thing, frozenset):
        return ("frozenset", repr(sorted(thing, key=order_of)))
    return (type(thing).__name__, str(thing))
