"""The end of a meeting, by its scribe or because its round went on; and the events of meetings."""

from sqlalchemy.orm import Session

from app.adjudication.meeting_models import Meeting
from app.adjudication.meeting_queries import item_at_hand, present, running_meeting, scribe_now
from app.adjudication.veiled_acts import record_act
from app.db.base import now
from app.rounds.models import Round
from app.studies.viewer import Viewer


def end_with_round(session: Session, viewer: Viewer, coding_round: Round) -> None:
    """Rulings are made while a round is settling, so that a step of the round ends the meeting on it."""
    meeting = running_meeting(session, coding_round, held=True)
    if meeting is not None:
        close_meeting(session, viewer, coding_round, meeting, "round_moved")


def close_meeting(session: Session, viewer: Viewer, coding_round: Round, meeting: Meeting, ending: str) -> None:
    """Whoever is there leaves, and what is at hand stays unfinished. Votes that were not revealed stay hidden."""
    at = now()
    item, scribe = item_at_hand(session, meeting), scribe_now(session, meeting)
    for presence in present(session, meeting):
        presence.left_at = at
    if scribe is not None:
        scribe.until_at = at
    if item is not None:
        item.left_at, item.outcome = at, "unfinished"
    meeting.ended_at, meeting.ended_by, meeting.ending = at, viewer.member.id, ending
    meeting.revision += 1
    session.flush()
    record_in_meeting(session, viewer, coding_round, "meeting.ended", meeting_id=meeting.id, ending=ending)


def record_in_meeting(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    kind: str,
    *,
    incident_id: int | None = None,
    **details: object,
) -> None:
    """Never tells what was voted: that is opened on pages that record it. Veiled as rulings are."""
    subject = ("round", coding_round.id) if incident_id is None else ("incident", incident_id)
    record_act(session, viewer, coding_round, kind, subject, **details)
