"""Places among siblings: numbers, between any two of which there is room for a third.

A code that moves takes a number between its new neighbours, so that nothing else is revised for it.
"""

from collections.abc import Sequence
from itertools import pairwise

from app.codebook.tree import Codebook, CodeEntry


def siblings(codebook: Codebook, dimension_id: int, parent_id: int | None) -> list[CodeEntry]:
    """Active codes that are shown under the parent, in order. Those whose parent was put away are shown at the top."""
    active = {c.id: c for c in codebook.codes.values() if c.dimension_id == dimension_id and c.is_active}
    shown = [c for c in active.values() if (c.parent_id if c.parent_id in active else None) == parent_id]
    return sorted(shown, key=lambda code: (code.position, code.id))


def room_at_the_end(codebook: Codebook, dimension_id: int) -> float:
    """Behind every code of the dimension, wherever it stands."""
    taken = [code.position for code in codebook.codes.values() if code.dimension_id == dimension_id]
    return max(taken, default=0) + 1


def room_between(before: float | None, after: float | None, how_many: int = 1) -> list[float] | None:
    """Ascending numbers between two neighbours, None for no neighbour. None where no number is left between them."""
    low = after - how_many - 1 if before is None and after is not None else before or 0.0
    high = low + how_many + 1 if after is None else after
    step = (high - low) / (how_many + 1)
    found = [low + step * place for place in range(1, how_many + 1)]
    steps = [low, *found, high]
    return found if all(one < other for one, other in pairwise(steps)) else None


def renumbered(codes: Sequence[CodeEntry]) -> dict[int, float]:
    """Code -> a new place, in that order, with room between them."""
    return {code.id: float(place) for place, code in enumerate(codes, start=1)}
