"""What coders disagree on, and what was said and ruled about it. A round that still hides it is not read."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.adjudication.compared import Compared, compared, compared_dimension, comparison_of
from app.adjudication.flags import FLAG, raised_flags
from app.adjudication.models import Comment, FinalCode, RuledCode, Ruling, RulingParticipant
from app.adjudication.queue_list import (
    Disagreement,
    Queue,
    disagreements,
    queue,
    standing_rulings,
)
from app.coding.memos import may_be_opened
from app.coding.models import Memo
from app.problems import NotFound
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import round_by_number, rounds_of

__all__ = [
    "Compared",
    "Disagreement",
    "Queue",
    "bases",
    "comments_on",
    "compared",
    "compared_dimension",
    "comparison_of",
    "disagreements",
    "of_others",
    "open_round",
    "open_rounds",
    "participants",
    "queue",
    "ruled_codes",
    "rulings_on",
    "shared_memos",
    "standing_rulings",
]


def open_round(session: Session, study_id: int, number: int) -> Round:
    """A round that still hides its answers is not found (promise 1)."""
    coding_round = round_by_number(session, study_id, number)
    if not is_open_to_others(coding_round):
        raise NotFound
    return coding_round


def open_rounds(session: Session, study_id: int) -> list[Round]:
    """Newest first."""
    return [coding_round for coding_round in rounds_of(session, study_id) if is_open_to_others(coding_round)]


def rulings_on(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Sequence[Ruling]:
    """Newest first: the first one stands, unless it was taken back."""
    return session.scalars(
        select(Ruling)
        .where(
            Ruling.study_id == coding_round.study_id,
            Ruling.round_id == coding_round.id,
            Ruling.incident_id == incident_id,
            Ruling.dimension_id == dimension_id,
        )
        .order_by(Ruling.id.desc())
    ).all()


def ruled_codes(session: Session, rulings: Sequence[Ruling]) -> dict[int, list[RuledCode]]:
    found: dict[int, list[RuledCode]] = {ruling.id: [] for ruling in rulings}
    for code in session.scalars(select(RuledCode).where(_of(RuledCode, rulings)).order_by(RuledCode.id)):
        found[code.ruling_id].append(code)
    return found


def participants(session: Session, rulings: Sequence[Ruling]) -> dict[int, list[int]]:
    """Ruling -> members who took part beside its author."""
    found: dict[int, list[int]] = {ruling.id: [] for ruling in rulings}
    query = select(RulingParticipant).where(_of(RulingParticipant, rulings)).order_by(RulingParticipant.id)
    for row in session.scalars(query):
        found[row.ruling_id].append(row.member_id)
    return found


def bases(session: Session, rulings: Sequence[Ruling]) -> dict[int, str]:
    """Ruling -> the basis that its final codes were given."""
    rows = session.execute(select(FinalCode.ruling_id, FinalCode.basis).where(_of(FinalCode, rulings)).distinct())
    return {ruling_id: basis for ruling_id, basis in rows if ruling_id is not None}


def comments_on(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Sequence[Comment]:
    """In the order they were written; those on the incident as a whole among them."""
    return session.scalars(
        select(Comment)
        .where(
            Comment.study_id == coding_round.study_id,
            Comment.round_id == coding_round.id,
            Comment.incident_id == incident_id,
            Comment.dimension_id.is_(None) | (Comment.dimension_id == dimension_id),
        )
        .order_by(Comment.id)
    ).all()


def shared_memos(session: Session, coding_round: Round, incident_id: int) -> Sequence[Memo]:
    """On the incident as a whole. A private memo is its author's alone and never among them, nor is one in a draft that
    was withdrawn."""
    found = session.scalars(
        select(Memo)
        .join(Assignment, (Assignment.study_id == Memo.study_id) & (Assignment.id == Memo.assignment_id))
        .where(
            Memo.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.incident_id == incident_id,
            counts(),
            Memo.subject_kind == "incident",
            Memo.sharing == "shared",
        )
        .order_by(Memo.id)
    ).all()
    return may_be_opened(session, coding_round, found)


def of_others(session: Session, coding_round: Round, member_id: int, found: Compared) -> list[tuple[str, int]]:
    """(kind, id) of everything on this page that is not the member's own: what an opening exposes them to."""
    place = (coding_round, *found.key)
    submissions = [work.submission for work in found.works]
    kinds: list[tuple[str, Sequence[object]]] = [
        ("colleague_code", submissions),
        ("comment", comments_on(session, *place)),
        ("ruling", rulings_on(session, *place)),
        ("shared_memo", shared_memos(session, coding_round, found.incident_id)),
        (FLAG, raised_flags(session, coding_round, incident_id=found.incident_id)),
    ]
    return [(kind, row.id) for kind, rows in kinds for row in rows if row.member_id != member_id]  # type: ignore[attr-defined]


def _of(
    table: type[RuledCode] | type[RulingParticipant] | type[FinalCode], rulings: Sequence[Ruling]
) -> ColumnElement[bool]:
    study_ids = {ruling.study_id for ruling in rulings}
    return table.study_id.in_(study_ids) & table.ruling_id.in_([ruling.id for ruling in rulings])
