"""Ratings as counted patterns: the same answers by the same raters are one row with a weight."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.methods.agreement.results import Rater, Value

Table = Sequence[Mapping[Rater, Value]]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ABSENT = -1


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


def count_patterns(table: Table) -> Patterns:
    """Count a table of ratings.

    table: one mapping per unit, rater -> value; an absent rater (or None) is missing data.
    Units nobody rated are left out. The order of units and raters does not change the result.
    """
    raters = tuple(sorted({r for unit in table for r, v in unit.items() if v is not None}, key=order_of))
    values = tuple(sorted({v for unit in table for v in unit.values() if v is not None}, key=order_of))
    rater_at = {rater: i for i, rater in enumerate(raters)}
    value_at = {value: i for i, value in enumerate(values)}
    cells = np.full((len(table), len(raters)), ABSENT, dtype=np.int64)
    for row, unit in enumerate(table):
        for rater, value in unit.items():
            if value is not None:
                cells[row, rater_at[rater]] = value_at[value]
    cells = cells[(cells != ABSENT).any(axis=1)]
    return counted(raters, values, cells, np.ones(len(cells), dtype=np.int64))


def count_set_patterns(table: Sequence[Mapping[Rater, Iterable[Value]]]) -> Patterns:
    """The same for sets of codes: an empty set is a rating ("none applies"), an absent rater is not."""
    return count_patterns([{r: frozenset(v) for r, v in unit.items() if v is not None} for unit in table])


def counted(raters: tuple[Rater, ...], values: tuple[Value, ...], cells: Ints, weights: Ints) -> Patterns:
    """Rows that show the same become one; weights: units per row."""
    if not cells.size:
        return Patterns(raters, values, cells, weights)
    distinct, places = np.unique(cells, axis=0, return_inverse=True)
    units = np.bincount(places.ravel(), weights=weights, minlength=len(distinct)).astype(np.int64)
    return Patterns(raters, values, distinct, units)


def order_of(thing: Hashable) -> tuple[str, str]:
    """By which raters and values are sorted, whatever they are."""
    if isinstance(thing, frozenset):
        return ("frozenset", repr(sorted(thing, key=order_of)))
    return (type(thing).__name__, str(thing))
