"""The text of an incident with each coder's evidence in their hand, as flat stretches that a template writes down."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.methods.spans import Segment, Span, segments
from app.methods.text import paragraphs, to_utf16_offset


@dataclass(frozen=True)
class Quote:
    """A piece of evidence. hand: 'a' to 'd', whose it is; number: of this hand, from 1."""

    hand: str
    number: int
    start: int
    end: int
    initials: str
    note: tuple[str, str]  # name of the coder, name of the code

    @property
    def anchor(self) -> str:
        return f"quote-{self.hand}{self.number}"


@dataclass(frozen=True)
class Stretch:
    """Words under one set of hands; none: plain text. anchors: of the quotes that begin here."""

    text: str
    hands: tuple[str, ...]
    anchors: tuple[str, ...] = ()
    tag: str = ""


@dataclass(frozen=True)
class Paragraph:
    """start: UTF-16 units before it, as browsers count. notes: (hand, coder, code), once each."""

    number: int
    start: int
    stretches: tuple[Stretch, ...]
    notes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class MarkedText:
    """places: hand -> numbers of the paragraphs that its quotes touch."""

    paragraphs: tuple[Paragraph, ...]
    places: dict[str, list[int]] = field(default_factory=dict)


def marked_text(text: str, quotes: Sequence[Quote]) -> MarkedText:
    begun: set[Quote] = set()
    marks = [(Span(quote.start, quote.end), quote) for quote in quotes]
    found: list[Paragraph] = []
    places: dict[str, list[int]] = {}
    for number, (start, end) in enumerate(paragraphs(text), 1):
        cut = segments(marks, start, end)
        here = list(dict.fromkeys(quote for segment in cut for quote in segment.marks))
        stretches = tuple(_stretch(text, segment, begun) for segment in cut)
        notes = tuple(dict.fromkeys((quote.hand, *quote.note) for quote in here))
        found.append(Paragraph(number, to_utf16_offset(text, start), stretches, notes))
        for hand in {quote.hand for quote in here}:
            places.setdefault(hand, []).append(number)
    return MarkedText(tuple(found), places)


def _stretch(text: str, segment: Segment[Quote], begun: set[Quote]) -> Stretch:
    """A quote begins at the first stretch that shows it, since it may start in the space between paragraphs."""
    beginning = [quote for quote in segment.marks if quote not in begun]
    begun.update(beginning)
    return Stretch(
        text=text[segment.start : segment.end],
        hands=tuple(dict.fromkeys(quote.hand for quote in segment.marks)),
        anchors=tuple(quote.anchor for quote in beginning),
        tag=" ".join(dict.fromkeys(quote.initials for quote in beginning)),
    )
