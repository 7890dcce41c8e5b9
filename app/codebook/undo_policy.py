"""When an act on the codebook can be undone: as long as nothing later rests on what it made or altered."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.codebook.policy import check_may_merge, children_of, is_in_sight, shown_parent, stands_under
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.methods.names import same_name
from app.problems import Conflict, Problem
from app.studies.models import Membership

MOST_NAMED = 3


class NothingToUndo(Conflict):
    """This act changed nothing, so there is nothing to undo."""


class UndoneAlready(Conflict):
    """This act is undone already."""


class StandsLater(Conflict):
    """Something later rests on this act. Undo that first."""


def check_nothing_later(
    now: Codebook,
    then: Sequence[CodeEntry],
    dimensions: Sequence[DimensionEntry],
    back: Sequence[CodeEntry],
    dimensions_back: Sequence[DimensionEntry],
) -> None:
    """What the act left must stand as the act left it. then, dimensions: as it left them; back: as they were before."""
    present = [now.codes[code.id] for code in then]
    asked = [_dimension(now, each.id) for each in dimensions]
    is_back = [one.content == two.content for one, two in zip(present, back, strict=True)]
    is_back += [_plain(one) == _plain(two) for one, two in zip(asked, dimensions_back, strict=True)]
    if all(is_back):
        raise UndoneAlready
    changed = [one.name for one, two in zip(present, then, strict=True) if one.content != two.content]
    changed += [one.name for one, two in zip(asked, dimensions, strict=True) if _plain(one) != _plain(two)]
    if changed:
        raise StandsLater(f"{_names(changed)} changed again after it. Undo that first.")


def check_may_come_back(
    now: Codebook,
    before: Codebook,
    codes: Sequence[CodeEntry],
    dimensions: Sequence[DimensionEntry],
    undone_seq: int,
    member: Membership,
) -> None:
    """codes, dimensions: as they would come back. before: all that stood before the act."""
    proposed = replace(
        now,
        codes={**now.codes, **{code.id: code for code in codes}},
        dimensions=_with(now.dimensions, dimensions),
        retired_dimensions=_with(now.retired_dimensions, dimensions),
    )
    for dimension in dimensions:
        _check_dimension(proposed, codes, dimension, member)
    for code in codes:
        if code.is_active:
            _check_place(proposed, before, code, member)
        elif code.status == "merged":
            _check_merged(proposed, code)
        _check_dependents(proposed, now.codes[code.id], code, codes, undone_seq, member)
        if now.codes[code.id].is_active and not code.is_active:
            for child in children_of(proposed, code.id):
                _check_name(proposed, child, member)


def _check_dimension(
    proposed: Codebook, codes: Sequence[CodeEntry], dimension: DimensionEntry, member: Membership
) -> None:
    taken = [d for d in proposed.dimensions if d.id != dimension.id and d.status == "active"]
    if dimension.status == "active" and any(same_name(d.name, dimension.name) for d in taken):
        raise StandsLater(f"Another dimension is called “{dimension.name}” by now. Rename that one first.")
    if dimension.status == "undone":
        inside = [
            code.name
            for code in proposed.codes.values()
            if code.dimension_id == dimension.id and code.status != "undone" and is_in_sight(code, member)
        ]
        if inside:
            raise StandsLater(f"{_names(inside)} was made in this dimension. Undo that first.")


def _check_place(proposed: Codebook, before: Codebook, code: CodeEntry, member: Membership) -> None:
    if _dimension(proposed, code.dimension_id).status != "active":
        raise StandsLater(f"The dimension that “{code.name}” would answer is retired by now.")
    parent = proposed.codes.get(code.parent_id) if code.parent_id is not None else None
    if parent is not None:
        stood = before.codes.get(parent.id)
        if not parent.is_active and (stood is None or stood.is_active):
            raise StandsLater(f"“{parent.name}”, under which “{code.name}” stood, is put away by now.")
        if parent.dimension_id != code.dimension_id:
            raise StandsLater(f"“{parent.name}”, under which “{code.name}” stood, answers another dimension by now.")
        if parent.id == code.id or stands_under(proposed, parent.id, code.id):
            raise StandsLater(f"“{parent.name}”, under which “{code.name}” stood, stands under it by now.")
    _check_name(proposed, code, member)


def _check_name(proposed: Codebook, code: CodeEntry, member: Membership) -> None:
    place = shown_parent(proposed, code.parent_id)
    for other in proposed.codes.values():
        beside = other.dimension_id == code.dimension_id and shown_parent(proposed, other.parent_id) == place
        seen = other.is_active and other.id != code.id and is_in_sight(other, member)
        if beside and seen and same_name(other.name, code.name):
            raise StandsLater(f"Another code is called “{code.name}” there by now. Rename that one first.")


def _check_merged(proposed: Codebook, code: CodeEntry) -> None:
    target = proposed.codes.get(code.merged_into_id) if code.merged_into_id is not None else None
    if target is None or not target.is_active:
        raise StandsLater(f"The code that “{code.name}” was merged into is put away by now.")
    try:
        check_may_merge(proposed, code, target)
    except Problem as problem:
        raise StandsLater(f"“{code.name}” cannot be merged into “{target.name}” again. {problem.sentence}") from None


def _check_dependents(
    proposed: Codebook,
    present: CodeEntry,
    code: CodeEntry,
    together: Sequence[CodeEntry],
    undone_seq: int,
    member: Membership,
) -> None:
    """Others that came to rest on it since: they stand under it, were merged into it, or came out of it."""
    is_put_away = present.is_active and not code.is_active
    is_elsewhere = present.dimension_id != code.dimension_id
    if not (is_put_away or is_elsewhere):
        return
    ids = {each.id for each in together}
    resting = [
        other.name
        for other in proposed.codes.values()
        if other.id not in ids
        and other.status != "undone"
        and is_in_sight(other, member)
        and (other.codebook_seq > undone_seq or is_elsewhere)
        and (
            (other.parent_id == code.id and other.is_active)
            or (is_put_away and code.id in (other.merged_into_id, other.split_from_id))
        )
    ]
    if resting:
        raise StandsLater(f"{_names(resting)} rests on “{code.name}” by now. Undo that first.")


def _names(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    said = ", ".join(f"“{name}”" for name in found[:MOST_NAMED])
    return said + (f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else "")


def _with(dimensions: Iterable[DimensionEntry], back: Iterable[DimensionEntry]) -> tuple[DimensionEntry, ...]:
    ours = {each.id: each for each in back}
    return tuple(ours.get(each.id, each) for each in dimensions)


def _dimension(codebook: Codebook, dimension_id: int) -> DimensionEntry:
    found = codebook.dimension(dimension_id)
    if found is None:
        raise LookupError(dimension_id)
    return found


def _plain(dimension: DimensionEntry) -> DimensionEntry:
    return replace(dimension, codebook_seq=0)
