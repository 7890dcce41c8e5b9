"""The codebook at any codebook_seq, as somebody may see it."""

from collections.abc import Callable, Sequence
from typing import Any

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
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.problems import NotFound
from app.studies.models import Study


def visible_codebook(session: Session, study_id: int, viewer_member_id: int, *, seq: int | None = None) -> Codebook:
    """What one member may see: their own codes, and those disclosed to all (promise 1).

    seq: as it stood then; a code disclosed later is seen, since disclosure is about people, not about versions.
    """

    def seen(code: Code, revision: CodeRevision, disclosed: str) -> CodeEntry | None:
        own = code.created_by == viewer_member_id
        if not own and not disclosed:
            return None
        return CodeEntry.of(code, revision, disclosed, name_only=disclosed == "name" and not own)

    return _kept(session, study_id, seq, f"visible to {viewer_member_id}", seen)


def disclosed_codebook(session: Session, study_id: int, *, seq: int | None = None) -> Codebook:
    """What everybody may see whole: for exports, and for what leaves to a model."""

    def seen(code: Code, revision: CodeRevision, disclosed: str) -> CodeEntry | None:
        return CodeEntry.of(code, revision, disclosed, name_only=False) if disclosed == "whole" else None

    return _kept(session, study_id, seq, "disclosed", seen)


def whole_codebook(session: Session, study_id: int, *, seq: int | None = None) -> Codebook:
    """Every code, seen by nobody: for acts that must know all names, and for methods."""

    def seen(code: Code, revision: CodeRevision, disclosed: str) -> CodeEntry | None:
        return CodeEntry.of(code, revision, disclosed, name_only=False)

    return _kept(session, study_id, seq, "whole", seen)


def forget_codebooks(session: Session) -> None:
    """After a revision was written in this session: what it read before is old."""
    session.info.pop(KEPT, None)


KEPT = "codebooks"
Seen = Callable[[Code, CodeRevision, str], CodeEntry | None]


def _kept(session: Session, study_id: int, seq: int | None, view: str, seen: Seen) -> Codebook:
    """Read once a session as long as nothing changes: the newest codebook_seq and disclosure tell."""
    newest_disclosure = select(func.max(CodeDisclosure.id)).where(CodeDisclosure.study_id == study_id)
    newest = session.execute(
        select(Study.codebook_seq, newest_disclosure.scalar_subquery()).where(Study.id == study_id)
    ).one()
    key = (study_id, seq, view, *newest)
    kept: dict[Any, Codebook] = session.info.setdefault(KEPT, {})
    if key not in kept:
        kept[key] = _read(session, study_id, seq, newest[0], seen)
    return kept[key]


def _read(session: Session, study_id: int, seq: int | None, newest_seq: int, seen: Seen) -> Codebook:
    disclosed = _disclosures(session, study_id)
    rows = session.execute(_codes_at(study_id, seq))
    found = {code.id: seen(code, revision, disclosed.get(code.id, "")) for code, revision in rows}
    entries = {code_id: entry for code_id, entry in found.items() if entry is not None}
    return _with_dimensions(session, study_id, seq, newest_seq, entries)


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
    whole = select(CodeDisclosure.code_id).where(CodeDisclosure.study_id == study_id, CodeDisclosure.extent == "whole")
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


def _with_dimensions(
    session: Session, study_id: int, seq: int | None, newest_seq: int, codes: dict[int, CodeEntry]
) -> Codebook:
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
        codebook_seq=seq if seq is not None else newest_seq,
        dimensions=tuple(d for d in entries if d.status == "active"),
        retired_dimensions=tuple(d for d in entries if d.status != "active"),
        codes=codes,
    )
