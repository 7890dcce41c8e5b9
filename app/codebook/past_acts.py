"""The acts on the codebook as somebody may see them: what a codebook_seq stands for, the newest first.

A code that is its author's alone, or of which the viewer may see the name only, is not in it: neither its revisions
nor their number (promise 1). Numbers that would tell of it by their gaps, such as codebook_seq, are not given out.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Enum, Text, and_, cast, false, func, or_, select, union
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session, aliased

from app.codebook.models import Code, CodebookVersion, CodeDisclosure, CodeRevision, DimensionRevision
from app.codebook.tree import CodeEntry, DimensionEntry
from app.db.base import rows_of

Rows = TypeVar("Rows", CodeRevision, DimensionRevision, CodebookVersion)

OF_DIMENSIONS, OF_VERSIONS = "dimension", "version"
_KIND = rows_of(CodeRevision).c.kind.type
CODE_KINDS: tuple[str, ...] = tuple(_KIND.enums) if isinstance(_KIND, Enum) else ()
KINDS = (*CODE_KINDS, OF_DIMENSIONS, OF_VERSIONS)
# Texts that stand alone in a list, and texts of examples that were not quoted from an incident.
LISTED = ('$[*] ? (@.type() == "string")', "$[*] ? (!exists(@.incident_id)).text")


@dataclass(frozen=True)
class Wanted:
    """Which acts are asked for; blank takes all."""

    dimension_id: int | None = None
    member_id: int | None = None
    kind: str = ""
    find: str = ""
    code_id: int | None = None


@dataclass(frozen=True)
class PastCode:
    """One revision of a code, and how it stood before; earlier is None where it was created."""

    revision: CodeRevision
    entry: CodeEntry
    earlier: CodeEntry | None


@dataclass(frozen=True)
class PastDimension:
    revision: DimensionRevision
    entry: DimensionEntry
    earlier: DimensionEntry | None


def act_seqs(session: Session, study_id: int, member_id: int, wanted: Wanted) -> list[int]:
    """Newest first. All of them: they are few, and counting them by themselves would look through every row again."""
    return sorted(session.scalars(_seqs(study_id, member_id, wanted)), reverse=True)


def code_revisions_of(
    session: Session, study_id: int, member_id: int, wanted: Wanted, seqs: Collection[int] | None = None
) -> list[tuple[int, int, str]]:
    """(id, codebook_seq, name of the code then), newest act first; within an act as it was done."""
    query = select(CodeRevision.id, CodeRevision.codebook_seq, CodeRevision.name).where(
        *_of_codes(study_id, member_id, wanted)
    )
    if seqs is not None:
        query = query.where(CodeRevision.codebook_seq.in_(seqs))
    rows = session.execute(query.order_by(CodeRevision.codebook_seq.desc(), CodeRevision.id))
    return [(revision_id, seq, name) for revision_id, seq, name in rows]


def past_codes(session: Session, study_id: int, revision_ids: Collection[int]) -> dict[int, PastCode]:
    """By revision. Ask only for revisions that the viewer may see."""
    now, then, any_ = CodeRevision, aliased(CodeRevision), aliased(CodeRevision)
    before = (
        select(func.max(any_.codebook_seq))
        .where(any_.study_id == now.study_id, any_.code_id == now.code_id, any_.codebook_seq < now.codebook_seq)
        .correlate(now)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Code, now, then)
        .join(now, and_(now.study_id == Code.study_id, now.code_id == Code.id))
        .outerjoin(
            then,
            and_(
                then.study_id == now.study_id,
                then.code_id == now.code_id,
                then.codebook_seq == before,
            ),
        )
        .where(Code.study_id == study_id, now.id.in_(revision_ids))
    )
    return {
        revision.id: PastCode(
            revision, CodeEntry.of(code, revision, "whole"), CodeEntry.of(code, earlier, "whole") if earlier else None
        )
        for code, revision, earlier in rows
    }


def past_dimensions(
    session: Session, study_id: int, wanted: Wanted, seqs: Collection[int] | None = None
) -> list[PastDimension]:
    """Newest act first."""
    now, then, any_ = DimensionRevision, aliased(DimensionRevision), aliased(DimensionRevision)
    of_same = (any_.study_id == now.study_id, any_.dimension_id == now.dimension_id)
    before = (
        select(func.max(any_.codebook_seq))
        .where(*of_same, any_.codebook_seq < now.codebook_seq)
        .correlate(now)
        .scalar_subquery()
    )
    query = (
        select(now, then)
        .outerjoin(
            then,
            and_(
                then.study_id == now.study_id,
                then.dimension_id == now.dimension_id,
                then.codebook_seq == before,
            ),
        )
        .where(*_of_dimensions(study_id, wanted))
        .order_by(now.codebook_seq.desc(), now.id)
    )
    if seqs is not None:
        query = query.where(now.codebook_seq.in_(seqs))
    rows = session.execute(query)
    return [
        PastDimension(revision, DimensionEntry.of(revision), DimensionEntry.of(earlier) if earlier else None)
        for revision, earlier in rows
    ]


def named_versions(
    session: Session, study_id: int, wanted: Wanted, seqs: Collection[int] | None = None
) -> Sequence[CodebookVersion]:
    """Newest first."""
    query = select(CodebookVersion).where(*_of_versions(study_id, wanted))
    if seqs is not None:
        query = query.where(CodebookVersion.codebook_seq.in_(seqs))
    return session.scalars(query.order_by(CodebookVersion.codebook_seq.desc())).all()


def _seqs(study_id: int, member_id: int, wanted: Wanted) -> CompoundSelect[int]:
    return union(
        select(CodeRevision.codebook_seq).where(*_of_codes(study_id, member_id, wanted)),
        select(DimensionRevision.codebook_seq).where(*_of_dimensions(study_id, wanted)),
        select(CodebookVersion.codebook_seq).where(*_of_versions(study_id, wanted)),
    )


def _of_codes(study_id: int, member_id: int, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """Also where nothing is asked for: which codes the viewer may read whole."""
    whole = select(CodeDisclosure.code_id).where(CodeDisclosure.study_id == study_id, CodeDisclosure.extent == "whole")
    own = select(Code.id).where(Code.study_id == study_id, Code.created_by == member_id)
    yield CodeRevision.study_id == study_id
    yield or_(CodeRevision.code_id.in_(whole), CodeRevision.code_id.in_(own))
    if wanted.kind:
        yield CodeRevision.kind == wanted.kind if wanted.kind in CODE_KINDS else false()
    if wanted.dimension_id is not None:
        yield CodeRevision.dimension_id == wanted.dimension_id
    if wanted.code_id is not None:
        yield CodeRevision.code_id == wanted.code_id
    yield from _asked(CodeRevision, wanted)


def _of_dimensions(study_id: int, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield DimensionRevision.study_id == study_id
    if wanted.kind not in ("", OF_DIMENSIONS) or wanted.code_id is not None:
        yield false()
    if wanted.dimension_id is not None:
        yield DimensionRevision.dimension_id == wanted.dimension_id
    yield from _asked(DimensionRevision, wanted)


def _of_versions(study_id: int, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield CodebookVersion.study_id == study_id
    if wanted.kind not in ("", OF_VERSIONS) or wanted.dimension_id is not None or wanted.code_id is not None:
        yield false()
    yield from _asked(CodebookVersion, wanted)


def _asked(model: type[Rows], wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.member_id is not None:
        yield model.member_id == wanted.member_id
    if wanted.find:
        yield _words_of(model).icontains(wanted.find, autoescape=True)


def _words_of(model: type[Rows]) -> ColumnElement[str]:
    """All that people wrote into a row: whatever text it has, and the texts in its lists."""
    columns = [column for column in rows_of(model).c if column.name != "colour"]
    texts = [column for column in columns if type(column.type) is Text]
    listed = [
        cast(func.jsonb_path_query_array(column, cast(path, JSONPATH)), Text)
        for column in columns
        if isinstance(column.type, JSONB)
        for path in LISTED
    ]
    return func.concat_ws(" ", *texts, *listed)
