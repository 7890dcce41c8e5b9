"""Codes that come in as a whole tree: all under one codebook_seq, however many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, NewPlace, disclose, first_entry
from app.codebook.models import Code
from app.codebook.queries import forget_codebooks
from app.codebook.revisions import next_seq, revise_codes
from app.codebook.tree import CodeEntry
from app.db.table_sizes import tell_sizes
from app.studies.viewer import Viewer

AT_A_TIME = 1_000


@dataclass(frozen=True)
class TreeCode:
    """parent: the place of its parent in the same sequence, which comes before it. is_gone: retired from the start."""

    words: CodeText
    parent: int | None = None
    is_category: bool = False
    is_gone: bool = False
    source: str = ""


def add_tree(session: Session, viewer: Viewer, dimension_id: int, codes: Sequence[TreeCode]) -> list[int]:
    """The ids, in the order of codes. The names are plain, and each once under its parent; whoever calls sees to it.

    The act as a whole writes its event, not each code.
    """
    if not codes:
        return []
    study_id, member = viewer.study.id, viewer.member
    seq = next_seq(session, study_id)
    rows = [Code(study_id=study_id, created_by=member.id, origin="import", source=code.source) for code in codes]
    session.add_all(rows)
    session.flush()
    tell_sizes(session, Code, rows=len(rows))
    entries = [
        _entry(row, code, dimension_id, None if code.parent is None else rows[code.parent].id, place, seq)
        for place, (row, code) in enumerate(zip(rows, codes, strict=True), start=1)
    ]
    revise_codes(session, study_id, member, entries, seq, kind="created", reason="")
    for start in range(0, len(rows), AT_A_TIME):
        disclose(session, study_id, [row.id for row in rows[start : start + AT_A_TIME]], member)
    session.flush()
    forget_codebooks(session)
    return [row.id for row in rows]


def _entry(row: Code, code: TreeCode, dimension_id: int, parent_id: int | None, place: int, seq: int) -> CodeEntry:
    first = first_entry(row, code.words, NewPlace(dimension_id, parent_id, place, code.is_category), seq)
    return replace(first, status="retired") if code.is_gone else first
