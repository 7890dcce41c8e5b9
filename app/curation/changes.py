"""What changed between two states of a codebook, as far as it may make codings stale. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.codebook.tree import Codebook, CodeEntry

# What a coder goes by: where one of these reads otherwise, the same incident may be coded otherwise.
MEANING = {
    "name": "name",
    "short_definition": "short definition",
    "definition": "definition",
    "use_when": "use when",
    "not_when": "not when",
}
PRESSING = ("split", "retired", "reworded")  # who bears such a code is to be looked at again


@dataclass(frozen=True)
class Change:
    """kind: added, reworded, moved, merged, split, retired or restored. seq: from which codebook_seq on.

    code: as it stands afterwards; before: as it stood. what: which of its texts read otherwise. parts: what a code was
    split into. into: what it was merged into, followed to its end. since: where that is known, else since its newest
    revision.
    """

    kind: str
    code: CodeEntry
    before: CodeEntry | None = None
    what: tuple[str, ...] = ()
    parts: tuple[CodeEntry, ...] = ()
    into: CodeEntry | None = None
    since: int | None = None

    @property
    def seq(self) -> int:
        return self.code.codebook_seq if self.since is None else self.since

    @property
    def is_pressing(self) -> bool:
        return self.kind in PRESSING


def changes_between(before: Codebook, after: Codebook) -> list[Change]:
    """Of codes that can be applied, or could; categories have none that bear them. By dimension and name.

    A code that was both reworded and moved is there twice. What a split made is told with the split, not as added.
    """
    split = {code.id for code in after.codes.values() if code.status == "split" and not _is(before, code.id, "split")}
    found = [
        change
        for code in after.codes.values()
        if not code.is_category and code.split_from_id not in split
        for change in _changes_of(before, after, code)
    ]
    place = {dimension.id: at for at, dimension in enumerate((*after.dimensions, *after.retired_dimensions))}
    return sorted(
        found,
        key=lambda each: (
            place.get(each.code.dimension_id, len(place)),
            each.code.name.casefold(),
            each.code.id,
            each.kind,
        ),
    )


def _is(codebook: Codebook, code_id: int, status: str) -> bool:
    code = codebook.codes.get(code_id)
    return code is not None and code.status == status


def _changes_of(before: Codebook, after: Codebook, code: CodeEntry) -> Iterator[Change]:
    was = before.codes.get(code.id)
    if was is None or was.status == "undone":
        if code.is_active:
            yield Change("added", code)
        return
    if code.status != was.status:
        yield _of_status(after, code, was)
    if not code.is_active:
        return
    what = tuple(words for name, words in MEANING.items() if getattr(was, name) != getattr(code, name))
    if what:
        yield Change("reworded", code, was, what=what)
    if (was.parent_id, was.dimension_id) != (code.parent_id, code.dimension_id):
        yield Change("moved", code, was)


def _of_status(after: Codebook, code: CodeEntry, was: CodeEntry) -> Change:
    if code.status == "split":
        return Change("split", code, was, parts=tuple(after.parts_of(code.id)))
    if code.status == "merged":
        living = after.living(code.id)
        return Change("merged", code, was, into=after.codes.get(living) if living is not None else None)
    return Change("restored" if code.is_active else "retired", code, was)
