"""Splitting a code: several new ones stand in its place, and what it was applied to is unresolved until people settle
which of them is meant (promise 8: nothing that was submitted is rewritten, and nothing is guessed)."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, NewPlace, make_code, record_code_act
from app.codebook.places import room_at_the_end, room_between, siblings
from app.codebook.policy import NameTaken, active_code, check_may_alter, check_names_beside, usable_name
from app.codebook.queries import whole_codebook
from app.codebook.revisions import check_unchanged, next_seq, revise_code
from app.codebook.tree import Codebook, CodeEntry
from app.methods.names import same_name
from app.problems import Invalid
from app.studies.models import Membership

MOST_PARTS = 20


class TooFewParts(Invalid):
    """A code is split into two codes at least. To give it another name, change it."""


class TooManyParts(Invalid):
    """A code is split into 20 codes at most."""


def split_code(
    session: Session,
    study_id: int,
    member: Membership,
    code_id: int,
    parts: Sequence[CodeText],
    *,
    reason: str,
    seen_seq: int | None = None,
) -> list[CodeEntry]:
    """The new codes, which stand where it stood. One of them may take its name. What stood under it moves up."""
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = active_code(codebook, code_id, member)
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    named = _named(codebook, before, parts, member)
    children = [code for code in siblings(codebook, before.dimension_id, code_id) if code.parent_id == code_id]
    _check_children(codebook, before, named, children, member)
    room = _room(codebook, before, len(named) + len(children))
    for child, position in zip(children, room[len(named) :], strict=True):
        moved = replace(child, parent_id=before.parent_id, position=position)
        revise_code(session, study_id, member, moved, seq, kind="moved", reason=reason)
    revise_code(session, study_id, member, replace(before, status="split"), seq, kind="split", reason=reason)
    made = [
        make_code(
            session, study_id, member, words, _place(before, position), seq,
            origin="curation", source=before.source, reason=reason,
        )
        for words, position in zip(named, room, strict=False)
    ]  # fmt: skip
    record_code_act(session, study_id, member, "code.split", before, reason=reason, into=[code.id for code in made])
    return made


def _named(codebook: Codebook, before: CodeEntry, parts: Sequence[CodeText], member: Membership) -> list[CodeText]:
    if len(parts) < 2:
        raise TooFewParts
    if len(parts) > MOST_PARTS:
        raise TooManyParts
    named: list[CodeText] = []
    for words in parts:
        name = usable_name(codebook, words.name, before.dimension_id, before.parent_id, before.id, member)
        if any(same_name(name, other.name) for other in named):
            raise NameTaken(f"Two of the new codes are called “{name}”. Give each its own name.")
        named.append(replace(words, name=name))
    return named


def _check_children(
    codebook: Codebook,
    before: CodeEntry,
    named: Sequence[CodeText],
    children: Sequence[CodeEntry],
    member: Membership,
) -> None:
    others = replace(codebook, codes={key: code for key, code in codebook.codes.items() if key != before.id})
    check_names_beside(others, children, before.parent_id, member)
    for child in children:
        if any(same_name(child.name, words.name) for words in named):
            raise NameTaken(f"“{child.name}” stands under it and moves up. Give the new code another name.")


def _room(codebook: Codebook, before: CodeEntry, how_many: int) -> list[float]:
    """Behind it in the order, before whatever stood behind it."""
    beside = siblings(codebook, before.dimension_id, before.parent_id)
    behind = [code.position for code in beside if code.position > before.position]
    room = room_between(before.position, behind[0] if behind else None, how_many)
    if room is not None:
        return room
    end = room_at_the_end(codebook, before.dimension_id)
    return [end + place for place in range(how_many)]


def _place(before: CodeEntry, position: float) -> NewPlace:
    """Parts of a code that is its author's alone are as well, until its round settles."""
    return NewPlace(
        dimension_id=before.dimension_id,
        parent_id=before.parent_id,
        position=position,
        is_category=before.is_category,
        created_in_round=None if before.disclosed == "whole" else before.created_in_round,
        disclosed=before.disclosed,
        split_from_id=before.id,
    )
