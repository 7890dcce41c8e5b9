"""Who moves quotes to another code, what they must say, and what a final answer becomes by it."""

from collections.abc import Collection, Sequence

from app.codebook.tree import Codebook, CodeEntry
from app.problems import Conflict, Invalid, NotAllowed
from app.studies.viewer import Viewer

LONGEST_TEXT = 5_000
MOST_QUOTES = 500
Choice = tuple[int, bool]  # a code of an answer, and whether it is the main one


class OthersRecode(NotAllowed):
    """Quotes are moved by the lead and the adjudicators, since that changes final codes. Tell them what you found."""


class NothingChosen(Invalid):
    """Choose at least one quote, then move it."""


class TooMany(Invalid):
    """More than 500 quotes cannot be moved at once. Move them in parts."""


class NoTarget(Invalid):
    """Choose the code that they are moved to."""


class NotThere(Invalid):
    """They cannot be moved to this code. Choose a code of the same dimension that can be applied."""


class SameCode(Invalid):
    """They stand under this code already. Choose another."""


class NoReason(Invalid):
    """Say why, in a sentence. It stays with each quote."""


class TooLong(Invalid):
    """This text is longer than 5,000 characters. Shorten it."""


class MovedMeanwhile(Conflict):
    """Somebody moved one of these quotes, or its round was reopened. Nothing was moved; look at the quotes again."""


class SettledMeanwhile(Conflict):
    """A final code of these incidents changed in the meantime. Nothing was moved; look at the quotes again."""


class NothingLeft(Conflict):
    """Nothing that was chosen bears this code any more: somebody settled it in the meantime. Nothing was changed."""


class NotSplit(Conflict):
    """This code was not split, or its split was undone, so nothing is left to settle. Its quotes have a page of their
    own."""


class TakenBack(Conflict):
    """This recoding was taken back already."""


class ChangedSince(Conflict):
    """What this recoding wrote was changed since, by a ruling, a round or another recoding. Take that back first, or
    move the quotes again."""


def check_may_recode(viewer: Viewer) -> None:
    if not viewer.may_rule:
        raise OthersRecode


def check_chosen(evidence_ids: Collection[int]) -> None:
    if not evidence_ids:
        raise NothingChosen
    if len(evidence_ids) > MOST_QUOTES:
        raise TooMany


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise NoReason
    if len(reason) > LONGEST_TEXT:
        raise TooLong


def check_target(codebook: Codebook, code: CodeEntry, target_id: int | None) -> CodeEntry:
    if target_id is None:
        raise NoTarget
    target = codebook.codes.get(target_id)
    if target is None or target.dimension_id != code.dimension_id or not may_be_target(target):
        raise NotThere
    if target.id == code.id:
        raise SameCode
    return target


def may_be_target(code: CodeEntry) -> bool:
    """What becomes final is read by everybody, so no code of its author alone (promise 1)."""
    return code.can_be_applied and code.disclosed == "whole"


def recoded_answer(
    answer: Sequence[Choice], bearing: Collection[int], target_id: int, *, keeps: bool
) -> tuple[Choice, ...] | None:
    """The answer with target_id in the place of the codes `bearing`, or beside them where it keeps them; every other
    code stays as it is. None: the answer bears none of them, or is the same afterwards.

    The mark of the main code goes along with the code that bore it, unless that code stays.
    """
    if not any(code_id in bearing for code_id, _ in answer):
        return None
    made: dict[int, bool] = {}
    for code_id, is_main in answer:
        goes = code_id in bearing
        if not goes or keeps:
            made[code_id] = made.get(code_id, False) or is_main
        if goes:
            made[target_id] = made.get(target_id, False) or (is_main and not keeps)
    after = tuple(made.items())
    return None if dict(after) == dict(answer) else after
