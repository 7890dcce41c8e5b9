"""What coding tells of incidents, for the room below that plans rounds; the wiring passes this query down."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.models import Comment, FinalCode, Ruling
from app.coding.models import Submission
from app.rounds.known import Known


def known_of_incidents(session: Session, study_id: int) -> Known:
    """A skip codes nothing; what was taken back to draft was handed in once, and counts. Imported ratings count."""
    submitted = select(Submission.incident_id).where(Submission.study_id == study_id, Submission.kind == "submitted")
    final = select(FinalCode.incident_id).where(FinalCode.study_id == study_id, FinalCode.superseded_at.is_(None))
    return Known(
        coded=frozenset(session.scalars(submitted.union(final))),
        discussed=frozenset(
            session.scalars(select(Comment.incident_id).where(Comment.study_id == study_id).distinct())
        ),
        ruled=frozenset(session.scalars(select(Ruling.incident_id).where(Ruling.study_id == study_id).distinct())),
    )
