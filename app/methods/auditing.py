"""Which answers are looked at once more, from one seed; and what share of them was confirmed."""

import math
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import TypeVar

from app.methods.sampling import stream

Key = TypeVar("Key", bound=Hashable)
Z = 1.959963984540054  # of a 95 % interval


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
    """Wilson's interval at 95 %; None of nothing. Source: Wilson (1927), Probable Inference, the Law of Succession."""
    if n == 0:
        return None
    share, square = confirmed / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), n)
