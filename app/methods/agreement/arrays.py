"""Ratings that stand in numpy arrays, counted without a Python object per rating."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.methods.agreement.tables import ABSENT, Cells, Ints, Patterns, counted, distinct_rows, order_of

Names = Sequence[Hashable] | None
Column = NDArray[Any]


def count_codes(codes: Cells, *, raters: Names = None, values: Names = None) -> Patterns:
    """Count a table of whole numbers.

    codes: units × raters, an index from 0, or -1 where a rater gave none.
    raters, values: what the columns and the indices stand for; without them they stand for themselves.
    The same as `count_patterns` of the same ratings: units, raters and values without a rating are left out.
    Raises ValueError for an index under -1 or outside `values`, or names that are not one a column.
    """
    if codes.ndim != 2 or not np.issubdtype(codes.dtype, np.integer):
        raise ValueError("codes are whole numbers, units × raters")
    rater_names = range(codes.shape[1]) if raters is None else raters
    if len(rater_names) != codes.shape[1]:
        raise ValueError("one name for each rater")
    highest = int(codes.max(initial=ABSENT))
    value_names = range(highest + 1) if values is None else values
    if highest >= len(value_names) or int(codes.min(initial=ABSENT)) < ABSENT:
        raise ValueError("an index is -1 or stands for a value")
    return named(codes, rater_names, value_names)


def count_long(units: Column, raters: Column, values: Column) -> Patterns:
    """Count ratings that stand one a row: three arrays of one length, of whatever numpy can sort.

    A row with the whole number -1 as its value is as good as no row. Raises ValueError where a rater rated
    a unit twice.
    """
    if np.issubdtype(values.dtype, np.integer):
        given = values != ABSENT
        if not given.all():
            units, raters, values = units[given], raters[given], values[given]
    value_names, indices = _placed(values)
    unit_names, unit_at = _placed(units)
    rater_names, rater_at = _placed(raters)
    cells = np.full((len(unit_names), len(rater_names)), ABSENT, dtype=_narrowest(len(value_names)))
    cells[unit_at, rater_at] = indices
    if np.count_nonzero(cells != ABSENT) != len(indices):
        raise ValueError("a rater rated a unit twice")
    return named(cells, rater_names.tolist(), value_names.tolist())


def count_long_sets(units: Column, raters: Column, codes: Column) -> Patterns:
    """Count sets of codes that stand one code a row; several rows of one rater on one unit make a set.

    A row with the whole number -1 is the rating *none applies*, an empty set; no row is no rating. A code twice in
    a set counts once. The same as `count_set_patterns` of the same sets.
    """
    unit_names, unit_at = _placed(units)
    rater_names, rater_at = _placed(raters)
    code_names, code_at = _placed(codes)
    if len(code_names) and np.issubdtype(codes.dtype, np.integer) and code_names[0] == ABSENT:
        code_names, code_at = code_names[1:], code_at - 1
    whose, codes_of = _one_row_a_set(unit_at * len(rater_names) + rater_at, code_at, len(code_names))
    distinct, set_at, _ = distinct_rows(codes_of)
    names = code_names.tolist()
    sets = [frozenset(names[code] for code in row if code != ABSENT) for row in distinct.tolist()]
    cells = np.full(len(unit_names) * len(rater_names), ABSENT, dtype=_narrowest(len(sets)))
    cells[whose] = set_at
    return named(cells.reshape(len(unit_names), len(rater_names)), rater_names.tolist(), sets)


def _one_row_a_set(whose: Ints, codes: Ints, width: int) -> tuple[Ints, Ints]:
    """Whose each set is, and sets × places: the codes of a set in a fixed order, filled up with ABSENT."""
    keys = np.sort(whose * (width + 1) + codes + 1)
    keys = keys[np.diff(keys, prepend=ABSENT) != 0]
    whose, codes = keys // (width + 1), keys % (width + 1) - 1
    begins = np.flatnonzero(np.diff(whose, prepend=ABSENT))
    sizes = np.diff(begins, append=len(whose))
    sets, place = np.repeat(np.arange(len(begins)), sizes), np.arange(len(whose)) - np.repeat(begins, sizes)
    filled = np.full((len(begins), int(sizes.max(initial=1))), ABSENT, dtype=np.int64)
    filled[sets, place] = codes
    return whose[begins], np.sort(filled, axis=1)[:, ::-1]


def _placed(column: Column) -> tuple[Column, Ints]:
    """The distinct entries in order, and the place of each. Whole numbers in a narrow range need no sorting."""
    if np.issubdtype(column.dtype, np.integer) and len(column):
        low = int(column.min())
        span = int(column.max()) - low + 1
        if span <= 2 * len(column) + 1024:
            offsets = column.astype(np.int64) - low
            seen = np.zeros(span, dtype=bool)
            seen[offsets] = True
            return np.flatnonzero(seen) + low, (np.cumsum(seen) - 1)[offsets]
    distinct, places = np.unique(column, return_inverse=True)
    return distinct, places


def named(cells: Cells, raters: Sequence[Hashable], values: Sequence[Hashable]) -> Patterns:
    """Patterns with raters and values that occur, in the order in which `count_patterns` has them."""
    patterns = counted(tuple(raters), tuple(values), cells)
    cells = patterns.cells
    some = (cells != ABSENT).any(axis=1)
    cells, weights = cells[some], patterns.weights[some]
    used = np.unique(cells[cells != ABSENT])
    in_order = sorted(used.tolist(), key=lambda index: order_of(values[index]))
    becomes = np.full(len(values) + 1, ABSENT, dtype=np.int64)  # ABSENT is -1, and so the last
    becomes[in_order] = np.arange(len(in_order))
    present = np.flatnonzero((cells != ABSENT).any(axis=0)).tolist()
    columns = sorted(present, key=lambda column: order_of(raters[column]))
    kept = tuple(raters[column] for column in columns)
    return counted(kept, tuple(values[index] for index in in_order), becomes[cells][:, columns], weights)


def _narrowest(values: int) -> type[np.signedinteger[Any]]:
    return next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if values <= np.iinfo(kind).max)
