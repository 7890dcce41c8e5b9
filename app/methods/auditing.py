"""Which answers are looked at once more, from one seed; and what share of them was confirmed."""

import math
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import TypeVar

from app.methods.sampling import stream
from app.methods.wilson import wilson

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Share:
    """share, low and high: 0 to 1. n: of how many."""

    share: float
    low: float
    high: float
    n: int


def drawn_for_audit(keys: Collection[Key], share: float, seed: int, purpose: str) -> set[Key]:
    """The share of the keys, rounded up, without replacement; each has the same chance.

    Each key has a number of its own from the seed and the lowest are drawn, so that a larger share holds the smaller
    one, and a key that comes or goes moves at most one other. Neither order nor repeats of the keys matter.
    share: 0 to 1. purpose: keys drawn for another one get other numbers.
    """
    distinct = sorted(set(keys), key=lambda key: (stream(seed, f"{purpose} {key}").random(), repr(key)))
    return set(distinct[: math.ceil(share * len(distinct) - 1e-9)])


def share_of(confirmed: int, n: int) -> Share | None:
    """Wilson's interval at 95 %; None of nothing."""
    if n == 0:
        return None
    return Share(confirmed / n, *wilson(confirmed / n, n), n)
