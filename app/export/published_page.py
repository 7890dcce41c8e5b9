"""The codebook of a published version, as a reader outside the study meets it.

A codebook of few codes is one page. A larger one opens with its contents, and each dimension is paged by itself; its
codes are found by words, and all of them stand on one page for printing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.codebook.comparing import written_in
from app.codebook.told_values import label_of, told_value
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.problems import NotFound
from app.web.paging import page_at

FIRST = ("definition", "use_when", "not_when")  # further texts follow in the order in which entries hold them
FEW = 150  # codes: so many are one page
A_PAGE = 100
DEEPEST = 4  # levels that are set in


@dataclass(frozen=True)
class Spot:
    """Where a code stands in its dimension, in the order of the tree: depth first. above: the codes it stands under."""

    code: CodeEntry
    dimension: int
    place: int
    depth: int
    above: tuple[CodeEntry, ...]

    @property
    def anchor(self) -> str:
        """By places: the ids of codes would tell how many were coined that are not on the page."""
        return f"code-{self.dimension}-{self.place}"

    @property
    def page(self) -> int:
        return (self.place - 1) // A_PAGE + 1


@dataclass(frozen=True)
class PublishedCode:
    """texts: (label, words). examples: each with its kind, where it has one. under: names, where what it stands under
    is not shown above it."""

    spot: Spot
    texts: list[tuple[str, str]]
    examples: list[str]
    under: tuple[str, ...]

    @property
    def code(self) -> CodeEntry:
        return self.spot.code

    @property
    def level(self) -> int:
        return min(self.spot.depth, DEEPEST)

    @cached_property
    def words(self) -> str:
        """All that can be found, in small letters."""
        return "\n".join([self.code.name, *(words for _, words in self.texts), *self.examples]).casefold()


@dataclass(frozen=True)
class PublishedDimension:
    """number: its place, from 1. codes: those that are shown, of so many. put_away: codes that were retired or merged
    by then, in words."""

    number: int
    dimension: DimensionEntry
    count: int
    codes: Sequence[PublishedCode]
    put_away: Sequence[str]


@dataclass(frozen=True)
class Chapter:
    """A dimension in the contents. heads: its codes down to the first level on which there are several."""

    number: int
    dimension: DimensionEntry
    count: int
    heads: Sequence[Spot]


@dataclass(frozen=True)
class Asked:
    """What is looked at: all, a dimension by its number, what holds some words; else what suits the size. at: page."""

    whole: bool = False
    dimension: int | None = None
    find: str = ""
    at: int = 1


@dataclass(frozen=True)
class Reading:
    """shape: whole, contents, dimension or found. chapters: all of them; parts: what is shown. found: codes with the
    words that were asked for."""

    shape: str
    is_large: bool
    chapters: Sequence[Chapter]
    parts: Sequence[PublishedDimension]
    at: int = 1
    pages: int = 1
    found: int = 0


def reading(codebook: Codebook, asked: Asked) -> Reading:
    trees = {number: _spots(codebook, number, each) for number, each in enumerate(codebook.dimensions, start=1)}
    is_large = sum(map(len, trees.values())) > FEW
    chapters = [
        Chapter(number, each, len(trees[number]), _heads(trees[number]))
        for number, each in enumerate(codebook.dimensions, start=1)
    ]
    told = Telling(codebook, chapters)
    if asked.find:
        return _found(told, trees, is_large, asked)
    if asked.dimension is not None:
        return _of_dimension(told, trees, is_large, asked)
    if is_large and not asked.whole:
        return Reading("contents", is_large, chapters, [])
    return Reading("whole", is_large, chapters, [told.part(number, spots) for number, spots in trees.items()])


def _of_dimension(told: "Telling", trees: Mapping[int, Sequence[Spot]], is_large: bool, asked: Asked) -> Reading:
    spots = trees.get(asked.dimension or 0)
    if spots is None:
        raise NotFound
    at, pages = page_at(asked.at, len(spots), A_PAGE)
    part = told.part(asked.dimension or 0, spots[(at - 1) * A_PAGE : at * A_PAGE], puts_away=at == pages)
    return Reading("dimension", is_large, told.chapters, [part], at, pages)


def _found(told: "Telling", trees: Mapping[int, Sequence[Spot]], is_large: bool, asked: Asked) -> Reading:
    """Codes that hold all of the words, each with what it stands under."""
    words = asked.find.casefold().split()
    every = (told.code(spot, under=spot.above) for spots in trees.values() for spot in spots)
    hits = [code for code in every if all(word in code.words for word in words)]
    at, pages = page_at(asked.at, len(hits), A_PAGE)
    shown = hits[(at - 1) * A_PAGE : at * A_PAGE]
    parts = []
    for each in told.chapters:
        codes = [code for code in shown if code.spot.dimension == each.number]
        gone = [one for one in told.put_away(each) if all(word in one.casefold() for word in words)]
        if codes or (gone and at == pages):
            parts.append(
                PublishedDimension(each.number, each.dimension, each.count, codes, gone if at == pages else [])
            )
    return Reading("found", is_large, told.chapters, parts, at, pages, len(hits))


def _spots(codebook: Codebook, number: int, dimension: DimensionEntry) -> list[Spot]:
    found: list[Spot] = []
    above: list[CodeEntry] = []
    for place, (code, depth) in enumerate(codebook.tree_of(dimension.id), start=1):
        del above[depth:]
        found.append(Spot(code, number, place, depth, tuple(above)))
        above.append(code)
    return found


def _heads(spots: Sequence[Spot]) -> list[Spot]:
    for depth in range(max((spot.depth for spot in spots), default=0) + 1):
        heads = [spot for spot in spots if spot.depth <= depth]
        if len(heads) > depth + 1:
            return heads
    return list(spots)


@dataclass(frozen=True)
class Telling:
    """Puts what entries hold into words."""

    codebook: Codebook
    chapters: Sequence[Chapter]

    def part(self, number: int, spots: Sequence[Spot], *, puts_away: bool = True) -> PublishedDimension:
        """A page that begins within a category says so with its first code."""
        chapter = self.chapters[number - 1]
        codes = [self.code(spot, under=() if place else spot.above) for place, spot in enumerate(spots)]
        gone = self.put_away(chapter) if puts_away else []
        return PublishedDimension(number, chapter.dimension, chapter.count, codes, gone)

    def code(self, spot: Spot, *, under: Sequence[CodeEntry]) -> PublishedCode:
        code = spot.code
        names = [each.name for each in written_in(code) if each.name != "examples"]
        in_order = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
        return PublishedCode(
            spot=spot,
            texts=[(label_of(name), told_value(name, getattr(code, name), self.codebook)) for name in in_order],
            examples=[_example(each) for each in code.examples],
            under=tuple(each.name for each in under),
        )

    def put_away(self, chapter: Chapter) -> list[str]:
        return list(_put_away(self.codebook, chapter.dimension))


def _example(example: Mapping[str, Any]) -> str:
    """Those quoted from incidents are here only if the lead published them with it."""
    kind = f"{str(example['kind']).replace('_', ' ').capitalize()}: " if example.get("kind") else ""
    return f"{kind}“{example.get('text', '')}”"


def _put_away(codebook: Codebook, dimension: DimensionEntry) -> Iterator[str]:
    gone = [code for code in codebook.codes.values() if code.dimension_id == dimension.id and not code.is_active]
    for code in sorted(gone, key=lambda code: (code.name.casefold(), code.id)):
        if code.status == "merged":
            yield f"{code.name} (merged into {told_value('merged_into_id', code.merged_into_id, codebook)})"
        elif code.status != "undone":
            yield f"{code.name} ({code.status})"
