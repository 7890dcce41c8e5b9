"""Which disagreements teach most: those over codes that the raters confuse most often."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Protocol

Code = Hashable
Pair = frozenset[Code]  # of two codes, or of a code and None where the other set had nothing in its place


class Met(Protocol):
    """A row of a confusion table: two codes that met in ratings of one unit, and in how many pairs of ratings."""

    @property
    def first(self) -> Code: ...
    @property
    def second(self) -> Code: ...
    @property
    def times(self) -> int: ...


def pairs_met(sets: Iterable[frozenset[Code]]) -> set[Pair]:
    """Codes that stand against one another in two of these sets: one has the one and not the other, and the other set
    the other way about. A single code is a set of one. The order of the sets does not matter."""
    met: set[Pair] = set()
    for first, second in combinations(set(sets), 2):
        mine: Collection[Code] = first - second or (None,)
        others: Collection[Code] = second - first or (None,)
        met |= {frozenset((one, other)) for one in mine for other in others}
    return met


def times_confused(confused: Sequence[Met]) -> dict[Pair, int]:
    """Pair -> how often it met, of a confusion table (app/methods/agreement/matrices)."""
    return {frozenset((each.first, each.second)): each.times for each in confused}


def teaches(pairs: Iterable[Pair], times: Mapping[Pair, int]) -> int:
    """How often the most confused of these pairs met; 0 where no codes stand against one another."""
    return max((times.get(pair, 0) for pair in pairs), default=0)
