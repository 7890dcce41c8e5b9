"""Who may pool the codes of a round, who holds the pen, and what a group can become."""

from collections.abc import Collection
from datetime import datetime, timedelta

from app.curation.models import OUTCOMES, PoolingBoard
from app.problems import Conflict, Invalid, NotAllowed
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.viewer import Viewer

PEN_HELD = timedelta(minutes=10)  # from the last thing written
LONGEST_NAME = 120
LONGEST_TEXT = 5_000
STAND_UNDER = ("merged", "category", "kept")  # what lives on with a place of its own in the tree


class OthersPool(NotAllowed):
    """Codes are pooled by the lead, the adjudicators and the coders of the round. You can watch them do it."""


class NotSettling(Conflict):
    """Codes are pooled while a round is settling. Ask the lead to reopen it."""


class NoPen(Conflict):
    """Nobody holds the pen just now. Take it first; then write."""


class PenHeld(Conflict):
    """Somebody else holds the pen."""


class GroupSettled(Conflict):
    """This group is settled already. What became of it stands under “Settled”."""


class GroupChanged(Conflict):
    """The codes of this group changed in the meantime. Nothing was settled; look at the group again."""


class NothingChosen(Invalid):
    """Choose at least one of the proposed codes, then group them."""


class NoSuchOutcome(Invalid):
    """Choose what the group becomes."""


class NoKept(Invalid):
    """Choose the code that the others are merged into."""


class NoTarget(Invalid):
    """Choose the code of the codebook that they are merged into."""


class NoCategory(Invalid):
    """This category is not in the codebook any more. Choose another, or none."""


class NoReason(Invalid):
    """Say why, in a sentence. The history of each code keeps it."""


class GroupNameTooLong(Invalid):
    """The name is longer than 120 characters. Put the rest into the definition."""


class TooLong(Invalid):
    """This text is longer than 5,000 characters. Shorten it."""


def may_pool(viewer: Viewer, coder_ids: Collection[int]) -> bool:
    """Coders of the round too, when they hold the pen: the codes are theirs, and the team defines them together."""
    return viewer.may_rule or (viewer.may_code and viewer.member.id in coder_ids)


def check_may_pool(viewer: Viewer, coding_round: Round, coder_ids: Collection[int]) -> None:
    if not may_pool(viewer, coder_ids):
        raise OthersPool
    if coding_round.phase != "settling":
        raise NotSettling


def is_held(board: PoolingBoard | None, at: datetime) -> bool:
    return board is not None and board.scribe_id is not None and board.pen_until is not None and board.pen_until > at


def has_pen(board: PoolingBoard | None, member_id: int) -> bool:
    """A pen that lapsed is still its last holder's as long as nobody took it."""
    return board is not None and board.scribe_id == member_id


def check_has_pen(board: PoolingBoard, member_id: int, scribe: Membership | None, at: datetime) -> None:
    if has_pen(board, member_id):
        return
    if scribe is None or not is_held(board, at):
        raise NoPen
    raise held_by(scribe, board)


def check_may_take_pen(
    board: PoolingBoard, viewer: Viewer, scribe: Membership | None, seen_scribe_id: int | None, at: datetime
) -> None:
    """Out of a hand that holds it only the lead and the adjudicators take it, and only if they saw whose it is."""
    if scribe is None or not is_held(board, at) or scribe.id == viewer.member.id:
        return
    if not viewer.may_rule or seen_scribe_id != scribe.id:
        raise held_by(scribe, board)


def held_by(scribe: Membership, board: PoolingBoard) -> PenHeld:
    until = f" until {board.pen_until:%H:%M} UTC" if board.pen_until else ""
    return PenHeld(
        f"{scribe.name} holds the pen{until}, so nothing of yours was written. "
        "Tell them, or take it over when they are done."
    )


def check_settlement(outcome: str, reason: str) -> None:
    if outcome not in OUTCOMES:
        raise NoSuchOutcome
    if not reason.strip():
        raise NoReason
    if len(reason) > LONGEST_TEXT:
        raise TooLong


def check_wording(name: str, definition: str) -> None:
    if len(name) > LONGEST_NAME:
        raise GroupNameTooLong
    if len(definition) > LONGEST_TEXT:
        raise TooLong
