"""Codes as a ratings file spells them."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.codebook.actions import disclose
from app.codebook.models import Code, CodeRevision
from app.codebook.queries import forget_codebooks, whole_codebook
from app.codebook.revisions import next_seq
from app.methods.names import same_name
from app.studies.events import record
from app.studies.viewer import Viewer


def codes_as_spelt(
    session: Session, viewer: Viewer, dimension_id: int, names: Sequence[str], *, source: str
) -> tuple[dict[str, int], int]:
    """(code by name, how many were made). names: plain, each once.

    Names that a file spells in two ways stay two codes, which the lead may merge: to a figure of that file they are
    two values. A name that is spelt in one way is the code that stands here under that name, in any case of letters.
    """
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in names:
        spellings[name.casefold()].append(name)
    here = [
        code
        for code in whole_codebook(session, viewer.study.id).codes.values()
        if code.dimension_id == dimension_id and code.is_active and not code.is_category and code.disclosed == "whole"
    ]
    found: dict[str, int] = {}
    for name in names:
        is_alone = len(spellings[name.casefold()]) == 1
        like = [code for code in here if code.name == name] or [
            code for code in here if is_alone and same_name(code.name, name)
        ]
        if like:
            found[name] = like[0].id
    new = [name for name in names if name not in found]
    if new:
        found |= dict(zip(new, _made(session, viewer, dimension_id, new, len(here), source), strict=True))
    return found, len(new)


def _made(
    session: Session, viewer: Viewer, dimension_id: int, names: Sequence[str], position: int, source: str
) -> list[int]:
    """All under one codebook_seq."""
    study_id, member_id = viewer.study.id, viewer.member.id
    seq = next_seq(session, study_id)
    code = {"study_id": study_id, "created_by": member_id, "origin": "import", "source": source}
    ids = list(
        session.scalars(insert(Code).returning(Code.id, sort_by_parameter_order=True), [dict(code) for _ in names])
    )
    revision = {"study_id": study_id, "codebook_seq": seq, "member_id": member_id, "kind": "created"}
    session.execute(
        insert(CodeRevision),
        [
            {**revision, "code_id": code_id, "dimension_id": dimension_id, "name": name, "position": position + place}
            for place, (code_id, name) in enumerate(zip(ids, names, strict=True), start=1)
        ],
    )
    disclose(session, study_id, ids, viewer.member)
    for code_id, name in zip(ids, names, strict=True):
        record(session, study_id, viewer.member, "code.created", subject=("code", code_id), name=name)
    session.flush()
    forget_codebooks(session)
    return ids
