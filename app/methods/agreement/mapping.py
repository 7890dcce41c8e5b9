"""Ratings that were counted once, as other codebooks score them."""

from collections.abc import Callable, Mapping

import numpy as np

from app.methods.agreement.tables import ABSENT, Patterns, Value, counted, order_of


def mapped(patterns: Patterns, become: Callable[[Value], Value | None]) -> Patterns:
    """Every value as `become` makes it; None: as if that rating had not been given.

    The same as counting a table whose values were changed one by one, at the cost of the distinct values only. Raters
    and units that are left without a rating are left out, as they are in counting.
    """
    new = [become(value) for value in patterns.values]
    values = tuple(sorted({value for value in new if value is not None}, key=order_of))
    at = {value: place for place, value in enumerate(values)}
    places = np.array([ABSENT if value is None else at[value] for value in new] + [ABSENT], dtype=np.int64)
    cells = places[patterns.cells]  # ABSENT is -1, and so the last
    kept = (cells != ABSENT).any(axis=1)
    rated = (cells[kept] != ABSENT).any(axis=0)
    raters = tuple(rater for rater, has in zip(patterns.raters, rated, strict=True) if has)
    return counted(raters, values, cells[kept][:, rated], patterns.weights[kept])


def rolled_up(patterns: Patterns, category_of: Mapping[Value, Value], *, sets: bool) -> Patterns:
    """Codes as their categories; a code without one stands for itself. sets: each value is a set of codes, and two of
    one category come to one.
    """

    def category(code: Value) -> Value:
        return category_of.get(code, code)

    return mapped(patterns, lambda value: frozenset(map(category, value)) if sets else category(value))


def differing(patterns: Patterns) -> int:
    """Units on which not all raters gave the same."""
    cells = patterns.cells
    if not cells.size:
        return 0
    highest = cells.max(axis=1)
    same = (cells == ABSENT) | (cells == highest[:, None])
    return int(patterns.weights[~same.all(axis=1)].sum())
