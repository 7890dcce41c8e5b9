"""Acts that alter where a code stands and what it is there, and leave its words alone."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.codebook.actions import record_code_act
from app.codebook.places import renumbered, room_at_the_end, room_between, siblings
from app.codebook.policy import (
    StillItsAuthors,
    active_code,
    active_dimension,
    check_may_alter,
    check_parent,
    is_in_sight,
    shown_parent,
    usable_name,
)
from app.codebook.queries import whole_codebook
from app.codebook.revisions import check_unchanged, next_seq, revise_code
from app.codebook.tree import Codebook, CodeEntry
from app.problems import Invalid
from app.studies.models import Membership


class StandsThere(Invalid):
    """It stands there already. Choose another place."""


class NotBeside(Invalid):
    """The code that it shall stand before does not stand under the parent that you chose. Choose another place."""


class SameDimension(Invalid):
    """It answers this dimension already. Choose another one."""


class IsCategory(Invalid):
    """It is a category already."""


class IsCode(Invalid):
    """It is a code already, and can be applied."""


def move_code(
    session: Session,
    study_id: int,
    member: Membership,
    code_id: int,
    *,
    parent_id: int | None,
    before_id: int | None = None,
    reason: str,
    seen_seq: int | None = None,
) -> None:
    """Under another parent, to another place, or both. before_id: the sibling it stands before; None is the end."""
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = active_code(codebook, code_id, member)
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    if parent_id is not None:
        check_parent(codebook, before.dimension_id, parent_id, code_id, member)
    usable_name(codebook, before.name, before.dimension_id, parent_id, code_id, member)
    there = siblings(codebook, before.dimension_id, parent_id)
    others = [code for code in there if code.id != code_id]
    at = _place_before(others, before_id, member)
    if parent_id == before.parent_id and _stands_before(there, before, before_id, member):
        raise StandsThere
    position = _room_at(session, study_id, member, others, at, seq, reason)
    after = replace(before, parent_id=parent_id, position=position)
    revise_code(session, study_id, member, after, seq, kind="moved", reason=reason)
    record_code_act(session, study_id, member, "code.moved", before, reason=reason, under=parent_id)


def change_dimension(
    session: Session,
    study_id: int,
    member: Membership,
    code_id: int,
    dimension_id: int,
    *,
    parent_id: int | None = None,
    reason: str,
    seen_seq: int | None = None,
) -> None:
    """With all that stands under it. What was answered with it stays an answer to the dimension it was given to.

    A code under it that is its author's alone stays behind, at the top: its author still answers with it.
    """
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = active_code(codebook, code_id, member)
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    active_dimension(codebook, dimension_id)
    if before.dimension_id == dimension_id:
        raise SameDimension
    if parent_id is not None:
        check_parent(codebook, dimension_id, parent_id, code_id, member)
    usable_name(codebook, before.name, dimension_id, parent_id, code_id, member)
    below = _below(codebook, code_id)
    for code in below:
        if is_in_sight(code, member) and code.is_active:
            _check_comes_along(code, member)
            if shown_parent(codebook, code.parent_id) is None:  # its parent was put away, so it comes to the top there
                usable_name(codebook, code.name, dimension_id, None, code.id, member)
    place = room_at_the_end(codebook, dimension_id)
    after = replace(before, dimension_id=dimension_id, parent_id=parent_id, position=place)
    revise_code(session, study_id, member, after, seq, kind="dimension_changed", reason=reason)
    for code in below:
        stays = not is_in_sight(code, member)
        moved = replace(code, parent_id=None) if stays else replace(code, dimension_id=dimension_id)
        if moved != code:
            kind = "moved" if stays else "dimension_changed"
            revise_code(session, study_id, member, moved, seq, kind=kind, reason=reason)
    record_code_act(session, study_id, member, "code.dimension_changed", before, reason=reason, to=dimension_id)


def promote_code(
    session: Session, study_id: int, member: Membership, code_id: int, *, reason: str, seen_seq: int | None = None
) -> None:
    """From now on it groups codes and is not applied. What it was applied to keeps it."""
    _become(session, study_id, member, code_id, is_category=True, reason=reason, seen_seq=seen_seq)


def demote_category(
    session: Session, study_id: int, member: Membership, code_id: int, *, reason: str, seen_seq: int | None = None
) -> None:
    """From now on it can be applied. What stands under it stays there."""
    _become(session, study_id, member, code_id, is_category=False, reason=reason, seen_seq=seen_seq)


def _become(
    session: Session,
    study_id: int,
    member: Membership,
    code_id: int,
    *,
    is_category: bool,
    reason: str,
    seen_seq: int | None,
) -> None:
    seq = next_seq(session, study_id)
    before = active_code(whole_codebook(session, study_id), code_id, member)
    check_may_alter(before, member)
    check_unchanged(before, seen_seq)
    if before.is_category == is_category:
        raise IsCategory if is_category else IsCode
    kind = "promoted" if is_category else "demoted"
    after = replace(before, is_category=is_category)
    revise_code(session, study_id, member, after, seq, kind=kind, reason=reason)
    record_code_act(session, study_id, member, f"code.{kind}", before, reason=reason)


def _place_before(others: Sequence[CodeEntry], before_id: int | None, member: Membership) -> int:
    if before_id is None:
        return len(others)
    for at, code in enumerate(others):
        if code.id == before_id and is_in_sight(code, member):
            return at
    raise NotBeside


def _stands_before(there: Sequence[CodeEntry], code: CodeEntry, before_id: int | None, member: Membership) -> bool:
    """Among those that the member sees: to accept a move past what they do not see would tell of it (promise 1)."""
    seen = [each.id for each in there if is_in_sight(each, member)]
    if code.id not in seen:
        return False
    behind = seen[seen.index(code.id) + 1 :]
    return (behind[0] if behind else None) == before_id


def _room_at(
    session: Session,
    study_id: int,
    member: Membership,
    others: Sequence[CodeEntry],
    at: int,
    seq: int,
    reason: str,
) -> float:
    """Where no number is left between two neighbours, all siblings are numbered anew, in the order they have."""
    left = others[at - 1].position if at else None
    right = others[at].position if at < len(others) else None
    if room := room_between(left, right):
        return room[0]
    for code in others:
        place = renumbered(others)[code.id]
        if place != code.position:
            revise_code(session, study_id, member, replace(code, position=place), seq, kind="moved", reason=reason)
    return at + 0.5


def _below(codebook: Codebook, code_id: int) -> list[CodeEntry]:
    """Whatever its status, so that what comes back comes back where its parent is."""
    found: list[CodeEntry] = []
    above = {code_id}
    while level := [code for code in codebook.codes.values() if code.parent_id in above]:
        found += level
        above = {code.id for code in level}
    return found


def _check_comes_along(code: CodeEntry, member: Membership) -> None:
    try:
        check_may_alter(code, member)
    except StillItsAuthors as problem:
        raise StillItsAuthors(f"“{code.name}” stands under it. {problem.sentence}") from None
