"""Rulings by somebody who had coded the incident."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.models import Ruling
from app.coding.models import Submission
from app.rounds.models import Round


def rulings_on_own_case(session: Session, coding_round: Round) -> set[int]:
    return set(
        session.scalars(
            select(Ruling.id)
            .join(
                Submission,
                (Submission.study_id == Ruling.study_id)
                & (Submission.round_id == Ruling.round_id)
                & (Submission.incident_id == Ruling.incident_id)
                & (Submission.member_id == Ruling.member_id),
            )
            .where(Ruling.study_id == coding_round.study_id, Ruling.round_id == coding_round.id)
        )
    )
