"""The codebook at any codebook_seq, as somebody may see it."""

from collections.abc import Sequence

from sqlalchemy import Select, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.codebook.models import (
    Code,
    CodebookVersion,
    CodeDisclosure,
    CodeRevision,
    DimensionRevision,
)
from app.codebook.tree import CodeEntry, Codebook, DimensionEntry
from app.problems import NotFound
from app.studies.models import Study


def visible_codebook(session: Session, study_id: int, viewer_member_id: int, *, seq: int | None = None) -> Codebook:
    """What one member may see: their own codes, and those disclosed to all (promise 1).

    seq: as it stood then; a code disclosed later is seen, since disclosure is about people, not about versions.
    """
    disclosed = _disclosures(session, study_id)
    entries = {
        code.id: CodeEntry.of(
            code, revision, disclosed.get(code.id, ""), name_only=disclosed.get(code.id) == "name" and not own
        )
        for code, revision in session.execute(_codes_at(study_id, seq))
        if (own := code.created_by == viewer_member_id) or code.id in disclosed
    }
    return _with_dimensions(session, study_id, seq, entries)


def disclosed_codebook(session: Session, study_id: int, *, seq: int | None = None) -> Codebook:
    """What everybody may see whole: for exports, and for what leaves to a model."""
    disclosed = _disclosures(session, study_id)
    entries = {
        code.id: CodeEntry.of(code, revision, "whole", name_only=False)
        for code, revision in session.execute(_codes_at(study_id, seq))
        if disclosed.get(code.id) == "whole"
    }
    return _with_dimensions(session, study_id, seq, entries)


def whole_codebook(session: Session, study_id: int, *, seq: int | None = None) -> Codebook:
    """Every code, seen by nobody: for acts that must know all names, and for methods."""
    disclosed = _disclosures(session, study_id)
    entries = {
        code.id: CodeEntry.of(code, revision, disclosed.get(code.id, ""), name_only=False)
        for code, revision in session.execute(_codes_at(study_id, seq))
    }
    return _with_dimensions(session, study_id, seq, entries)


def current_seq(session: Session, study_id: int) -> int:
    return session.scalars(select(Study.codebook_seq).where(Study.id == study_id)).one()


def versions(session: Session, study_id: int) -> Sequence[CodebookVersion]:
    return session.scalars(
        select(CodebookVersion).where(CodebookVersion.study_id == study_id).order_by(CodebookVersion.id.desc())
    ).all()


def version(session: Session, study_id: int, version_id: int) -> CodebookVersion:
    found = session.scalar(
        select(CodebookVersion).where(CodebookVersion.study_id == study_id, CodebookVersion.id == version_id)
    )
    if found is None:
        raise NotFound
    return found


def code_history(session: Session, study_id: int, code_id: int) -> Sequence[CodeRevision]:
    """Newest first. Ask only for a code that the viewer may see whole."""
    return session.scalars(
        select(CodeRevision)
        .where(CodeRevision.study_id == study_id, CodeRevision.code_id == code_id)
        .order_by(CodeRevision.codebook_seq.desc())
    ).all()


def undisclosed_codes_of_round(session: Session, study_id: int, round_id: int) -> list[int]:
    whole = select(CodeDisclosure.code_id).where(
        CodeDisclosure.study_id == study_id, CodeDisclosure.extent == "whole"
    )
    return list(
        session.scalars(
            select(Code.id)
            .where(Code.study_id == study_id, Code.created_in_round == round_id, Code.id.not_in(whole))
            .order_by(Code.id)
        )
    )


def _disclosures(session: Session, study_id: int) -> dict[int, str]:
    rows = session.execute(
        select(CodeDisclosure.code_id, func.max(CodeDisclosure.extent))  # 'whole' sorts after 'name'
        .where(CodeDisclosure.study_id == study_id)
        .group_by(CodeDisclosure.code_id)
    )
    return {code_id: extent for code_id, extent in rows}


def _codes_at(study_id: int, seq: int | None) -> Select[tuple[Code, CodeRevision]]:
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


def _with_dimensions(session: Session, study_id: int, seq: int | None, codes: dict[int, CodeEntry]) -> Codebook:
    query = (
        select(DimensionRevision)
        .where(DimensionRevision.study_id == study_id)
        .ext(distinct_on(DimensionRevision.dimension_id))
        .order_by(DimensionRevision.dimension_id, DimensionRevision.codebook_seq.desc())
    )
    if seq is not None:
        query = query.where(DimensionRevision.codebook_seq <= seq)
    entries = sorted((DimensionEntry.of(r) for r in session.scalars(query)), key=lambda d: (d.position, d.id))
    return Codebook(
        codebook_seq=seq if seq is not None else current_seq(session, study_id),
        dimensions=tuple(d for d in entries if d.status == "active"),
        retired_dimensions=tuple(d for d in entries if d.status != "active"),
        codes=codes,
    )
