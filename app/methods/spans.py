"""Spans of a text, in code points, end exclusive."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from app.problems import Invalid

Mark = TypeVar("Mark", bound=Hashable)


class SpanOutside(Invalid):
    """This quote is not in the text. Reload the page and select the text again."""


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """At least one character: 0 <= start < end. Raises SpanOutside otherwise."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise SpanOutside

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """text[start:end]. Raises SpanOutside when the text is shorter."""
        if self.end > len(text):
            raise SpanOutside
        return text[self.start : self.end]

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Segment(Generic[Mark]):
    """A stretch under one set of marks, in the order they were given; `starting` are those that begin right here."""

    start: int
    end: int
    marks: tuple[Mark, ...]
    starting: tuple[Mark, ...]


def segments(marked: Iterable[tuple[Span, Mark]], start: int, end: int) -> list[Segment[Mark]]:
    """Flat segments that cover start:end without gap or overlap, for highlighting what overlaps.

    marked: spans with a mark each; parts outside start:end are cut off, a mark may have many spans, and a stretch twice
    under the same mark has it once. Empty when start == end. A mark that began before `start` is not `starting`.
    """
    touching = [(span, mark) for span, mark in marked if span.start < end and start < span.end]
    cuts = {start, end}
    for span, _ in touching:
        cuts |= {max(span.start, start), min(span.end, end)}
    edges = sorted(cuts) if start < end else []
    by_start = sorted(range(len(touching)), key=lambda place: touching[place][0].start)
    found: list[Segment[Mark]] = []
    open_places: list[int] = []
    taken = 0
    for left, right in pairwise(edges):
        open_places = [place for place in open_places if touching[place][0].end > left]
        while taken < len(by_start) and touching[by_start[taken]][0].start <= left:
            open_places.append(by_start[taken])
            taken += 1
        here = [touching[place] for place in sorted(open_places)]
        marks = tuple(dict.fromkeys(mark for _, mark in here))
        starting = tuple(dict.fromkeys(mark for span, mark in here if span.start == left))
        found.append(Segment(left, right, marks, starting))
    return found


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same characters in the fewest spans, in order; spans that touch become one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def characters(spans: Iterable[Span]) -> int:
    """How many characters the spans cover; what is covered twice counts once."""
    return sum(len(span) for span in merged(spans))


def shared_characters(first: Iterable[Span], second: Iterable[Span]) -> int:
    """How many characters both cover; spans of one side may overlap, and then count once. 0 when nothing is shared."""
    left, right = merged(first), merged(second)
    return characters(left) + characters(right) - characters([*left, *right])


def overlap(first: Sequence[Span], second: Sequence[Span]) -> float | None:
    """Characters in both over characters in either (Jaccard), 0 to 1; None when neither covers any."""
    either = characters([*first, *second])
    return shared_characters(first, second) / either if either else None


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends; None when nothing is left. Raises SpanOutside outside the text."""
    if not 0 <= start <= end <= len(text):
        raise SpanOutside
    chosen = text[start:end]
    lead = len(chosen) - len(chosen.lstrip())
    length = len(chosen.strip())
    return Span(start + lead, start + lead + length) if length else None
