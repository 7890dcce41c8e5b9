"""Agreement of two coders by the textbook, written without the app's own methods.

Krippendorff (2011), Computing Krippendorff's Alpha-Reliability; Passonneau (2006), MASI; Cohen (1960).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations

Value = frozenset[str]
Table = Sequence[tuple[Value, ...]]


def percent(table: Table) -> float:
    return sum(one == other for one, other in table) / len(table)


def cohen(table: Table) -> float:
    first, second = (Counter(column) for column in zip(*table, strict=True))
    expected = sum(first[value] * second[value] for value in first) / len(table) ** 2
    return (percent(table) - expected) / (1 - expected)


def alpha(table: Table, distance: Callable[[Value, Value], float]) -> float:
    """Two values in every unit, so each unit weighs the same."""
    observed = sum(distance(one, other) for one, other in table) / len(table)
    everything = [value for unit in table for value in unit]
    pairs = len(everything) * (len(everything) - 1)
    expected = sum(distance(one, other) for one, other in permutations(everything, 2)) / pairs
    return 1 - observed / expected


def nominal(one: Value, other: Value) -> float:
    return float(one != other)


def jaccard(one: Value, other: Value) -> float:
    return 1 - len(one & other) / len(one | other) if one | other else 0.0


def masi(one: Value, other: Value) -> float:
    """1 - Jaccard × monotonicity: equal 1, one within the other 2/3, overlapping 1/3, apart 0."""
    if one == other:
        return 0.0
    monotonicity = 2 / 3 if one < other or other < one else 1 / 3 if one & other else 0
    return 1 - (1 - jaccard(one, other)) * monotonicity


def written(value: float) -> str:
    """As pages write coefficients: .66"""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}").replace("0.", ".", 1)
