"""Who codes which incident, in which order, under which arm and which of them twice: all of it from one seed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from app.methods.balance import rounded_shares
from app.methods.sampling import Sample, shuffled, stream
from app.problems import Invalid

BLIND = "blind"
BLIND_SHARE = 0.3
MOST_REPEATS = 0.25  # of a coder's incidents: more do not fit into the second half of a queue without touching


class TooFewCoders(Invalid):
    """There are fewer coders than you want for each incident. Add coders, or lower the number."""


class BadShare(Invalid):
    """A share lies between 0 and 1."""


class TooManyRepeats(Invalid):
    """At most a quarter of a coder's incidents can come a second time. Lower the share."""


class NoArm(Invalid):
    """Choose when suggestions appear."""


@dataclass(frozen=True)
class Rules:
    """How incidents are given to coders.

    per_incident: coders on each of the share `overlap` of the incidents; the rest has one. blind: the share of
    incidents with two coders or more that is set aside as blind. repeats: the share of a coder's incidents that comes
    a second time, out of those whose arm is in `repeatable`. ranks: of each incident, for queues in that order; None:
    every queue has an order of its own, by the seed.
    """

    coder_ids: Collection[int]
    per_incident: int
    arms: Sequence[str]
    seed: int
    blind: float = BLIND_SHARE
    overlap: float = 1.0
    repeats: float = 0.0
    repeatable: Collection[str] = (BLIND,)
    ranks: Mapping[int, int] | None = None


@dataclass(frozen=True)
class AllocatedIncident:
    """coder_ids: rising. arm: the same for all of them. chance: 0 to 1, of the draw; None where it is not known."""

    incident_id: int
    coder_ids: tuple[int, ...]
    arm: str
    chance: float | None


@dataclass(frozen=True)
class AllocatedAssignment:
    """One incident for one coder; `order` counts from 1 in that coder's own queue. nth: 2 is a silent repeat."""

    incident_id: int
    coder_id: int
    nth: int
    arm: str
    order: int
    chance: float | None


@dataclass(frozen=True)
class Allocation:
    """Incidents in rising order of their ids; assignments by incident, coder and pass."""

    incidents: tuple[AllocatedIncident, ...]
    assignments: tuple[AllocatedAssignment, ...]


def allocate(sample: Sample, rules: Rules) -> Allocation:
    """The assignments of a round: coders, arms, orders and repeats, each from its own stream of the seed.

    Raises TooFewCoders, NoArm, BadShare and TooManyRepeats.
    """
    coders = coders_by_incident(sample.ids, rules.coder_ids, rules.per_incident, rules.seed, rules.overlap)
    arm_of = arms_by_incident(coders, rules.arms, rules.seed, rules.blind)
    assignments = [
        AllocatedAssignment(incident, coder, nth, arm_of[incident], order, sample.chances[incident])
        for coder in sorted(set(rules.coder_ids))
        for order, (incident, nth) in enumerate(_queue(coder, coders, arm_of, rules), start=1)
    ]
    return Allocation(
        tuple(AllocatedIncident(one, coders[one], arm_of[one], sample.chances[one]) for one in sorted(coders)),
        tuple(sorted(assignments, key=lambda one: (one.incident_id, one.coder_id, one.nth))),
    )


def coders_by_incident(
    incident_ids: Collection[int], coder_ids: Collection[int], per_incident: int, seed: int, overlap: float = 1.0
) -> dict[int, tuple[int, ...]]:
    """incident -> its coders, rising: per_incident of them on a share (rounded half up) of the incidents, else one.

    Loads differ by at most one, and pairs meet about equally often. Raises TooFewCoders and BadShare.
    """
    coders = sorted(set(coder_ids))
    if not 0 < per_incident <= len(coders):
        raise TooFewCoders(
            f"{per_incident} coders an incident cannot be had from {len(coders)}. Change one of the two."
        )
    _check_share(overlap)
    random = stream(seed, "coders")
    load: Counter[int] = Counter()
    met: Counter[frozenset[int]] = Counter()
    found = {}
    incidents = shuffled(sorted(set(incident_ids)), random)
    for place, incident in enumerate(incidents):
        chosen: list[int] = []
        for _ in range(per_incident if place < rounded(overlap * len(incidents)) else 1):
            left = shuffled([coder for coder in coders if coder not in chosen], random)
            chosen.append(min(left, key=lambda one: (load[one], sum(met[frozenset((one, other))] for other in chosen))))
        load.update(chosen)
        met.update(frozenset((a, b)) for a in chosen for b in chosen if a < b)
        found[incident] = tuple(sorted(chosen))
    return found


