"""What became of a code or a dimension, as a page tells of it."""

from dataclasses import dataclass

from app.codebook.comparing import ADDED, GONE, MERGED, MOVED, RENAMED, EntryChange, written_in
from app.codebook.told_values import ToldField, label_of, told_field, told_value
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry


@dataclass(frozen=True)
class ToldChange:
    """was: the name it bore. into: what it was merged into. parts: what it was split into. places: where it stood
    ('' for nowhere), and stands. texts: (label, words) of an entry that is new.
    """

    id: int
    name: str
    kinds: tuple[str, ...]
    was: str = ""
    into: str = ""
    parts: tuple[str, ...] = ()
    places: tuple[str, str] | None = None
    fields: tuple[ToldField, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


def kinds_of(before: CodeEntry | None, after: CodeEntry | None) -> tuple[str, ...]:
    """One of them at least is there; empty where nothing differs that anybody is told of."""
    if before is not None and after is not None:
        return EntryChange.between(before, after).kinds
    if after is None:
        return (GONE,)
    return (ADDED,) if after.is_active else (ADDED, after.status)


def told_code(before: CodeEntry | None, after: CodeEntry | None, then: Codebook, now: Codebook) -> ToldChange:
    """then, now: the codebooks in which what they stand under is looked up."""
    kinds, entry = kinds_of(before, after), after or before
    assert entry is not None
    into = told_value("merged_into_id", entry.merged_into_id, now) if MERGED in kinds else ""
    parts = tuple(part.name for part in now.parts_of(entry.id)) if "split" in kinds else ()
    if before is None or after is None:
        place = place_of(now if after else then, entry)
        texts = _texts(entry, now)
        return ToldChange(entry.id, entry.name, kinds, into=into, parts=parts, places=("", place), texts=texts)
    return ToldChange(
        entry.id,
        entry.name,
        kinds,
        was=before.name if RENAMED in kinds else "",
        into=into,
        parts=parts,
        places=(place_of(then, before), place_of(now, after)) if MOVED in kinds else None,
        fields=tuple(told_field(altered, now) for altered in EntryChange.between(before, after).told()),
    )


def told_dimension(before: DimensionEntry | None, after: DimensionEntry | None, codebook: Codebook) -> ToldChange:
    if before is not None and after is not None:
        change = EntryChange.between(before, after)
        was = before.name if RENAMED in change.kinds else ""
        fields = tuple(told_field(altered, codebook) for altered in change.told())
        return ToldChange(after.id, after.name, change.kinds, was=was, fields=fields)
    entry = after or before
    assert entry is not None
    since = () if entry.status == "active" else (entry.status,)
    return ToldChange(
        entry.id, entry.name, (ADDED, *since) if after else (GONE,), texts=_texts(entry, codebook) if after else ()
    )


def place_of(codebook: Codebook, entry: CodeEntry) -> str:
    """`Root cause › Configuration`: what it stands under, the topmost first. What is out of sight is not named."""
    above: list[str] = []
    dimension, parent = codebook.dimension(entry.dimension_id), entry.parent_id
    while parent is not None and (code := codebook.codes.get(parent)) is not None:
        above.insert(0, code.name)
        parent = code.parent_id
    return " › ".join([dimension.name if dimension else "", *above])


def _texts(entry: CodeEntry | DimensionEntry, codebook: Codebook) -> tuple[tuple[str, str], ...]:
    return tuple((label_of(each.name), told_value(each.name, each.after, codebook)) for each in written_in(entry))
