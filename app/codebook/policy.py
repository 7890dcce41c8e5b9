"""What may stand in a codebook: usable names, parents without circles, codes that are alive and in sight."""

from collections.abc import Iterable

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.methods.names import checked_name, plain_name, same_name
from app.problems import Conflict, Invalid, NotFound
from app.studies.models import Membership

LONGEST_NAME = 120
MOST_SYNONYMS = 20


class NoName(Invalid):
    """A name is missing."""


class NameTooLong(Invalid):
    """The name is longer than 120 characters. Put the rest into the definition."""


class NameTaken(Invalid):
    """A code with this name stands here already. Take that one, or another name."""


class DimensionNameTaken(Invalid):
    """The study has a dimension with this name already."""


class GoesInCircles(Invalid):
    """A code cannot stand under, or be merged into, itself or what stands under it."""


class OtherDimension(Invalid):
    """The two codes answer different dimensions."""


class KindsDiffer(Invalid):
    """A code can be merged into a code and a category into a category, but not one into the other."""


class NotActive(Conflict):
    """This code was retired or merged in the meantime. Reload to see where it went."""


class TooManySynonyms(Invalid):
    """A code has 20 synonyms at most. Keep those that coders would type."""


class SynonymTooLong(Invalid):
    """A synonym is longer than 120 characters."""


class StillItsAuthors(Conflict):
    """Its author is still coding with this code. It can be changed when their round has left running."""


def usable_name(
    codebook: Codebook,
    typed: str,
    dimension_id: int,
    parent_id: int | None,
    code_id: int | None,
    member: Membership | None,
) -> str:
    """Unique among the siblings that the member can see: refusing because of another's private code would tell."""
    name = _plain_name(typed)
    place = shown_parent(codebook, parent_id)
    for code in codebook.codes.values():
        beside = (
            code.dimension_id == dimension_id and code.is_active and shown_parent(codebook, code.parent_id) == place
        )
        seen = code.disclosed or _is_author(code, member)  # member None sees names that are shared, and no other
        if code.id != code_id and beside and seen and same_name(code.name, name):
            raise NameTaken
    return name


def check_names_beside(
    codebook: Codebook, coming: Iterable[CodeEntry], parent_id: int | None, member: Membership | None
) -> None:
    """Codes that come to stand under another parent find none of their names there."""
    coming = list(coming)
    ids = {code.id for code in coming}
    active = [code for code in codebook.codes.values() if code.is_active and code.id not in ids]
    there = [code for code in active if shown_parent(codebook, code.parent_id) == shown_parent(codebook, parent_id)]
    for code in coming:
        for other in there:
            same_place = other.dimension_id == code.dimension_id and is_in_sight(other, member)
            if same_place and is_in_sight(code, member) and same_name(code.name, other.name):
                raise NameTaken(f"“{code.name}” stands there already. Rename or merge one of the two first.")


def shown_parent(codebook: Codebook, parent_id: int | None) -> int | None:
    """What stands under a parent that was put away is shown at the top, until the parent comes back."""
    parent = codebook.codes.get(parent_id) if parent_id is not None else None
    return parent.id if parent is not None and parent.is_active else None


def children_of(codebook: Codebook, code_id: int) -> list[CodeEntry]:
    return [code for code in codebook.codes.values() if code.parent_id == code_id and code.is_active]


def checked_synonyms(typed: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order typed."""
    names = [plain for each in typed if (plain := plain_name(each))]
    if len(names) > MOST_SYNONYMS:
        raise TooManySynonyms
    if any(len(name) > LONGEST_NAME for name in names):
        raise SynonymTooLong
    return tuple(name for at, name in enumerate(names) if not any(same_name(name, one) for one in names[:at]))


def usable_dimension_name(codebook: Codebook, typed: str, dimension_id: int | None) -> str:
    name = _plain_name(typed)
    if any(d.id != dimension_id and same_name(d.name, name) for d in codebook.dimensions):
        raise DimensionNameTaken
    return name


def active_dimension(codebook: Codebook, dimension_id: int) -> DimensionEntry:
    entry = codebook.dimension(dimension_id)
    if entry is None or entry.status != "active":
        raise NotFound
    return entry


def code_in_sight(codebook: Codebook, code_id: int, member: Membership | None) -> CodeEntry:
    """member None: the installation itself, which sees every code."""
    entry = codebook.codes.get(code_id)
    if entry is None or not is_in_sight(entry, member):
        raise NotFound
    return entry


def is_in_sight(code: CodeEntry, member: Membership | None) -> bool:
    return member is None or bool(code.disclosed) or _is_author(code, member)


def active_code(codebook: Codebook, code_id: int, member: Membership | None) -> CodeEntry:
    entry = code_in_sight(codebook, code_id, member)
    if not entry.is_active:
        raise NotActive
    return entry


def check_may_alter(code: CodeEntry, member: Membership) -> None:
    """A code seen by its name only cannot be altered: nobody rewrites what they were not shown."""
    if code.disclosed != "whole" and not _is_author(code, member):
        raise StillItsAuthors


def check_parent(
    codebook: Codebook, dimension_id: int, parent_id: int, code_id: int | None, member: Membership | None
) -> None:
    parent = active_code(codebook, parent_id, member)
    if parent.dimension_id != dimension_id:
        raise OtherDimension
    if code_id is not None:
        check_no_circle(codebook, code_id, parent_id)


def check_may_merge(codebook: Codebook, merged: CodeEntry, target: CodeEntry) -> None:
    if merged.dimension_id != target.dimension_id:
        raise OtherDimension
    if merged.is_category != target.is_category:
        raise KindsDiffer
    check_no_circle(codebook, merged.id, target.id)


def check_no_circle(codebook: Codebook, code_id: int, above_id: int) -> None:
    if code_id == above_id or stands_under(codebook, above_id, code_id):
        raise GoesInCircles


def stands_under(codebook: Codebook, code_id: int, ancestor_id: int) -> bool:
    code = codebook.codes.get(code_id)
    while code is not None and code.parent_id is not None:
        if code.parent_id == ancestor_id:
            return True
        code = codebook.codes.get(code.parent_id)
    return False


def _plain_name(typed: str) -> str:
    return checked_name(typed, most=LONGEST_NAME, missing=NoName, too_long=NameTooLong)


def _is_author(code: CodeEntry, member: Membership | None) -> bool:
    return member is not None and code.created_by == member.id
