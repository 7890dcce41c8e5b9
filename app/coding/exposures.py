"""What a coder was shown that is not their own (promise 3): recorded before it is rendered, asked before it is."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.coding.models import Exposure

OF_OTHERS = ("colleague_code", "comment", "shared_memo", "flag", "ruling", "final_code", "recoding", "vote")


def lock_exposures_of(session: Session, study_id: int, member_id: int) -> None:
    """Until the transaction ends, this member is shown nothing more and hands in nothing else.

    Without it a submission could be counted as independent while an opening commits beside it. One lock a member, not
    one an incident: an export exposes thousands of incidents at once, and Postgres keeps few locks.
    """
    key = f"coding.exposures:{study_id}:{member_id}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def expose(
    session: Session, study_id: int, member_id: int, shown: Iterable[tuple[int, str, int]], *, note: str = ""
) -> None:
    """shown: (incident_id, kind, subject_id). Shown twice is recorded once, with the first time."""
    lock_exposures_of(session, study_id, member_id)
    rows = [
        {
            "study_id": study_id,
            "member_id": member_id,
            "incident_id": incident_id,
            "kind": kind,
            "subject_id": subject_id,
            "note": note,
        }
        for incident_id, kind, subject_id in shown
    ]
    for start in range(0, len(rows), 5_000):
        session.execute(insert(Exposure).values(rows[start : start + 5_000]).on_conflict_do_nothing())


def declare_exposure(session: Session, study_id: int, member_id: int, incident_id: int, note: str) -> None:
    """A coder says that they know what others or the model said. It can only lower independence."""
    lock_exposures_of(session, study_id, member_id)
    session.add(Exposure(study_id=study_id, member_id=member_id, incident_id=incident_id, kind="declared", note=note))


def exposed_subjects(
    session: Session, study_id: int, member_id: int, kind: str, incident_id: int | None = None
) -> set[int]:
    """The ids of this kind that the member was shown, for this incident or for any."""
    query = select(Exposure.subject_id).where(
        Exposure.study_id == study_id,
        Exposure.member_id == member_id,
        Exposure.kind == kind,
        Exposure.subject_id.is_not(None),
    )
    if incident_id is not None:
        query = query.where(Exposure.incident_id == incident_id)
    return {key for key in session.scalars(query) if key is not None}


def first_shown(session: Session, study_id: int, member_ids: Collection[int]) -> dict[tuple[int, int], datetime]:
    """(member, incident) -> when the member was first shown what colleagues or rulings said there."""
    rows = session.execute(
        select(Exposure.member_id, Exposure.incident_id, func.min(Exposure.at))
        .where(Exposure.study_id == study_id, Exposure.member_id.in_(member_ids), Exposure.kind.in_(OF_OTHERS))
        .group_by(Exposure.member_id, Exposure.incident_id)
    )
    return {(member_id, incident_id): at for member_id, incident_id, at in rows}


def opened_since(session: Session, study_id: int, member_ids: Collection[int], since: datetime) -> set[tuple[int, int]]:
    """(member, incident) to which these members were shown what colleagues or rulings said, since then."""
    rows = session.execute(
        select(Exposure.member_id, Exposure.incident_id)
        .where(
            Exposure.study_id == study_id,
            Exposure.member_id.in_(member_ids),
            Exposure.kind.in_(OF_OTHERS),
            Exposure.at >= since,
        )
        .distinct()
    )
    return {(member_id, incident_id) for member_id, incident_id in rows}


def is_unexposed(session: Session, study_id: int, member_id: int, incident_id: int) -> bool:
    """Nothing of others or of a model was shown to this member for this incident so far, in any round."""
    return not session.scalar(
        select(func.count())
        .select_from(Exposure)
        .where(Exposure.study_id == study_id, Exposure.member_id == member_id, Exposure.incident_id == incident_id)
    )
