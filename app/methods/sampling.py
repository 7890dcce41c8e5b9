"""Which incidents a round takes, who codes them, in which order and under which arm: all of it from one seed.

Only `random.Random.random()` is promised to stay the same between Python versions, so the shuffle is our own.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from app.problems import Invalid

T = TypeVar("T")
BLIND = "blind"
BLIND_SHARE = 0.3


class TooFewIncidents(Invalid):
    """There are fewer incidents than you want to sample. Take fewer, or all."""


class TooFewCoders(Invalid):
    """There are fewer coders than you want for each incident. Add coders, or lower the number."""


class BadBlindShare(Invalid):
    """The blind share lies between 0 and 1."""


class NoArm(Invalid):
    """Choose when suggestions appear."""


@dataclass(frozen=True)
class Sample:
    """probability: the chance that each candidate had of being in it, drawn or not."""

    ids: tuple[int, ...]
    probability: float


@dataclass(frozen=True)
class AllocatedIncident:
    """coder_ids: rising. arm: the same for all of them. sampling_probability: 0 to 1, of the draw."""

    incident_id: int
    coder_ids: tuple[int, ...]
    arm: str
    sampling_probability: float


@dataclass(frozen=True)
class AllocatedAssignment:
    """One incident for one coder; `order` counts from 1 in that coder's own queue."""

    incident_id: int
    coder_id: int
    arm: str
    order: int
    sampling_probability: float


@dataclass(frozen=True)
class Allocation:
    """Incidents in rising order of their ids; assignments by incident, then by coder."""

    incidents: tuple[AllocatedIncident, ...]
    assignments: tuple[AllocatedAssignment, ...]


def allocate(
    sample: Sample,
    coder_ids: Collection[int],
    per_incident: int,
    arms: Sequence[str],
    seed: int,
    blind_share: float = BLIND_SHARE,
) -> Allocation:
    """The assignments of a round: coders, arms and orders, each from its own stream of the seed.

    Raises TooFewCoders, NoArm and BadBlindShare.
    """
    coders = coders_by_incident(sample.ids, coder_ids, per_incident, seed)
    arm_of = arms_by_incident(coders, arms, seed, blind_share)
    orders = {coder: coder_order([i for i in coders if coder in coders[i]], coder, seed) for coder in set(coder_ids)}
    place = {(coder, incident): n for coder, queue in orders.items() for n, incident in enumerate(queue, start=1)}
    incidents = tuple(AllocatedIncident(i, coders[i], arm_of[i], sample.probability) for i in sorted(coders))
    assignments = tuple(
        AllocatedAssignment(one.incident_id, coder, one.arm, place[coder, one.incident_id], sample.probability)
        for one in incidents
        for coder in one.coder_ids
    )
    return Allocation(incidents, assignments)


def draw(ids: Collection[int], n: int, seed: int) -> Sample:
    """n of the ids without replacement, in rising order; each has the chance n / len(ids).

    Neither the order of `ids` nor repeats in it matter. Raises TooFewIncidents.
    """
    distinct = sorted(set(ids))
    if not 0 < n <= len(distinct):
        raise TooFewIncidents(
            f"You asked for {n} of {len(distinct)} incidents. Ask for at least one and at most all of them."
        )
    return Sample(tuple(sorted(_shuffled(distinct, _stream(seed, "sample"))[:n])), n / len(distinct))


def coders_by_incident(
    incident_ids: Collection[int], coder_ids: Collection[int], per_incident: int, seed: int
) -> dict[int, tuple[int, ...]]:
    """incident -> its coders, rising. Loads differ by at most one, and pairs meet about equally often.

    Raises TooFewCoders.
    """
    coders = sorted(set(coder_ids))
    if not 0 < per_incident <= len(coders):
        raise TooFewCoders(
            f"{per_incident} coders an incident cannot be had from {len(coders)}. Change one of the two."
        )
    random = _stream(seed, "coders")
    load: Counter[int] = Counter()
    met: Counter[frozenset[int]] = Counter()
    found = {}
    for incident in _shuffled(sorted(set(incident_ids)), random):
        chosen: list[int] = []
        for _ in range(per_incident):
            left = _shuffled([coder for coder in coders if coder not in chosen], random)
            chosen.append(min(left, key=lambda one: (load[one], sum(met[frozenset((one, other))] for other in chosen))))
        load.update(chosen)
        met.update(frozenset((a, b)) for a in chosen for b in chosen if a < b)
        found[incident] = tuple(sorted(chosen))
    return found


def arms_by_incident(
    coders: dict[int, tuple[int, ...]], arms: Sequence[str], seed: int, blind_share: float = BLIND_SHARE
) -> dict[int, str]:
    """incident -> arm, the same for all its coders.

    First a share (rounded half up) of the incidents with two coders or more is set aside as blind. The rest is dealt
    over `arms` in shuffled blocks, coder group after coder group, so that arms differ by at most one in all and by
    at most two within a group. Raises NoArm and BadBlindShare.
    """
    if not arms:
        raise NoArm
    if not 0 <= blind_share <= 1:
        raise BadBlindShare
    random = _stream(seed, "arms")
    double = _shuffled([incident for incident in sorted(coders) if len(coders[incident]) >= 2], random)
    found = dict.fromkeys(double[: int(blind_share * len(double) + 0.5)], BLIND)
    groups: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for incident in _shuffled([incident for incident in sorted(coders) if incident not in found], random):
        groups[coders[incident]].append(incident)
    block: list[str] = []
    for group in sorted(groups):
        for incident in groups[group]:
            block = block or _shuffled(list(dict.fromkeys(arms)), random)
            found[incident] = block.pop()
    return found


def coder_order(incident_ids: Collection[int], coder_id: int, seed: int) -> tuple[int, ...]:
    """The coder's own order, independent of every other coder's."""
    return tuple(_shuffled(sorted(set(incident_ids)), _stream(seed, f"order of {coder_id}")))


def _stream(seed: int, purpose: str) -> Random:
    return Random(f"{seed} {purpose}")


def _shuffled(values: Sequence[T], random: Random) -> list[T]:
    """Fisher-Yates by random() alone."""
    deck = list(values)
    for last in range(len(deck) - 1, 0, -1):
        other = int(random.random() * (last + 1))
        deck[last], deck[other] = deck[other], deck[last]
    return deck
