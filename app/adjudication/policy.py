"""Who may rule on what, what a ruling must say, and what basis its final code has."""

from collections.abc import Collection, Sequence

from app.adjudication.models import CAUSES, METHODS
from app.adjudication.queries import Compared
from app.codebook.tree import Codebook, DimensionEntry
from app.coding.models import ANSWER_STATES
from app.coding.submissions import SubmittedReply
from app.problems import Conflict, Invalid, NotAllowed, NotFound
from app.rounds.models import Round
from app.studies.viewer import Viewer


class OthersRule(NotAllowed):
    """Rulings are the lead's and the adjudicators'. Say what you think in a comment."""


class ReadersDoNotComment(NotAllowed):
    """Readers look on and do not comment. Ask the lead for the role of a coder."""


class NotSettling(Conflict):
    """Rulings are made while a round is settling. Ask the lead to reopen it."""


class NothingToSettle(Conflict):
    """The coders agree here by now, so there is nothing to rule on."""


class NotOpened(Conflict):
    """Open the coders' answers first: who rules must have seen them."""


class RuledMeanwhile(Conflict):
    """Somebody else ruled on this in the meantime. Both are shown; yours is not saved yet."""


class NoAnswer(Invalid):
    """Choose the final code, or one of the other answers."""


class CodesOrState(Invalid):
    """Choose codes, or say that none applies or that too little is known, but not both."""


class OneCodeOnly(Invalid):
    """This dimension takes one code only."""


class CodeNotUsable(Invalid):
    """A category or a retired code cannot be the final one. Choose another code."""


class MainNotChosen(Invalid):
    """The main code must be one of the final codes."""


class NoCause(Invalid):
    """Say why the coders differed. It tells what to mend: the definition, the training or the text."""


class NoReason(Invalid):
    """Give the reason in a sentence. The coders read it, and it makes the next ruling the same."""


class AloneWithIt(Invalid):
    """You coded this alone. Somebody else rules on it, or takes part in the ruling."""


class NoComment(Invalid):
    """The comment is empty."""


class TooLong(Invalid):
    """This text is longer than 5,000 characters. Shorten it."""


class NoSuchChoice(Invalid):
    """The ruling holds a choice that does not exist."""


LONGEST_TEXT = 5_000


def may_rule(viewer: Viewer, coding_round: Round) -> bool:
    return viewer.may_rule and coding_round.phase == "settling"


def check_may_rule(viewer: Viewer, coding_round: Round) -> None:
    if not viewer.may_rule:
        raise OthersRule
    if coding_round.phase != "settling":
        raise NotSettling


def check_may_comment(viewer: Viewer) -> None:
    if not viewer.may_code:
        raise ReadersDoNotComment


def check_answer(
    codebook: Codebook, found: Compared, state: str, code_ids: Sequence[int], main_code_id: int | None
) -> None:
    """A coder's code may be ruled as it stood then; any other must be one that can be applied now."""
    dimension = codebook.dimension(found.dimension_id)
    if dimension is None:
        raise NotFound
    if state not in ANSWER_STATES:
        raise NoAnswer
    if state != "coded":
        if code_ids:
            raise CodesOrState
        return
    if not code_ids:
        raise NoAnswer
    if len(set(code_ids)) > 1 and not dimension.takes_many:
        raise OneCodeOnly
    submitted = {choice.code_id for reply in found.replies for choice in reply.codes}
    for code_id in code_ids:
        _check_code(codebook, dimension, code_id, code_id in submitted)
    if main_code_id is not None and (main_code_id not in code_ids or not dimension.has_main):
        raise MainNotChosen


def check_why(cause: str, reason: str, method: str) -> None:
    if not cause:
        raise NoCause
    if cause not in CAUSES or (method and method not in METHODS):
        raise NoSuchChoice
    check_reason(reason)


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise NoReason
    if len(reason) > LONGEST_TEXT:
        raise TooLong


def method_of(found: Compared, state: str, code_ids: Collection[int]) -> str:
    """adopted: one coder's answer as it is; combined: codes of several; other: what no coder had."""
    chosen = set(code_ids)
    if any(_codes(reply) == chosen and reply.state == state for reply in found.replies):
        return "adopted"
    offered = {code_id for reply in found.replies for code_id in _codes(reply)}
    return "combined" if chosen and chosen <= offered else "other"


def basis_of(found: Compared, ruler_id: int, participant_ids: Collection[int]) -> str:
    """discussed: somebody who coded the incident took part in the ruling, or made it. Raises AloneWithIt."""
    took_part, coded = {ruler_id, *participant_ids}, set(found.coder_ids)
    if took_part == coded == {ruler_id}:
        raise AloneWithIt
    return "discussed" if took_part & coded else "third_person"


def basis_by_itself(found: Compared, after_comparing: bool) -> str:
    """Of what needs no ruling. A model had its hand in it where every code was accepted or revised from an offer."""
    if found.comparison.kind == "single":
        return "single_coder"
    origins = {choice.origin for reply in found.replies for choice in reply.codes}
    if origins and "own" not in origins:
        return "unanimous_after_suggestion"
    return "unanimous_after_comparing" if after_comparing else "unanimous"


def _codes(reply: SubmittedReply) -> set[int]:
    return {choice.code_id for choice in reply.codes}


def _check_code(codebook: Codebook, dimension: DimensionEntry, code_id: int, submitted: bool) -> None:
    code = codebook.codes.get(code_id)
    if code is None or code.dimension_id != dimension.id:
        raise NotFound
    if not submitted and not code.can_be_applied:
        raise CodeNotUsable
