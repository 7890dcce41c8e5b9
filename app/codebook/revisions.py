"""How a change of the codebook is written: the next codebook_seq, and a revision that holds every property."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.codebook.models import CodeRevision, DimensionRevision
from app.codebook.queries import forget_codebooks
from app.codebook.rows import codebook_is_written
from app.codebook.tree import CodeEntry, DimensionEntry
from app.problems import Conflict
from app.studies.models import Membership, Study

# What a revision of a code holds of an entry: every property of its own; ids and numbers are the revision's.
PROPERTIES = sorted(
    {each.name for each in fields(CodeEntry)} & {*CodeRevision.__table__.columns.keys()} - {"id", "codebook_seq"}
)


class ChangedMeanwhile(Conflict):
    """Somebody changed this in the meantime. Nothing was overwritten; both states are shown."""


def next_seq(session: Session, study_id: int) -> int:
    """Takes the study's row lock until the transaction ends, so that seq order is commit order."""
    codebook_is_written(session)
    return session.execute(
        update(Study)
        .where(Study.id == study_id)
        .values(codebook_seq=Study.codebook_seq + 1)
        .returning(Study.codebook_seq)
        .execution_options(synchronize_session=False)
    ).scalar_one()


def check_unchanged(entry: CodeEntry | DimensionEntry, seen_seq: int | None) -> None:
    """seen_seq: the codebook_seq of the revision that somebody's change started from; None where nobody looked."""
    if seen_seq is not None and entry.codebook_seq > seen_seq:
        raise ChangedMeanwhile


def revise_dimension(
    session: Session,
    study_id: int,
    member: Membership | None,
    entry: DimensionEntry,
    seq: int,
    *,
    reason: str,
    undoes_seq: int | None = None,
) -> None:
    session.add(
        DimensionRevision(
            study_id=study_id,
            dimension_id=entry.id,
            codebook_seq=seq,
            member_id=member.id if member else None,
            reason=reason.strip(),
            name=entry.name,
            question=entry.question,
            takes=entry.takes,
            has_main=entry.has_main,
            needs_evidence=entry.needs_evidence,
            openness=entry.openness,
            position=entry.position,
            status=entry.status,
            undoes_seq=undoes_seq,
        )
    )
    session.flush()
    forget_codebooks(session)


def revise_code(
    session: Session,
    study_id: int,
    member: Membership | None,
    entry: CodeEntry,
    seq: int,
    *,
    kind: str,
    reason: str,
    undoes_seq: int | None = None,
) -> None:
    revise_codes(session, study_id, member, [entry], seq, kind=kind, reason=reason, undoes_seq=undoes_seq)


def revise_codes(
    session: Session,
    study_id: int,
    member: Membership | None,
    entries: Iterable[CodeEntry],
    seq: int,
    *,
    kind: str,
    reason: str,
    undoes_seq: int | None = None,
) -> None:
    """In one go, all of one kind: a file may bring in thousands."""
    session.add_all(
        CodeRevision(
            study_id=study_id,
            code_id=entry.id,
            codebook_seq=seq,
            member_id=member.id if member else None,
            kind=kind,
            reason=reason.strip(),
            undoes_seq=undoes_seq,
            **{name: _stored(getattr(entry, name)) for name in PROPERTIES},
        )
        for entry in entries
    )
    session.flush()
    forget_codebooks(session)


def _stored(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, tuple):
        return [dict(each) if isinstance(each, Mapping) else each for each in value]
    return value
