"""Acts on codes: each one or more revisions under a fresh codebook_seq, never a rewriting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.codebook.models import Code, CodebookVersion, CodeDisclosure
from app.codebook.places import room_at_the_end
from app.codebook.policy import (
    LONGEST_NAME,
    NoName,
    active_code,
    active_dimension,
    check_may_alter,
    check_may_merge,
    check_names_beside,
    check_parent,
    checked_synonyms,
    children_of,
    code_in_sight,
    shown_parent,
    usable_name,
)
from app.codebook.queries import whole_codebook
from app.codebook.revisions import check_unchanged, next_seq, revise_code
from app.codebook.rows import codebook_is_written
from app.codebook.tree import CodeEntry
from app.codebook.withholding import withheld
from app.methods.names import checked_name
from app.problems import Invalid, NotFound
from app.studies.events import record
from app.studies.models import Membership


class NotOpenToNewCodes(Invalid):
    """This dimension is closed: its codes are fixed. Ask the lead to open it."""


class VersionNameTaken(Invalid):
    """A version with this name exists already. Take the next one."""


class VersionNameTooLong(Invalid):
    """The name is longer than 120 characters. Put the rest into the notes."""


@dataclass(frozen=True)
class CodeText:
    """What people write about a code. source: None leaves what was said when it was made."""

    name: str
    definition: str = ""
    use_when: str = ""
    not_when: str = ""
    examples: tuple[Mapping[str, Any], ...] = ()
    colour: str = ""
    short_definition: str = ""
    synonyms: tuple[str, ...] = ()
    source: str | None = None

    @classmethod
    def of(cls, code: CodeEntry) -> "CodeText":
        return cls(
            name=code.name,
            definition=code.definition,
            use_when=code.use_when,
            not_when=code.not_when,
            examples=tuple(code.examples),
            colour=code.colour,
            short_definition=code.short_definition,
            synonyms=code.synonyms,
            source=code.source,
        )


def create_code(
    session: Session,
    study_id: int,
    member: Membership | None,
    dimension_id: int,
    words: CodeText,
    *,
    origin: str,
    parent_id: int | None = None,
    is_category: bool = False,
    source: str = "",
    created_in_round: int | None = None,
    disclosed: str = "whole",
    reason: str = "",
) -> CodeEntry:
    """disclosed: 'whole', 'name', or '' for a code that is its author's alone until its round settles.

    A name that another coder took privately is no hindrance: refusing it would tell.
    """
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    active_dimension(codebook, dimension_id)
    if parent_id is not None:
        check_parent(codebook, dimension_id, parent_id, None, member)
    words = replace(words, name=usable_name(codebook, words.name, dimension_id, parent_id, None, member))
    place = NewPlace(
        dimension_id, parent_id, room_at_the_end(codebook, dimension_id), is_category, created_in_round, disclosed
    )
    entry = make_code(session, study_id, member, words, place, seq, origin=origin, source=source, reason=reason)
    record_code_act(session, study_id, member, "code.created", entry, name=entry.name)
    return entry


@dataclass(frozen=True)
class NewPlace:
    """Where a new code stands, and who may see it."""

    dimension_id: int
    parent_id: int | None
    position: float
    is_category: bool = False
    created_in_round: int | None = None
    disclosed: str = "whole"
    split_from_id: int | None = None


def make_code(
    session: Session,
    study_id: int,
    member: Membership | None,
    words: CodeText,
    place: NewPlace,
    seq: int,
    *,
    origin: str,
    source: str = "",
    reason: str = "",
) -> CodeEntry:
    """Of an act that has checked its name and its place, under that act's seq."""
    code = Code(
        study_id=study_id,
        created_by=member.id if member else None,
        created_in_round=place.created_in_round,
        origin=origin,
        source=source or words.source or "",
    )
    session.add(code)
    session.flush()
    entry = first_entry(code, words, place, seq)
    revise_code(session, study_id, member, entry, seq, kind="created", reason=reason)
    if place.disclosed:
        disclose(session, study_id, [code.id], member, extent=place.disclosed)
    return entry


def edit_code(
    session: Session,
    study_id: int,
    member: Membership,
    code_id: int,
    words: CodeText,
    *,
    seen_seq: int,
    parent_id: int | None = None,
    reason: str = "",
) -> None:
    """Rewords, renames or moves a code, in one revision. seen_seq: the revision the editor started from."""
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = active_code(codebook, code_id, member)
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    if parent_id is None and shown_parent(codebook, before.parent_id) is None:
        parent_id = before.parent_id  # shown at the top until its parent comes back
    if parent_id is not None and parent_id != before.parent_id:
        check_parent(codebook, before.dimension_id, parent_id, code_id, member)
    name = usable_name(codebook, words.name, before.dimension_id, parent_id, code_id, member)
    kept = [each for each in withheld(session, study_id, member, before) if each not in words.examples]
    words = replace(words, name=name, examples=(*words.examples, *kept))
    after = replace(_with_words(before, words), parent_id=parent_id)
    kind = "moved" if parent_id != before.parent_id else "renamed" if name != before.name else "edited"
    revise_code(session, study_id, member, after, seq, kind=kind, reason=reason)
    record_code_act(session, study_id, member, f"code.{kind}", before, reason=reason, name=name)


