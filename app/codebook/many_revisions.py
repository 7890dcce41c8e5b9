"""Revisions of many codes under one codebook_seq, written in one go: a file may bring in thousands."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.models import CodeRevision
from app.codebook.queries import forget_codebooks
from app.codebook.tree import CodeEntry
from app.studies.models import Membership

# What a revision holds of an entry: every property of its own; ids and numbers are the revision's.
PROPERTIES = sorted(
    {each.name for each in fields(CodeEntry)} & {*CodeRevision.__table__.columns.keys()} - {"id", "codebook_seq"}
)


def revise_codes(
    session: Session,
    study_id: int,
    member: Membership,
    entries: Iterable[CodeEntry],
    seq: int,
    *,
    kind: str,
    reason: str,
) -> None:
    session.add_all(
        CodeRevision(
            study_id=study_id,
            code_id=entry.id,
            codebook_seq=seq,
            member_id=member.id,
            kind=kind,
            reason=reason.strip(),
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
