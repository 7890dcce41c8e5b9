"""The codebook at any codebook_seq, as somebody may see it."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.models import Code, CodebookVersion, CodeDisclosure, CodeRevision
from app.codebook.rows import CodebookState, newest_state, rows_at
from app.codebook.tree import Codebook, CodeEntry
from app.codebook.withholding import without_open_examples
from app.problems import NotFound
from app.studies.models import Study


def visible_codebook(
    session: Session,
    study_id: int,
    viewer_member_id: int,
    *,
    seq: int | None = None,
    state: CodebookState | None = None,
) -> Codebook:
    """What one member may see: their own codes, and those disclosed to all (promise 1).

    seq: as it stood then; a code disclosed later is seen, since disclosure is about people, not about versions. state:
    the newest, where it has just been read. Examples out of incidents that the viewer still has to code are left out.
    """

    def seen(code: CodeEntry) -> CodeEntry | None:
        own = code.created_by == viewer_member_id
        if not own and not code.disclosed:
            return None
        return code.without_texts() if code.disclosed == "name" and not own else code

    codebook = _kept(session, study_id, seq, f"visible to {viewer_member_id}", seen, state)
    return without_open_examples(session, study_id, viewer_member_id, codebook)


def disclosed_codebook(session: Session, study_id: int, *, seq: int | None = None) -> Codebook:
    """What everybody may see whole: for exports, and for what leaves to a model."""
    return _kept(session, study_id, seq, "disclosed", lambda code: code if code.disclosed == "whole" else None)


def whole_codebook(session: Session, study_id: int, *, seq: int | None = None) -> Codebook:
    """Every code, seen by nobody: for acts that must know all names, and for methods."""
    return _kept(session, study_id, seq, "whole", lambda code: code)


def forget_codebooks(session: Session) -> None:
    """After a revision was written in this session: what it read before is old."""
    session.info.pop(KEPT, None)


KEPT = "codebooks"


def _kept(
    session: Session,
    study_id: int,
    seq: int | None,
    view: str,
    seen: Callable[[CodeEntry], CodeEntry | None],
    state: CodebookState | None = None,
) -> Codebook:
    """Made once a session as long as nothing changes."""
    state = state or newest_state(session, study_id)
    key = (study_id, seq, view, state)
    kept: dict[Any, Codebook] = session.info.setdefault(KEPT, {})
    if key not in kept:
        rows = rows_at(session, study_id, seq, state)
        shown = {code.id: entry for code in rows.codes if (entry := seen(code)) is not None}
        kept[key] = Codebook(
            codebook_seq=seq if seq is not None else state.codebook_seq,
            dimensions=tuple(d for d in rows.dimensions if d.status == "active"),
            retired_dimensions=tuple(d for d in rows.dimensions if d.status != "active"),
            codes=shown,
        )
    return kept[key]


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