def merge_codes(
    session: Session,
    study_id: int,
    member: Membership,
    code_id: int,
    into_id: int,
    *,
    reason: str,
    seen_seq: int | None = None,
) -> None:
    """The one code lives on in the other. What was submitted keeps the code it bore (promise 8).

    seen_seq: the revision of the code that goes, as whoever merges it saw it; None where nothing was looked at.
    """
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    merged, target = active_code(codebook, code_id, member), active_code(codebook, into_id, member)
    check_may_alter(merged, member)
    check_may_alter(target, member)
    check_unchanged(merged, seen_seq)
    check_may_merge(codebook, merged, target)
    children = children_of(codebook, code_id)
    check_names_beside(codebook, children, into_id, member)
    for child in children:
        moved = replace(child, parent_id=into_id)
        revise_code(session, study_id, member, moved, seq, kind="moved", reason=reason)
    after = replace(merged, status="merged", merged_into_id=into_id)
    revise_code(session, study_id, member, after, seq, kind="merged", reason=reason)
    record_code_act(session, study_id, member, "code.merged", merged, reason=reason, into=into_id)


def retire_code(
    session: Session, study_id: int, member: Membership, code_id: int, *, reason: str, seen_seq: int | None = None
) -> None:
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = active_code(codebook, code_id, member)
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    check_names_beside(codebook, children_of(codebook, code_id), None, member)
    revise_code(session, study_id, member, replace(before, status="retired"), seq, kind="retired", reason=reason)
    record_code_act(session, study_id, member, "code.retired", before, reason=reason)


def restore_code(
    session: Session, study_id: int, member: Membership, code_id: int, *, reason: str, seen_seq: int | None = None
) -> None:
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = code_in_sight(codebook, code_id, member)
    if before.status != "retired":
        raise NotFound
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    usable_name(codebook, before.name, before.dimension_id, before.parent_id, code_id, member)
    revise_code(session, study_id, member, replace(before, status="active"), seq, kind="restored", reason=reason)
    record_code_act(session, study_id, member, "code.restored", before, reason=reason)


def disclose(
    session: Session, study_id: int, code_ids: Iterable[int], member: Membership | None, *, extent: str = "whole"
) -> None:
    """From now on everybody in the study may see these codes. Doing it twice changes nothing."""
    rows = [
        {"study_id": study_id, "code_id": code_id, "extent": extent, "member_id": member.id if member else None}
        for code_id in code_ids
    ]
    if rows:
        codebook_is_written(session)
        session.execute(insert(CodeDisclosure).values(rows).on_conflict_do_nothing())


def name_version(
    session: Session, study_id: int, member: Membership | None, *, name: str, notes: str = ""
) -> CodebookVersion:
    """A version is a named codebook_seq; it costs nothing and is never changed."""
    name = checked_name(name, most=LONGEST_NAME, missing=NoName, too_long=VersionNameTooLong)
    seq = next_seq(session, study_id)
    if session.scalar(
        select(CodebookVersion.id).where(CodebookVersion.study_id == study_id, CodebookVersion.name == name)
    ):
        raise VersionNameTaken
    version = CodebookVersion(
        study_id=study_id, name=name, codebook_seq=seq, notes=notes.strip(), member_id=member.id if member else None
    )
    session.add(version)
    session.flush()
    record(session, study_id, member, "codebook.version_named", subject=("codebook_version", version.id), name=name)
    return version


def first_entry(code: Code, words: CodeText, place: NewPlace, seq: int) -> CodeEntry:
    bare = CodeEntry(
        id=code.id,
        dimension_id=place.dimension_id,
        parent_id=place.parent_id,
        name=words.name,
        definition="",
        use_when="",
        not_when="",
        examples=(),
        colour="",
        position=place.position,
        status="active",
        merged_into_id=None,
        is_category=place.is_category,
        origin=code.origin,
        source=code.source,
        created_by=code.created_by,
        created_in_round=code.created_in_round,
        codebook_seq=seq,
        disclosed=place.disclosed,
        split_from_id=place.split_from_id,
    )
    return replace(_with_words(bare, words), source=code.source)


def _with_words(entry: CodeEntry, words: CodeText) -> CodeEntry:
    return replace(
        entry,
        name=words.name,
        definition=words.definition.strip(),
        use_when=words.use_when.strip(),
        not_when=words.not_when.strip(),
        examples=tuple(words.examples),
        colour=words.colour,
        short_definition=words.short_definition.strip(),
        synonyms=checked_synonyms(words.synonyms),
        source=entry.source if words.source is None else words.source.strip(),
    )


def record_code_act(
    session: Session, study_id: int, member: Membership | None, kind: str, code: CodeEntry, **details: Any
) -> None:
    veil = code.created_in_round if code.disclosed != "whole" else None
    record(session, study_id, member, kind, subject=("code", code.id), veiled_by_round_id=veil, **details)
