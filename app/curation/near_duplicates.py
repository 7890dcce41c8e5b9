"""Codes of a dimension that may mean the same, proposed for merging: by their names, and by where coders differed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy.orm import Session

from app.agreement.post_hoc import GivenCodes, first_codes
from app.curation.plan_page import key_of
from app.curation.plan_queries import OpenedPlan
from app.methods.codebook_algebra import Shelf, scored_as
from app.methods.near_pairs import SPELT, near_pairs
from app.rounds.policy import is_open_to_others
from app.rounds.queries import rounds_of

MOST = 200


@dataclass(frozen=True)
class NearCode:
    """uses: how often it was given in first submissions of rounds whose coding has ended."""

    key: str
    name: str
    definition: str
    uses: int


@dataclass(frozen=True)
class NearLine:
    """rarer is proposed to go into usual. differ: incidents to which one coder gave the one and another the other."""

    rarer: NearCode
    usual: NearCode
    why: str
    differ: int


def near_duplicates(session: Session, draft: OpenedPlan, dimension_id: int) -> list[NearLine]:
    """Of the codebook as the plan would leave it, so that what it merges already is not proposed again."""
    shelf = draft.end
    keys = [key for key, node in shelf.items() if _is_usable(shelf, key, dimension_id)]
    pairs = near_pairs([shelf[key].name for key in keys])[:MOST]
    if not pairs:
        return []
    ended = [each for each in rounds_of(session, draft.plan.study_id) if is_open_to_others(each)]
    answers = first_codes(session, ended, [dimension_id])
    uses = Counter(scored_as(shelf, code_id) for each in answers for code_id in each.code_ids)
    differ = _differing(shelf, answers)

    def near_code(place: int) -> NearCode:
        key = keys[place]
        entry = draft.codebook.codes.get(key)
        return NearCode(key_of(key), shelf[key].name, entry.definition if entry else "", uses[key])

    lines = []
    for pair in pairs:
        rarer, usual = sorted((near_code(pair.one), near_code(pair.other)), key=lambda code: code.uses)
        between = frozenset((keys[pair.one], keys[pair.other]))
        lines.append(NearLine(rarer, usual, _why(pair.why), differ[between]))
    return lines


def _why(why: str) -> str:
    if why == SPELT:
        return "The names differ only in word order, small words, endings or a slip of the finger."
    return "The names share most of their words."


def _is_usable(shelf: Shelf, key: int, dimension_id: int) -> bool:
    node = shelf[key]
    return node.is_active and not node.is_category and node.dimension == dimension_id


def _differing(shelf: Shelf, answers: Sequence[GivenCodes]) -> Counter[frozenset[int]]:
    """Pairs of codes -> incidents of a round to which one coder gave the one alone, and another the other alone."""
    units: dict[tuple[int, int], list[set[int]]] = {}
    for each in answers:
        scored = {code for code_id in each.code_ids if (code := scored_as(shelf, code_id)) is not None}
        units.setdefault((each.round_id, each.incident_id), []).append(scored)
    return Counter(pair for given in units.values() for pair in _apart(given))


def _apart(given: Iterable[set[int]]) -> set[frozenset[int]]:
    return {
        frozenset((one, other))
        for mine, theirs in combinations(given, 2)
        for one in mine - theirs
        for other in theirs - mine
    }
