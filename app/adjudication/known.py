"""What coding tells of incidents, for the room below that plans rounds; the wiring passes this query down."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.adjudication.meeting_models import MeetingItem
from app.adjudication.models import Comment, FinalCode, Ruling
from app.coding.models import Exposure, Submission
from app.rounds.known import Known
from app.rounds.models import Round


def known_of_incidents(session: Session, study_id: int) -> Known:
    """A skip codes nothing; what was taken back to draft was handed in once, and counts. Imported ratings count."""
    submitted = select(Submission.incident_id).where(Submission.study_id == study_id, Submission.kind == "submitted")
    commented = select(Comment.incident_id).where(Comment.study_id == study_id)
    met = select(MeetingItem.incident_id).where(MeetingItem.study_id == study_id)
    final = select(FinalCode.incident_id).where(FinalCode.study_id == study_id, FinalCode.superseded_at.is_(None))
    return Known(
        coded=frozenset(session.scalars(submitted.union(final))),
        discussed=frozenset(session.scalars(commented.union(_compared(study_id), met))),
        ruled=frozenset(session.scalars(select(Ruling.incident_id).where(Ruling.study_id == study_id).distinct())),
    )


def _compared(study_id: int) -> Select[int]:
    """Incidents of which coders of a round that opens each of them have opened what colleagues submitted."""
    return (
        select(Exposure.incident_id)
        .join(Submission, (Submission.study_id == Exposure.study_id) & (Submission.id == Exposure.subject_id))
        .join(Round, (Round.study_id == Submission.study_id) & (Round.id == Submission.round_id))
        .where(Exposure.study_id == study_id, Exposure.kind == "colleague_code", Round.reveal == "each_incident")
    )
