"""Which incidents a round takes: all of it from one seed, and with the chance that each had of being drawn.

Only `random.Random.random()` is promised to stay the same between Python versions, so the shuffle is our own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from app.problems import Invalid

T = TypeVar("T")


class TooFewIncidents(Invalid):
    """There are fewer incidents than you want to sample. Take fewer, or all."""


@dataclass(frozen=True)
class Sample:
    """ids: rising. chances: of each, the probability that the draw took it; None where nothing was drawn by chance."""

    ids: tuple[int, ...]
    chances: Mapping[int, float | None]

    @classmethod
    def of(cls, ids: Collection[int], chance: float | None) -> "Sample":
        distinct = tuple(sorted(set(ids)))
        return cls(distinct, dict.fromkeys(distinct, chance))


def draw(ids: Collection[int], n: int, seed: int) -> Sample:
    """n of the ids without replacement; each has the chance n / len(ids).

    Neither the order of `ids` nor repeats in it matter. Raises TooFewIncidents.
    """
    distinct = sorted(set(ids))
    if not 0 < n <= len(distinct):
        raise TooFewIncidents(
            f"You asked for {n} of {len(distinct)} incidents. Ask for at least one and at most all of them."
        )
    return Sample.of(shuffled(distinct, stream(seed, "sample"))[:n], n / len(distinct))


def draw_strata(strata: Mapping[str, Collection[int]], quotas: Mapping[str, int], seed: int) -> Sample:
    """From each stratum its quota without replacement, each stratum by a stream of its own.

    strata: disjoint, by name. quotas: a stratum that has none gives none. The chance of an incident is n_h / N_h, its
    stratum's quota by its stratum's size. Raises TooFewIncidents.
    """
    chances: dict[int, float | None] = {}
    for name in sorted(quotas):
        there, n = sorted(set(strata.get(name, ()))), quotas[name]
        if not 0 <= n <= len(there):
            raise TooFewIncidents(f"“{name}” has {len(there)} incidents that fit, and {n} are asked for. Lower it.")
        drawn = shuffled(there, stream(seed, f"sample of {name}"))[:n]
        chances |= dict.fromkeys(drawn, n / len(there) if there else 0.0)
    if not chances:
        raise TooFewIncidents("No incident would be drawn. Ask for at least one.")
    return Sample(tuple(sorted(chances)), chances)


def equal_quotas(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """n over the strata as evenly as their sizes allow; what is left over goes to the larger ones.

    A stratum smaller than its share gives all it has. Raises TooFewIncidents.
    """
    _check_total(sizes, n)
    quotas = dict.fromkeys(sizes, 0)
    while left := n - sum(quotas.values()):
        unfilled = [name for name in _larger_first(sizes) if quotas[name] < sizes[name]]
        share, rest = divmod(left, len(unfilled))
        for place, name in enumerate(unfilled):
            quotas[name] += min(share or int(place < rest), sizes[name] - quotas[name])
    return quotas


def proportional_quotas(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """n over the strata by their sizes, rounded by largest remainder; ties go to the larger. Raises TooFewIncidents."""
    _check_total(sizes, n)
    total = sum(sizes.values())
    quotas = {name: n * size // total for name, size in sizes.items()}
    by_remainder = sorted(_larger_first(sizes), key=lambda name: -(n * sizes[name] % total))
    for name in by_remainder[: n - sum(quotas.values())]:
        quotas[name] += 1
    return quotas


def _check_total(sizes: Mapping[str, int], n: int) -> None:
    total = sum(sizes.values())
    if not 0 < n <= total:
        raise TooFewIncidents(f"You asked for {n} of {total} incidents. Ask for at least one and at most all of them.")


def _larger_first(sizes: Mapping[str, int]) -> list[str]:
    return sorted(sizes, key=lambda name: (-sizes[name], name))


def stream(seed: int, purpose: str) -> Random:
    return Random(f"{seed} {purpose}")


def shuffled(values: Sequence[T], random: Random) -> list[T]:
    """Fisher-Yates by random() alone."""
    deck = list(values)
    for last in range(len(deck) - 1, 0, -1):
        other = int(random.random() * (last + 1))
        deck[last], deck[other] = deck[other], deck[last]
    return deck
