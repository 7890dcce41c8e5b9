"""How far the coders of one unit are apart in one dimension."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

OTHER_MAIN = 0.5  # what two equal sets agree when they name another main code


@dataclass(frozen=True)
class Reply:
    """What one rater gave. state: any word for the kind of answer; codes: empty unless the state bears codes."""

    state: str
    codes: frozenset[Hashable] = frozenset()
    main: Hashable | None = None


@dataclass(frozen=True)
class Comparison:
    """kind: what the difference is; strength: 1 - mean pairwise agreement, 0 (none) to 1.

    nobody      no rater replied
    single      one rater, who replied
    unanimous   at least two raters, all with the same reply
    missing     some replied, others handed in nothing here (a skip, or a dimension left open)
    state       all replied, in different states
    apart       all in one state, and no two different sets share a value
    overlap     all in one state, and some different sets share a value
    main        the same values, another main one
    """

    kind: str
    strength: float

    @property
    def is_disagreement(self) -> bool:
        return self.kind not in ("nobody", "single", "unanimous")


def compare(replies: Sequence[Reply | None]) -> Comparison:
    """replies: one a rater, None where the rater handed in nothing here. The order of raters does not matter."""
    given = [reply for reply in replies if reply is not None]
    if not given:
        return Comparison("nobody", 0.0)
    if len(replies) == 1:
        return Comparison("single", 0.0)
    if len(given) == len(replies) and len(set(given)) == 1:
        return Comparison("unanimous", 0.0)
    pairs = [(a, b) for a, b in combinations(replies, 2) if a is not None or b is not None]
    strength = 1.0 - sum(pair_agreement(a, b) for a, b in pairs) / len(pairs)
    return Comparison(_kind(given, len(given) < len(replies)), strength)


def majority_reply(replies: Sequence[Reply | None]) -> Reply | None:
    """What more than half of three or more raters replied alike, main value included; None where there is no such.

    replies: as of `compare`; who handed in nothing is one of those of whom more than half are needed.
    """
    given = Counter(reply for reply in replies if reply is not None)
    if len(replies) < 3 or not given:
        return None
    reply, times = given.most_common(1)[0]
    return reply if 2 * times > len(replies) else None


def pair_agreement(first: Reply | None, second: Reply | None) -> float:
    """0 to 1: Jaccard of the two sets; 0 between states, and between a reply and none; a half for another main value.

    Two replies without values in one state agree. Undefined for two missing replies: leave such pairs out.
    """
    if first is None or second is None or first.state != second.state:
        return 0.0
    if first.codes == second.codes:
        return 1.0 if first.main == second.main else OTHER_MAIN
    return len(first.codes & second.codes) / len(first.codes | second.codes)


def _kind(given: Sequence[Reply], some_missing: bool) -> str:
    if some_missing:
        return "missing"
    if len({reply.state for reply in given}) > 1:
        return "state"
    sets = {reply.codes for reply in given}
    if len(sets) == 1:
        return "main"
    return "overlap" if any(a & b for a, b in combinations(sets, 2)) else "apart"
