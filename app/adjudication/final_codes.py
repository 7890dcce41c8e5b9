"""Writing final codes: the newest round's answer stands, and what it replaces is kept as superseded."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from app.adjudication.models import BASES, RECODED, FinalCode
from app.codebook.queries import current_seq
from app.rounds.models import Round

BY_ITSELF = tuple(basis for basis in BASES if basis != RECODED)  # where there is no ruling


@dataclass(frozen=True)
class Final:
    """The settled answer to one dimension of one incident. codes: (code, is it the main one)."""

    incident_id: int
    dimension_id: int
    state: str
    codes: tuple[tuple[int, bool], ...]
    basis: str
    ruling_id: int | None = None

    @property
    def key(self) -> tuple[int, int]:
        return self.incident_id, self.dimension_id


@dataclass
class _Current:
    round_id: int
    round_number: int
    is_decided: bool  # by a ruling or a recoding
    row_ids: list[int]


def lock_final_codes(session: Session, study_id: int) -> None:
    """Two rulings, or a ruling and a round that settles, come one after the other."""
    key = f"adjudication.final_codes:{study_id}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def write_final_codes(session: Session, coding_round: Round, finals: Sequence[Final], at: datetime) -> list[Final]:
    """Returns those written: an answer of a later round stands, and so does a ruling or a recoding against what settled
    by itself."""
    current = _current(session, coding_round.study_id, {final.incident_id for final in finals})
    written = [final for final in finals if not _stays(current.get(final.key), coding_round, final)]
    replaced = [row_id for final in written if final.key in current for row_id in current[final.key].row_ids]
    _supersede(session, coding_round.study_id, replaced, at)
    seq = current_seq(session, coding_round.study_id)
    rows = [row for final in written for row in _rows(coding_round, final, seq, at)]
    if rows:
        session.execute(insert(FinalCode), rows)
    return written


def withdraw_final_codes(
    session: Session, coding_round: Round, at: datetime, *, bases: Collection[str] = BY_ITSELF
) -> int:
    """What settled by itself in this round is open again; rulings and recodings stay. Returns how many answers that
    were."""
    rows = session.execute(
        select(FinalCode.id, FinalCode.incident_id, FinalCode.dimension_id).where(
            FinalCode.study_id == coding_round.study_id,
            FinalCode.round_id == coding_round.id,
            FinalCode.ruling_id.is_(None),
            FinalCode.basis.in_(bases),
            FinalCode.superseded_at.is_(None),
        )
    ).all()
    _supersede(session, coding_round.study_id, [row.id for row in rows], at)
    return len({(row.incident_id, row.dimension_id) for row in rows})


def withdraw_answer(session: Session, coding_round: Round, key: tuple[int, int], at: datetime) -> None:
    """Of one incident and dimension, as this round settled it: nothing is final there any more. What another round
    settled stays."""
    incident_id, dimension_id = key
    rows = session.scalars(
        select(FinalCode.id).where(
            FinalCode.study_id == coding_round.study_id,
            FinalCode.round_id == coding_round.id,
            FinalCode.incident_id == incident_id,
            FinalCode.dimension_id == dimension_id,
            FinalCode.superseded_at.is_(None),
        )
    ).all()
    _supersede(session, coding_round.study_id, rows, at)


def bring_back_replaced(session: Session, coding_round: Round, key: tuple[int, int], at: datetime) -> None:
    """Where nothing is final any more, the answer of an earlier round that this one had put itself in the place of is
    final again; not while its round is coded again."""
    incident_id, dimension_id = key
    of_key = (
        FinalCode.study_id == coding_round.study_id,
        FinalCode.incident_id == incident_id,
        FinalCode.dimension_id == dimension_id,
    )
    if session.scalar(select(FinalCode.id).where(*of_key, FinalCode.superseded_at.is_(None)).limit(1)):
        return
    taken_over_at = select(FinalCode.at).where(*of_key, FinalCode.round_id == coding_round.id)
    replaced = session.scalars(
        select(FinalCode)
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            *of_key,
            Round.number < coding_round.number,
            Round.phase.in_(("settling", "closed")),
            FinalCode.superseded_at.in_(taken_over_at),
        )
        .order_by(FinalCode.superseded_at.desc(), FinalCode.id)
    ).all()
    newest = [row for row in replaced if row.superseded_at == replaced[0].superseded_at]
    kept = ("state", "code_id", "is_main", "basis", "ruling_id", "codebook_seq")
    if newest:
        _write_beside(session, newest[0], [{name: getattr(row, name) for name in kept} for row in newest], at)


def current_answers(
    session: Session, study_id: int, dimension_id: int, incident_ids: Collection[int]
) -> dict[int, list[FinalCode]]:
    """incident -> the rows of its final answer, of rounds that are open to others (promise 1)."""
    found: dict[int, list[FinalCode]] = {}
    for row in session.scalars(
        select(FinalCode)
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            FinalCode.study_id == study_id,
            FinalCode.dimension_id == dimension_id,
            FinalCode.incident_id.in_(incident_ids),
            FinalCode.superseded_at.is_(None),
            Round.phase.in_(("settling", "closed")),
        )
        .order_by(FinalCode.incident_id, FinalCode.id)
        .execution_options(populate_existing=True)
    ):
        found.setdefault(row.incident_id, []).append(row)
    return found


def settled_keys(session: Session, coding_round: Round) -> set[tuple[int, int]]:
    """(incident, dimension) of what is final through this round now."""
    rows = session.execute(
        select(FinalCode.incident_id, FinalCode.dimension_id)
        .where(
            FinalCode.study_id == coding_round.study_id,
            FinalCode.round_id == coding_round.id,
            FinalCode.superseded_at.is_(None),
        )
        .distinct()
    )
    return {(incident_id, dimension_id) for incident_id, dimension_id in rows}


def replace_answer(
    session: Session, before: Sequence[FinalCode], after: Sequence[dict[str, Any]], at: datetime
) -> list[FinalCode]:
    """Another answer in the place of one that stands, within its round. after: state, code_id, is_main, basis,
    ruling_id and codebook_seq of each row."""
    first = before[0]
    _supersede(session, first.study_id, [row.id for row in before], at)
    return _write_beside(session, first, after, at)


def _write_beside(session: Session, first: FinalCode, after: Sequence[dict[str, Any]], at: datetime) -> list[FinalCode]:
    """In the round, and for the incident and dimension, of a row that is there."""
    place = {
        "study_id": first.study_id,
        "round_id": first.round_id,
        "incident_id": first.incident_id,
        "dimension_id": first.dimension_id,
        "at": at,
    }
    written = [FinalCode(**place, **row) for row in after]
    session.add_all(written)
    session.flush()
    return written


def _current(session: Session, study_id: int, incident_ids: set[int]) -> dict[tuple[int, int], _Current]:
    found: dict[tuple[int, int], _Current] = {}
    for row, number in session.execute(
        select(FinalCode, Round.number)
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            FinalCode.study_id == study_id,
            FinalCode.incident_id.in_(incident_ids),
            FinalCode.superseded_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ):
        entry = _Current(row.round_id, number, row.ruling_id is not None or row.basis == RECODED, [])
        found.setdefault((row.incident_id, row.dimension_id), entry).row_ids.append(row.id)
    return found


def _stays(current: _Current | None, coding_round: Round, final: Final) -> bool:
    if current is None:
        return False
    if current.round_id == coding_round.id:
        return current.is_decided and final.ruling_id is None
    return current.round_number > coding_round.number


def _supersede(session: Session, study_id: int, row_ids: Sequence[int], at: datetime) -> None:
    for start in range(0, len(row_ids), 5_000):
        session.execute(
            update(FinalCode)
            .where(FinalCode.study_id == study_id, FinalCode.id.in_(row_ids[start : start + 5_000]))
            .values(superseded_at=at)
        )


def _rows(coding_round: Round, final: Final, seq: int, at: datetime) -> Iterable[dict[str, object]]:
    for code_id, is_main in final.codes or ((None, False),):
        yield {
            "study_id": coding_round.study_id,
            "round_id": coding_round.id,
            "incident_id": final.incident_id,
            "dimension_id": final.dimension_id,
            "state": final.state,
            "code_id": code_id,
            "is_main": is_main,
            "basis": final.basis,
            "ruling_id": final.ruling_id,
            "codebook_seq": seq,
            "at": at,
        }
