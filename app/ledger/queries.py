"""Reading the ledger."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.models import ModelCall


def calls_about(
    session: Session, study_id: int, subject_kind: str, subject_ids: Collection[int]
) -> Sequence[ModelCall]:
    """In the order in which they were made."""
    return session.scalars(
        select(ModelCall)
        .where(
            ModelCall.study_id == study_id,
            ModelCall.subject_kind == subject_kind,
            ModelCall.subject_id.in_(subject_ids),
        )
        .order_by(ModelCall.id)
    ).all()
