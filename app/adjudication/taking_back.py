"""Who took a ruling back, when and why, as it is shown beside the ruling."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.blind import Names, Somebody
from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RulingTakenBack


@dataclass(frozen=True)
class ShownTakingBack:
    by: Somebody
    at: datetime
    reason: str

    @classmethod
    def of(cls, row: RulingTakenBack, names: Names) -> "ShownTakingBack":
        return cls(names.of(row.member_id), row.at, names.words(row.reason))


def taken_back(session: Session, rulings: Sequence[Ruling]) -> dict[int, RulingTakenBack]:
    """By ruling."""
    rows = session.scalars(
        select(RulingTakenBack).where(
            RulingTakenBack.study_id.in_({ruling.study_id for ruling in rulings}),
            RulingTakenBack.ruling_id.in_([ruling.id for ruling in rulings]),
        )
    )
    return {row.ruling_id: row for row in rows}