def arms_by_incident(
    coders: Mapping[int, tuple[int, ...]], arms: Sequence[str], seed: int, blind: float = BLIND_SHARE
) -> dict[int, str]:
    """incident -> arm, the same for all its coders.

    First a share (rounded half up) of the incidents with two coders or more is set aside as blind, then the rest is
    dealt over `arms` evenly. Either is as even within each group of coders as in all, and as near as can be to that
    for every coder (methods/balance.py). Raises NoArm and BadShare.
    """
    if not arms:
        raise NoArm
    _check_share(blind)
    random = stream(seed, "arms")
    double = [incident for incident in sorted(coders) if len(coders[incident]) >= 2]
    aside = rounded(blind * len(double))
    share = aside / len(double) if double else 0.0
    found = {
        incident: BLIND
        for incident, is_aside in _dealt(double, coders, (share, 1 - share), (aside, len(double) - aside), random)
        if is_aside == 0
    }
    rest = [incident for incident in sorted(coders) if incident not in found]
    kinds = shuffled(list(dict.fromkeys(arms)), random)
    totals = [len(rest) // len(kinds) + (place < len(rest) % len(kinds)) for place in range(len(kinds))]
    even = [1 / len(kinds)] * len(kinds)
    return found | {one: kinds[place] for one, place in _dealt(rest, coders, even, totals, random)}


def _dealt(
    incidents: Sequence[int],
    coders: Mapping[int, tuple[int, ...]],
    shares: Sequence[float],
    totals: Sequence[int],
    random: Random,
) -> list[tuple[int, int]]:
    """(incident, place of its share)."""
    groups: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for incident in shuffled(incidents, random):
        groups[coders[incident]].append(incident)
    counts = rounded_shares({group: len(groups[group]) for group in groups}, shares, totals, random)
    return [
        (incident, place)
        for group in sorted(groups)
        for incident, place in zip(groups[group], _repeated(counts[group]), strict=True)
    ]


def _repeated(counts: Sequence[int]) -> list[int]:
    return [place for place, count in enumerate(counts) for _ in range(count)]


def coder_order(
    incident_ids: Collection[int], coder_id: int, seed: int, ranks: Mapping[int, int] | None = None
) -> tuple[int, ...]:
    """The coder's own order, independent of every other coder's; by rank where there are ranks."""
    if ranks is not None:
        return tuple(sorted(set(incident_ids), key=lambda one: (ranks[one], one)))
    return tuple(shuffled(sorted(set(incident_ids)), stream(seed, f"order of {coder_id}")))


def with_repeats(
    queue: Sequence[int], repeatable: Collection[int], share: float, random: Random
) -> list[tuple[int, int]]:
    """(incident, pass) in order: a share (rounded half up) of the queue comes again as pass 2.

    Only what stands in the first half of the queue is repeated, and only in the second half of the new one, so that a
    repeat never touches its first pass; nor do repeats touch each other. Fewer come again where fewer are repeatable.
    Raises BadShare and TooManyRepeats.
    """
    _check_share(share)
    if share > MOST_REPEATS:
        raise TooManyRepeats
    early = [incident for incident in queue[: len(queue) // 2] if incident in repeatable]
    again = shuffled(early, random)[: rounded(share * len(queue))]
    while again and not _fits(len(queue), len(again)):
        again.pop()
    places = iter(_places(len(queue), len(again), random))
    found = [(incident, 1) for incident in queue]
    for incident in again:
        found.insert(next(places), (incident, 2))
    return found


def rounded(number: float) -> int:
    """Half up."""
    return int(number + 0.5)


def _queue(
    coder: int, coders: Mapping[int, tuple[int, ...]], arm_of: Mapping[int, str], rules: Rules
) -> list[tuple[int, int]]:
    own = coder_order([one for one in coders if coder in coders[one]], coder, rules.seed, rules.ranks)
    repeatable = {one for one in own if arm_of[one] in rules.repeatable}
    return with_repeats(own, repeatable, rules.repeats, stream(rules.seed, f"repeats of {coder}"))


def _fits(firsts: int, repeats: int) -> bool:
    return _room(firsts, repeats) >= 2 * repeats - 1


def _room(firsts: int, repeats: int) -> int:
    """Places in the second half, but for the first of it: that one may touch the first half."""
    total = firsts + repeats
    return total - total // 2 - 1


def _places(firsts: int, repeats: int, random: Random) -> list[int]:
    """Rising places, from 0, of the repeats in the new queue; no two touch."""
    start = (firsts + repeats) // 2 + 1
    loose = shuffled(range(_room(firsts, repeats) - max(repeats - 1, 0)), random)[:repeats]
    return [start + place + nth for nth, place in enumerate(sorted(loose))]


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise BadShare
