"""What became of the codebook between two moments, as a page that reads like a page's history in a wiki."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.codebook import queries
from app.codebook.comparing import (
    ADDED,
    CHANGED,
    GONE,
    MERGED,
    MOVED,
    RENAMED,
    REORDERED,
    RESTORED,
    RETIRED,
    REWORDED,
    EntryChanges,
    difference,
)
from app.codebook.models import CodebookVersion
from app.codebook.told_changes import ToldChange, kinds_of, told_code, told_dimension
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.problems import NotFound
from app.studies.viewer import Viewer
from app.web.forms import whole_number
from app.web.paging import page_at

A_PAGE = 50
BEGINNING, NOW = "0", ""
UNDONE = "undone"  # said of an entry whose making was taken back
ORDER = (ADDED, MERGED, "split", RETIRED, RESTORED, MOVED, RENAMED, REWORDED, CHANGED, REORDERED, GONE)


@dataclass(frozen=True)
class Side:
    """One of the two moments. key: as the address spells it."""

    key: str
    name: str
    seq: int | None
    version: CodebookVersion | None = None


@dataclass(frozen=True)
class Section:
    """The changed codes of one dimension that stand on this page of the list."""

    dimension: str
    codes: list[ToldChange]


@dataclass(frozen=True)
class DifferencePage:
    """counts: how many codes of each kind, whatever is filtered. found: how many codes the filters leave."""

    sides: tuple[Side, Side]
    options: list[tuple[str, str]]
    dimension_options: list[tuple[str, str]]
    counts: list[tuple[str, int]]
    dimensions: list[ToldChange]
    sections: list[Section]
    found: int
    at: int
    pages: int
    dimension: str
    kind: str

    @property
    def is_same(self) -> bool:
        return not self.dimensions and not self.counts


@dataclass(frozen=True)
class _Changed:
    """A code that differs, not yet in words."""

    before: CodeEntry | None
    after: CodeEntry | None
    kinds: tuple[str, ...]

    @property
    def entry(self) -> CodeEntry:
        found = self.after or self.before
        assert found is not None
        return found

    def is_of(self, dimension_id: int) -> bool:
        return any(each and each.dimension_id == dimension_id for each in (self.before, self.after))


def difference_page(
    session: Session,
    viewer: Viewer,
    *,
    since: str | None,
    until: str,
    dimension: str = "",
    kind: str = "",
    at: int = 1,
) -> DifferencePage:
    """since: None for the newest version before `until`. The older moment is always the first.

    Both sides are what the viewer may see now: who may see a code does not hang on the version.
    """
    versions = queries.versions(session, viewer.study.id)
    sides = _sides(versions, since, until)
    before, after = (
        queries.visible_codebook(session, viewer.study.id, viewer.member.id, seq=side.seq) for side in sides
    )
    found = difference(before, after)
    changed = _in_order(_changed(found.codes, after), after)
    counts = Counter(kind for each in changed for kind in each.kinds)
    chosen = whole_number(dimension) if dimension else None
    left = [
        each
        for each in changed
        if (not dimension or each.is_of(chosen or 0)) and (kind not in counts or kind in each.kinds)
    ]
    at, pages = page_at(at, len(left), A_PAGE)
    return DifferencePage(
        sides=sides,
        options=[(NOW, "now"), *((str(each.id), each.name) for each in versions), (BEGINNING, "the beginning")],
        dimension_options=[("", "all"), *((str(each.id), each.name) for each in after.dimensions)],
        counts=sorted(counts.items(), key=lambda pair: _rank(pair[0])),
        dimensions=_told_dimensions(found.dimensions, after),
        sections=_sections(left[(at - 1) * A_PAGE : at * A_PAGE], before, after),
        found=len(left),
        at=at,
        pages=pages,
        dimension=dimension,
        kind=kind if kind in counts else "",
    )


def _sides(versions: Sequence[CodebookVersion], since: str | None, until: str) -> tuple[Side, Side]:
    second = _side(versions, until)
    if since is None:
        older = [each for each in versions if second.seq is None or each.codebook_seq < second.seq]
        since = str(older[0].id) if older else BEGINNING
    first = _side(versions, since)
    newer_first = first.seq is None or (second.seq is not None and first.seq > second.seq)
    return (second, first) if newer_first else (first, second)


def _side(versions: Sequence[CodebookVersion], asked: str) -> Side:
    if asked == NOW:
        return Side(NOW, "now", None)
    if asked == BEGINNING:
        return Side(BEGINNING, "the beginning", 0)
    for version in versions:
        if str(version.id) == asked:
            return Side(asked, version.name, version.codebook_seq, version)
    raise NotFound


def _rank(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else ORDER.index(RETIRED)


def _changed(found: EntryChanges[CodeEntry], after: Codebook) -> Iterator[_Changed]:
    for entry in found.added:
        if entry.status != UNDONE:
            yield _Changed(None, entry, kinds_of(None, entry))
    for change in found.changed:
        if kinds := change.kinds:
            yield _Changed(change.before, after.codes[change.before.id], kinds)
    for entry in found.gone:
        yield _Changed(entry, None, kinds_of(entry, None))


def _in_order(changed: Iterator[_Changed], after: Codebook) -> list[_Changed]:
    places = {each.id: place for place, each in enumerate((*after.dimensions, *after.retired_dimensions))}

    def place(each: _Changed) -> tuple[int, int, str, int]:
        entry = each.entry
        return places.get(entry.dimension_id, len(places)), _rank(each.kinds[0]), entry.name.casefold(), entry.id

    return sorted(changed, key=place)


def _sections(changed: Sequence[_Changed], before: Codebook, after: Codebook) -> list[Section]:
    found: dict[int, Section] = {}
    for each in changed:
        key = each.entry.dimension_id
        dimension = after.dimension(key) or before.dimension(key)
        section = found.setdefault(key, Section(dimension.name if dimension else "", []))
        section.codes.append(told_code(each.before, each.after, before, after))
    return list(found.values())


def _told_dimensions(found: EntryChanges[DimensionEntry], after: Codebook) -> list[ToldChange]:
    told = [
        *(told_dimension(None, entry, after) for entry in found.added if entry.status != UNDONE),
        *(told_dimension(change.before, change.after, after) for change in found.changed),
        *(told_dimension(entry, None, after) for entry in found.gone),
    ]
    return [each for each in told if each.kinds]
