"""The rows of a codebook at any codebook_seq, read once for all who look while nothing changes.

What a member may see of them is decided afterwards, for each look anew (app/codebook/queries.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """seq: as the codebook stood then, None for as it stands, which is `state`.

    Others get what a session has read unless it has written to the codebook: what is not committed may never be.
    """
    shared = shared_by_sessions(session)
    if shared is None:
        return _read(session, study_id, seq)
    key = ("codebook", study_id) if seq is None else ("codebook", study_id, seq, state.disclosures)
    kept: tuple[CodebookState, CodebookRows] | None = shared.find(key)
    if kept is not None and (kept[0] == state or seq is not None):
        return kept[1]
    if kept is not None and kept[0].codebook_seq <= state.codebook_seq:
        rows = _continued(session, study_id, *kept, state)
    else:
        rows = _read(session, study_id, seq)
    if not session.info.get(WRITTEN) and (kept is None or kept[0] <= state):
        shared.keep(key, (state, rows))
    return rows


def codebook_is_written(session: Session) -> None:
    """From here on this session reads the codebook for itself alone."""
    session.info[WRITTEN] = True


WRITTEN = "codebook is written"


def _continued(
    session: Session, study_id: int, before: CodebookState, rows: CodebookRows, state: CodebookState
) -> CodebookRows:
    """With what was added since. A revision that `rows` hold already changes nothing when it comes again."""
    codes, dimensions = {code.id: code for code in rows.codes}, {each.id: each for each in rows.dimensions}
    if state.disclosures != before.disclosures:
        disclosed = _disclosures(session, study_id)
        codes = {code.id: replace(code, disclosed=disclosed.get(code.id, "")) for code in rows.codes}
    else:
        disclosed = {code.id: code.disclosed for code in rows.codes}
    for code, revision in session.execute(_CODES_SINCE, {"of_study": study_id, "since": before.codebook_seq}):
        codes[code.id] = CodeEntry.of(code, revision, disclosed.get(code.id, ""))
    for found in session.scalars(_DIMENSIONS_SINCE, {"of_study": study_id, "since": before.codebook_seq}):
        dimensions[found.dimension_id] = DimensionEntry.of(found)
    return CodebookRows(tuple(codes[code_id] for code_id in sorted(codes)), _in_order(dimensions.values()))


_CODES_SINCE = (
    select(Code, CodeRevision)
    .join(CodeRevision, and_(CodeRevision.study_id == Code.study_id, CodeRevision.code_id == Code.id))
    .where(Code.study_id == bindparam("of_study"), CodeRevision.codebook_seq > bindparam("since"))
    .order_by(CodeRevision.codebook_seq, CodeRevision.id)
)
_DIMENSIONS_SINCE = (
    select(DimensionRevision)
    .where(DimensionRevision.study_id == bindparam("of_study"), DimensionRevision.codebook_seq > bindparam("since"))
    .order_by(DimensionRevision.codebook_seq, DimensionRevision.id)
)


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
    return _in_order(DimensionEntry.of(each) for each in session.scalars(query))


def _in_order(dimensions: Iterable[DimensionEntry]) -> tuple[DimensionEntry, ...]:
    return tuple(sorted(dimensions, key=lambda each: (each.position, each.id)))
