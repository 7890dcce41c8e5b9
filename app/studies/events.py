"""The log of a study: one row an act, written in the act's own transaction."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.db.base import rows_of
from app.studies.models import Membership, StudyEvent

_NEW_EVENT = insert(rows_of(StudyEvent))  # a row, no object: nobody reads it back, and every act writes one


def record(
    session: Session,
    study_id: int,
    member: Membership | None,
    kind: str,
    *,
    subject: tuple[str, int] | None = None,
    veiled_by_round_id: int | None = None,
    **details: Any,
) -> None:
    """kind: 'round.planned', 'code.created' …; subject: what it was done to, e.g. ('round', 4).

    veiled_by_round_id: hides the event from everybody but its member while that round runs.
    """
    event = {
        "study_id": study_id,
        "member_id": member.id if member else None,
        "kind": kind,
        "subject_kind": subject[0] if subject else "",
        "subject_id": subject[1] if subject else None,
        "veiled_by_round_id": veiled_by_round_id,
        "details": details,
    }
    session.execute(_NEW_EVENT, event)
