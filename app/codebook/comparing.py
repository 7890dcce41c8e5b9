"""Two codebooks side by side: which entries came, went and changed, property by property. Pure.

Whatever CodeEntry and DimensionEntry hold is compared, so that a new property needs no line here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry

Entry = TypeVar("Entry", CodeEntry, DimensionEntry)

# What a change is called, in the order in which a page tells of them.
ADDED, GONE, MERGED, RETIRED, RESTORED, MOVED, RENAMED = (
    "added", "gone", "merged", "retired", "restored", "moved", "renamed",
)  # fmt: skip
REWORDED, CHANGED, REORDERED = "reworded", "changed", "reordered"

UNTOLD = {"id", "codebook_seq", "disclosed", "created_by", "created_in_round", "origin"}
PLACE = {"dimension_id", "parent_id"}
OWN_KIND = {"name", "position", "status", "merged_into_id"} | PLACE
SET = {"takes", "openness", "colour"}  # texts that are chosen, not written


@dataclass(frozen=True)
class Alteration:
    """One property of an entry, before and after."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class EntryChange(Generic[Entry]):
    """An entry that is in both codebooks and not the same."""

    before: Entry
    alterations: tuple[Alteration, ...]

    @classmethod
    def between(cls, before: Entry, after: Entry) -> "EntryChange[Entry]":
        return cls(before, tuple(_alterations(before, after)))

    @property
    def after(self) -> Entry:
        return replace(self.before, **{each.name: each.after for each in self.alterations})

    @property
    def kinds(self) -> tuple[str, ...]:
        """Empty where it was saved, or changed and changed back."""
        altered = {each.name: each for each in self.alterations}
        found = [_turned(altered["status"].after)] if "status" in altered else []
        found += [MOVED] if PLACE & altered.keys() else []
        found += [RENAMED] if "name" in altered else []
        rest = self.told()
        written = [each for each in rest if is_written(each)]
        found += [REWORDED] if written else []
        found += [CHANGED] if len(written) < len(rest) else []
        return tuple(found) or ((REORDERED,) if "position" in altered else ())

    def told(self) -> list[Alteration]:
        """What a page tells property by property; where a code stands and what became of it is told in words."""
        return [each for each in self.alterations if is_told(each.name)]


@dataclass(frozen=True)
class EntryChanges(Generic[Entry]):
    added: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    changed: tuple[EntryChange[Entry], ...]


@dataclass(frozen=True)
class CodebookDifference:
    """seqs: the codebook_seq of the one and the other."""

    seqs: tuple[int, int]
    dimensions: EntryChanges[DimensionEntry]
    codes: EntryChanges[CodeEntry]


def difference(before: Codebook, after: Codebook) -> CodebookDifference:
    return CodebookDifference(
        seqs=(before.codebook_seq, after.codebook_seq),
        dimensions=_changes(_all_dimensions(before), _all_dimensions(after)),
        codes=_changes(before.codes, after.codes),
    )


def applied(found: CodebookDifference, before: Codebook) -> Codebook:
    """The second codebook, made of the first and the difference alone."""
    dimensions = _applied(found.dimensions, _all_dimensions(before))
    in_order = sorted(dimensions.values(), key=lambda each: (each.position, each.id))
    return Codebook(
        codebook_seq=found.seqs[1],
        dimensions=tuple(each for each in in_order if each.status == "active"),
        codes=_applied(found.codes, before.codes),
        retired_dimensions=tuple(each for each in in_order if each.status != "active"),
    )


def is_told(name: str) -> bool:
    """Whether a page tells of this property by itself."""
    return name not in UNTOLD | OWN_KIND


def written_in(entry: CodeEntry | DimensionEntry) -> Iterator[Alteration]:
    """What people wrote about an entry that is new: as if nothing had been written before."""
    for field in fields(entry):
        value = getattr(entry, field.name)
        if value and is_told(field.name) and is_written(Alteration(field.name, value, value)):
            yield Alteration(field.name, type(value)(), value)


def is_written(each: Alteration) -> bool:
    """Whether it holds what people write: a text, or a list of texts or of examples."""
    return each.name not in SET and all(_is_text(value) for value in (each.before, each.after))


def _is_text(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(item, str | Mapping) for item in value)
    return isinstance(value, str)


def _turned(status: str) -> str:
    return RESTORED if status == "active" else status


def _changes(before: Mapping[int, Entry], after: Mapping[int, Entry]) -> EntryChanges[Entry]:
    pairs = ((before[key], after[key]) for key in sorted(before.keys() & after.keys()) if before[key] != after[key])
    return EntryChanges(
        added=tuple(after[key] for key in sorted(after.keys() - before.keys())),
        gone=tuple(before[key] for key in sorted(before.keys() - after.keys())),
        changed=tuple(EntryChange.between(one, other) for one, other in pairs),
    )


def _alterations(before: Entry, after: Entry) -> Iterable[Alteration]:
    now = vars(after)
    for name, value in vars(before).items():
        if value != now[name]:
            yield Alteration(name, value, now[name])


def _applied(found: EntryChanges[Entry], before: Mapping[int, Entry]) -> dict[int, Entry]:
    gone = {each.id for each in found.gone}
    entries = {key: entry for key, entry in before.items() if key not in gone}
    entries |= {each.id: each for each in found.added}
    entries |= {
        change.before.id: replace(before[change.before.id], **{each.name: each.after for each in change.alterations})
        for change in found.changed
    }
    return {key: entries[key] for key in sorted(entries)}


def _all_dimensions(codebook: Codebook) -> dict[int, DimensionEntry]:
    return {each.id: each for each in (*codebook.dimensions, *codebook.retired_dimensions)}
