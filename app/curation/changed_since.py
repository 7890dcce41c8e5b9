"""From which codebook_seq on each change stands, read off the revisions of its code.

A later revision that says nothing else about it, such as a new colour or example, does not make it younger: who coded
between the two had the change before them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.models import CodeRevision
from app.curation.changes import MEANING, Change

PLACE = ("parent_id", "dimension_id")
STATUS = ("status",)


def dated(session: Session, study_id: int, changes: Sequence[Change], until: int) -> tuple[Change, ...]:
    """until: the codebook_seq that the changes lead to."""
    revisions = _revisions(session, study_id, {change.code.id for change in changes}, until)
    return tuple(replace(change, since=_since(change, revisions[change.code.id])) for change in changes)


def _since(change: Change, newest_first: Sequence[CodeRevision]) -> int:
    told = _told_by(change)
    since = change.code.codebook_seq
    for revision in newest_first:
        if any(getattr(revision, name) != getattr(change.code, name) for name in told):
            break
        since = revision.codebook_seq
    return since


def _told_by(change: Change) -> tuple[str, ...]:
    """What of the code the change is about."""
    if change.kind == "reworded":
        return tuple(name for name, words in MEANING.items() if words in change.what)
    if change.kind == "added":
        return (*MEANING, *STATUS)
    return PLACE if change.kind == "moved" else STATUS


def _revisions(session: Session, study_id: int, code_ids: set[int], until: int) -> Mapping[int, Sequence[CodeRevision]]:
    found: dict[int, list[CodeRevision]] = defaultdict(list)
    wanted = (
        CodeRevision.study_id == study_id,
        CodeRevision.code_id.in_(code_ids),
        CodeRevision.codebook_seq <= until,
    )
    for revision in session.scalars(select(CodeRevision).where(*wanted).order_by(CodeRevision.codebook_seq.desc())):
        found[revision.code_id].append(revision)
    return found
