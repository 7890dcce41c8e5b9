"""Changes to a round at work: who takes incidents that came later or lost a coder. All of it from the round's seed.

Nobody gets an incident twice, and the next one goes to whoever has least waiting.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

from app.methods.sampling import shuffled, stream

T = TypeVar("T", bound=Hashable)


def deal(
    needed: Mapping[int, int],
    held: Mapping[int, Collection[int]],
    waiting: Mapping[int, int],
    seed: int,
    purpose: str,
) -> dict[int, tuple[int, ...]]:
    """incident -> the coders who take it, rising; as many as needed, or as there are who do not have it yet.

    needed: incident -> how many coders it wants. held: incident -> who has it already, in the round or from it.
    waiting: coder -> how many incidents wait for them; only they take any. Those with the fewest possible takers are
    dealt first. Who has least waiting takes the next; between equals, who met the incident's other coders least.
    """
    random = stream(seed, purpose)
    load = Counter(dict(waiting))
    met = _met(held.values())
    free = {one: [coder for coder in sorted(waiting) if coder not in held.get(one, ())] for one in sorted(needed)}
    found: dict[int, tuple[int, ...]] = {}
    for incident in sorted(shuffled(list(free), random), key=lambda one: len(free[one]) - needed[one]):
        others = sorted(held.get(incident, ()))
        chosen: list[int] = []
        for _ in range(min(needed[incident], len(free[incident]))):
            left = shuffled([coder for coder in free[incident] if coder not in chosen], random)
            chosen.append(
                min(left, key=lambda one: (load[one], sum(met[frozenset((one, other))] for other in others + chosen)))
            )
        load.update(chosen)
        met.update(frozenset(pair) for pair in combinations(others + chosen, 2) if not set(pair) <= set(others))
        found[incident] = tuple(sorted(chosen))
    return found


def even_share(
    queues: Mapping[int, Sequence[int]],
    waiting: Mapping[int, int],
    newcomer: int,
    held: Collection[int],
    begun: Collection[int] = (),
) -> list[tuple[int, int]]:
    """(giver, incident) pairs that the newcomer takes over so that nobody waits on two more than they do.

    queues: giver -> incidents that they have not begun, in their own order; the last ones go first, as they are the
    farthest away. waiting: how many each has to do, drafts among them. held: incidents that the newcomer has already.
    begun: where the newcomer has a draft of their own from before: these go before all others.
    """
    load = Counter(dict(waiting))
    taken: list[tuple[int, int]] = []
    has = set(held)
    left = {giver: sorted(queue, key=lambda one: one in begun) for giver, queue in queues.items() if giver != newcomer}
    while True:
        for queue in left.values():
            while queue and queue[-1] in has:
                queue.pop()
        givers = [giver for giver in sorted(left) if left[giver] and load[giver] - load[newcomer] >= 2]
        if not givers:
            return taken
        giver = max(givers, key=lambda one: (left[one][-1] in begun, load[one], -one))
        incident = left[giver].pop()
        taken.append((giver, incident))
        has.add(incident)
        load[giver] -= 1
        load[newcomer] += 1


def continued(planned: Mapping[T, int], there: Mapping[T, int], n: int) -> list[T]:
    """n further values, so that all of them together stay as near as can be to the shares that were planned.

    planned: value -> how often the plan has it; there: value -> how often it is there by now.
    """
    have = Counter(dict(there))
    whole = sum(planned.values())
    values = sorted((value for value in planned if planned[value]), key=lambda one: (-planned[one], str(one)))
    found: list[T] = []
    for _ in range(n if values else 0):
        total = sum(have[value] for value in values) + 1
        value = max(values, key=lambda one: planned[one] / whole * total - have[one])
        have[value] += 1
        found.append(value)
    return found


def mixed(incident_ids: Collection[int], seed: int, purpose: str) -> list[int]:
    """In an order of its own stream; neither the order of the ids nor repeats in them matter."""
    return shuffled(sorted(set(incident_ids)), stream(seed, purpose))


def _met(groups: Collection[Collection[int]]) -> Counter[frozenset[int]]:
    return Counter(frozenset(pair) for group in groups for pair in combinations(sorted(set(group)), 2))
