"""What is done in a meeting: coming and going, who writes, what is at hand, and the ruling on it."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.adjudication import actions, policy, queries
from app.adjudication.actions import RulingWords
from app.adjudication.meeting_ending import close_meeting, record_in_meeting
from app.adjudication.meeting_models import Meeting, MeetingBallot, MeetingItem, MeetingPresence, MeetingScribe
from app.adjudication.meeting_policy import (
    MeetingRuns,
    MovedOn,
    NoMeeting,
    NotAbleToRule,
    NothingOpen,
    NotThere,
    NotWaiting,
    OthersHold,
    ScribeChanged,
    ScribeStays,
    check_may_start,
    check_scribe,
    may_be_scribe,
    may_take_over,
)
from app.adjudication.meeting_queries import (
    following,
    item_at_hand,
    items_of,
    present,
    queue_of,
    running_meeting,
    scribe_now,
)
from app.adjudication.models import Ruling
from app.db.base import now
from app.problems import NotFound
from app.rounds.held_open import hold_open
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer, check_open


@dataclass(frozen=True)
class Held:
    """A meeting under way, locked, and its round, whose phase is held until the act is committed."""

    viewer: Viewer
    coding_round: Round
    meeting: Meeting


def start(
    session: Session, viewer: Viewer, number: int, *, dimension_id: int | None = None, opens_items: bool = False
) -> Meeting:
    """Whoever starts it is there and is the scribe; the first of the queue is at hand."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    check_may_start(viewer)
    session.refresh(coding_round, with_for_update=True)
    policy.check_may_rule(viewer, coding_round)
    if running_meeting(session, coding_round) is not None:
        raise MeetingRuns
    meeting = Meeting(
        study_id=viewer.study.id, round_id=coding_round.id, dimension_id=dimension_id, started_by=viewer.member.id
    )
    if not queue_of(meeting, queries.queue(session, coding_round)):
        raise NothingOpen
    session.add(meeting)
    session.flush()
    held = Held(viewer, coding_round, meeting)
    _record(session, held, "meeting.started", None, dimension_id=dimension_id)
    _sit_down(session, held, opens_items=opens_items)
    _becomes_scribe(session, held, viewer.member, "began")
    _go_on(session, held, None)
    return meeting


def join(session: Session, viewer: Viewer, number: int, *, opens_items: bool = False) -> Meeting:
    policy.check_may_comment(viewer)
    held = hold(session, viewer, number)
    seat = _seat_of(session, held, viewer.member.id)
    if seat is None:
        _sit_down(session, held, opens_items=opens_items)
    else:
        seat.opens_items = opens_items
        session.flush()
    return held.meeting


def leave(session: Session, viewer: Viewer, number: int) -> None:
    """A scribe who leaves lays the role down; with the last one the meeting ends."""
    policy.check_may_comment(viewer)
    held = hold(session, viewer, number)
    seat, scribe = _seat_of(session, held, viewer.member.id), scribe_now(session, held.meeting)
    if seat is None:
        return
    seat.left_at = now()
    if scribe is not None and scribe.member_id == viewer.member.id:
        scribe.until_at = now()
    _changed(session, held, "meeting.left")
    if not present(session, held.meeting):
        close_meeting(session, viewer, held.coding_round, held.meeting, "emptied")


def mark_gone(session: Session, viewer: Viewer, number: int, member_id: int | None) -> None:
    """The scribe's, of another who left without saying so, and would be named in each ruling to come. They can join
    again. Marked twice, by a double click, or of who just left, nothing is done."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    if member_id == viewer.member.id:
        raise ScribeStays
    seat = _seat_of(session, held, member_id)
    if seat is not None:
        seat.left_at = now()
        _changed(session, held, "meeting.marked_gone", gone_id=member_id)


def hand_over(session: Session, viewer: Viewer, number: int, member_id: int | None) -> None:
    """The scribe gives the role to another who is there and may rule."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    there = {each.member_id for each in present(session, held.meeting)}
    member = members_by_id(session, viewer.study.id).get(member_id or 0)
    if member is None or member.id not in there or not may_be_scribe(member):
        raise NotAbleToRule
    if member.id != viewer.member.id:
        _becomes_scribe(session, held, member, "handed_over")


def take_over(session: Session, viewer: Viewer, number: int, *, seen_scribe_id: int | None) -> None:
    """seen_scribe_id: who held the role on the page of whoever takes it."""
    check_may_start(viewer)
    held = hold_as_present(session, viewer, number)
    scribe = scribe_now(session, held.meeting)
    scribe_id = scribe.member_id if scribe else None
    if scribe_id == viewer.member.id:
        return
    if not may_take_over(viewer, scribe_id):
        raise OthersHold
    if scribe_id != seen_scribe_id:
        raise ScribeChanged
    _becomes_scribe(session, held, viewer.member, "taken_over" if scribe else "taken_up")


def end(session: Session, viewer: Viewer, number: int) -> Meeting:
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    close_meeting(session, viewer, held.coding_round, held.meeting, "ended")
    return held.meeting


