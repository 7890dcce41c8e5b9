"""The rows of a codebook at any codebook_seq, read once for all who look while nothing changes.

What a member may see of them is decided afterwards, for each look anew (app/codebook/queries.py).
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.codebook.models import Code, CodeDisclosure, CodeRevision, DimensionRevision
from app.codebook.tree import CodeEntry, DimensionEntry
from app.db.shared import shared_by_sessions
from app.studies.models import Study


class CodebookState(NamedTuple):
    """Rows of a codebook are only ever added, so that these two tell whether anything was."""

    codebook_seq: int
    disclosures: int


@dataclass(frozen=True)
class CodebookRows:
    """codes: every one, whoever may see it. dimensions: retired ones too, in order."""

    codes: tuple[CodeEntry, ...]
    dimensions: tuple[DimensionEntry, ...]


_NEWEST_STATE = select(
    Study.codebook_seq,
    select(func.count())
    .select_from(CodeDisclosure)
    .where(CodeDisclosure.study_id == bindparam("of_study"))
    .scalar_subquery(),
).where(Study.id == bindparam("of_study"))


def newest_state(session: Session, study_id: int) -> CodebookState:
    return CodebookState(*session.execute(_NEWEST_STATE, {"of_study": study_id}).one())


def rows_at(session: Session, study_id: int, seq: int | None, state: CodebookState) -> CodebookRows:
    """seq: as the codebook stood then, None for as it stands. Shared only by sessions that have not written to it:
    what is not committed may never be."""
    shared = None if session.info.get(WRITTEN) else shared_by_sessions(session)
    if shared is None:
        return _read(session, study_id, seq)
    return shared.get(("codebook", study_id, seq, state), lambda: _read(session, study_id, seq))


def codebook_is_written(session: Session) -> None:
    """From here on this session reads the codebook for itself alone."""
    session.info[WRITTEN] = True


WRITTEN = "codebook is written"


def _read(session: Session, study_id: int, seq: int | None) -> CodebookRows:
    disclosed = _disclosures(session, study_id)
    codes = tuple(
        CodeEntry.of(code, revision, disclosed.get(code.id, ""))
        for code, revision in session.execute(_codes_at(study_id, seq))
    )
    return CodebookRows(codes, _dimensions_at(session, study_id, seq))


def _disclosures(session: Session, study_id: int) -> dict[int, str]:
    rows = session.execute(
        select(CodeDisclosure.code_id, func.max(CodeDisclosure.extent))  # 'whole' sorts after 'name'
        .where(CodeDisclosure.study_id == study_id)
        .group_by(CodeDisclosure.code_id)
    )
    return dict(rows.all())


def _codes_at(study_id: int, seq: int | None) -> Select[Code, CodeRevision]:
    newest = (
        select(CodeRevision.code_id, func.max(CodeRevision.codebook_seq).label("seq"))
        .where(CodeRevision.study_id == study_id)
        .group_by(CodeRevision.code_id)
    )
    if seq is not None:
        newest = newest.where(CodeRevision.codebook_seq <= seq)
    latest = newest.subquery()
    return (
        select(Code, CodeRevision)
        .join(CodeRevision, and_(CodeRevision.study_id == Code.study_id, CodeRevision.code_id == Code.id))
        .join(latest, and_(latest.c.code_id == Code.id, latest.c.seq == CodeRevision.codebook_seq))
        .where(Code.study_id == study_id)
        .order_by(Code.id)
    )


def _dimensions_at(session: Session, study_id: int, seq: int | None) -> tuple[DimensionEntry, ...]:
    query = (
        select(DimensionRevision)
        .where(DimensionRevision.study_id == study_id)
        .ext(distinct_on(DimensionRevision.dimension_id))
        .order_by(DimensionRevision.dimension_id, DimensionRevision.codebook_seq.desc())
    )
    if seq is not None:
        query = query.where(DimensionRevision.codebook_seq <= seq)
    return tuple(sorted((DimensionEntry.of(r) for r in session.scalars(query)), key=lambda d: (d.position, d.id)))
