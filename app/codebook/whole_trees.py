"""Codes that come in as a whole tree: all under one codebook_seq, however many."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, disclose
from app.codebook.models import Code, CodeRevision
from app.codebook.queries import forget_codebooks
from app.codebook.revisions import next_seq
from app.codebook.texts import TEXTS, Written
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
    study_id, member_id = viewer.study.id, viewer.member.id
    seq = next_seq(session, study_id)
    of_code = {"study_id": study_id, "created_by": member_id, "origin": "import"}
    ids = list(
        session.scalars(
            insert(Code).returning(Code.id, sort_by_parameter_order=True),
            [{**of_code, "source": code.source} for code in codes],
        )
    )
    tell_sizes(session, Code, rows=len(ids))
    session.execute(
        insert(CodeRevision),
        [
            {
                "study_id": study_id,
                "codebook_seq": seq,
                "member_id": member_id,
                "kind": "created",
                "code_id": code_id,
                "dimension_id": dimension_id,
                "parent_id": ids[code.parent] if code.parent is not None else None,
                "is_category": code.is_category,
                "status": "retired" if code.is_gone else "active",
                "position": place,
                "name": code.words.name,
                **{words.name: _stored(getattr(code.words, words.name)) for words in TEXTS},
                "examples": [dict(example) for example in code.words.examples],
                "colour": code.words.colour,
            }
            for place, (code_id, code) in enumerate(zip(ids, codes, strict=True), start=1)
        ],
    )
    for start in range(0, len(ids), AT_A_TIME):
        disclose(session, study_id, ids[start : start + AT_A_TIME], viewer.member)
    session.flush()
    forget_codebooks(session)
    return ids


def _stored(written: Written) -> str | list[str]:
    return written.strip() if isinstance(written, str) else list(written)