def take_up(session: Session, viewer: Viewer, number: int, incident_id: int | None, dimension_id: int | None) -> None:
    """One that is open: what is at hand is parked for it."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    queue = queries.queue(session, held.coding_round)
    wanted = next((d for d in queue_of(held.meeting, queue) if d.key == (incident_id, dimension_id)), None)
    if wanted is None:
        raise NotWaiting
    item = item_at_hand(session, held.meeting)
    if item is not None and item.key == wanted.key:
        return
    if item is not None:
        _leave_item(session, held, item, _without_ruling(session, held, item))
    _put_at_hand(session, held, wanted.key)


def park(session: Session, viewer: Viewer, number: int, item_id: int) -> None:
    """For later. Parked twice, by a double click, is parked once."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    item = known_item(session, held, item_id)
    if item.left_at is not None:
        return
    outcome = _without_ruling(session, held, item)
    _leave_item(session, held, item, outcome)
    _record(session, held, "meeting.parked", item, outcome=outcome)
    _go_on(session, held, item.key)


def rule(session: Session, viewer: Viewer, number: int, item_id: int, words: RulingWords) -> Ruling:
    """The scribe's, with all who are there; then on to the next. Raises RuledMeanwhile as a ruling elsewhere does."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    item = item_in_hand(session, held, item_id)
    there = [each.member_id for each in present(session, held.meeting)]
    ruling = actions.rule(session, viewer, held.coding_round, *item.key, replace(words, participant_ids=sorted(there)))
    _leave_item(session, held, item, "ruled", ruling.id)
    _record(session, held, "meeting.ruled", item, ruling_id=ruling.id, participants=len(there))
    _go_on(session, held, item.key)
    return ruling


def hold(session: Session, viewer: Viewer, number: int) -> Held:
    check_open(viewer.study)
    coding_round = queries.open_round(session, viewer.study.id, number)
    hold_open(session, coding_round)
    meeting = running_meeting(session, coding_round, held=True)
    if meeting is None:
        raise NoMeeting
    return Held(viewer, coding_round, meeting)


def hold_as_present(session: Session, viewer: Viewer, number: int) -> Held:
    held = hold(session, viewer, number)
    if _seat_of(session, held, viewer.member.id) is None:
        raise NotThere
    return held


def hold_as_scribe(session: Session, viewer: Viewer, number: int) -> Held:
    held = hold_as_present(session, viewer, number)
    scribe = scribe_now(session, held.meeting)
    check_scribe(viewer, scribe.member_id if scribe else None)
    return held


def _seat_of(session: Session, held: Held, member_id: int | None) -> MeetingPresence | None:
    return next((each for each in present(session, held.meeting) if each.member_id == member_id), None)


def known_item(session: Session, held: Held, item_id: int) -> MeetingItem:
    found = next((each for each in items_of(session, held.meeting) if each.id == item_id), None)
    if found is None:
        raise NotFound
    return found


def item_in_hand(session: Session, held: Held, item_id: int) -> MeetingItem:
    item = known_item(session, held, item_id)
    if item.left_at is not None:
        raise MovedOn
    return item


def _sit_down(session: Session, held: Held, *, opens_items: bool) -> None:
    session.add(
        MeetingPresence(
            study_id=held.meeting.study_id,
            meeting_id=held.meeting.id,
            member_id=held.viewer.member.id,
            opens_items=opens_items,
        )
    )
    _changed(session, held, "meeting.joined")


def _becomes_scribe(session: Session, held: Held, member: Membership, how: str) -> None:
    before = scribe_now(session, held.meeting)
    if before is not None:
        before.until_at = now()
        session.flush()
    of_meeting = {"study_id": held.meeting.study_id, "meeting_id": held.meeting.id}
    session.add(MeetingScribe(member_id=member.id, how=how, **of_meeting))
    _changed(session, held, "meeting.scribe_changed", how=how, scribe_id=member.id)


def _without_ruling(session: Session, held: Held, item: MeetingItem) -> str:
    """How one is left that nobody ruled on here: somebody may have ruled on it elsewhere."""
    return "ruled_outside" if item.key in queries.standing_rulings(session, held.coding_round) else "parked"


def _leave_item(session: Session, held: Held, item: MeetingItem, outcome: str, ruling_id: int | None = None) -> None:
    item.left_at, item.outcome, item.ruling_id = now(), outcome, ruling_id
    held.meeting.revision += 1
    session.flush()


def _go_on(session: Session, held: Held, after: tuple[int, int] | None) -> None:
    """To the next of the queue, if there is one."""
    queue = queries.queue(session, held.coding_round)
    wanted = following(session, held.meeting, queue, after)
    if wanted is not None:
        _put_at_hand(session, held, wanted.key)


def _put_at_hand(session: Session, held: Held, key: tuple[int, int]) -> None:
    item = MeetingItem(
        study_id=held.meeting.study_id, meeting_id=held.meeting.id, incident_id=key[0], dimension_id=key[1]
    )
    session.add(item)
    session.flush()
    session.add(MeetingBallot(study_id=item.study_id, item_id=item.id, number=1))
    held.meeting.revision += 1
    _record(session, held, "meeting.taken_up", item)


def _changed(session: Session, held: Held, kind: str, **details: object) -> None:
    held.meeting.revision += 1
    session.flush()
    _record(session, held, kind, None, **details)


def _record(session: Session, held: Held, kind: str, item: MeetingItem | None, **details: object) -> None:
    if item is not None:
        details = {"dimension_id": item.dimension_id, "item_id": item.id, **details}
    record_in_meeting(
        session,
        held.viewer,
        held.coding_round,
        kind,
        incident_id=item.incident_id if item else None,
        meeting_id=held.meeting.id,
        **details,
    )
