"""The text of an incident as the desk prints it: numbered paragraphs, quotes cut into flat segments, margin notes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.coding.desk import Answers, Card, Quote
from app.methods.spans import Span, segments
from app.methods.text import paragraphs, to_utf16_offset

HANDS = "abc"  # the inks that tell dimensions apart; a tag with the dimension's initials stands beside each


@dataclass(frozen=True)
class Mark:
    """One quote under one code of one dimension."""

    evidence_id: int
    dimension_id: int
    dimension_name: str
    hand: str
    code_name: str

    @property
    def tag(self) -> str:
        return initials(self.dimension_name)


@dataclass(frozen=True)
class Piece:
    """A stretch of text under one set of marks. anchor: the quote that begins here, for links to it."""

    text: str
    marks: tuple[Mark, ...]
    starting: tuple[Mark, ...]

    @property
    def classes(self) -> str:
        """is-twice: where two quotes of one dimension overlap, which would look like one long quote else."""
        quotes = Counter(mark.hand for mark in {(mark.hand, mark.evidence_id): mark for mark in self.marks}.values())
        hands = [f"quote-{hand}" for hand in quotes]
        twice = ["is-twice"] if max(quotes.values(), default=0) > 1 else []
        return " ".join(["quote", *hands, *twice, *(f"starts-{mark.hand}" for mark in self.starting[:1])])

    @property
    def tag(self) -> str:
        return " ".join(dict.fromkeys(mark.tag for mark in self.starting))

    @property
    def anchor(self) -> str:
        return f"quote-{self.starting[0].evidence_id}" if self.starting else ""

    @property
    def evidence_ids(self) -> str:
        return " ".join(str(mark.evidence_id) for mark in self.marks)


@dataclass(frozen=True)
class Note:
    """What the margin says of a paragraph: which codes rest on how many quotes that begin in it."""

    mark: Mark
    count: int


@dataclass(frozen=True)
class MarkedParagraph:
    """start: in UTF-16 units of the whole text, as browsers count."""

    number: int
    start: int
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]


def initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def hand_of(desk: Answers, dimension_id: int) -> str:
    places = [card.dimension.id for card in desk.cards]
    return HANDS[places.index(dimension_id) % len(HANDS)]


def marked_text(desk: Answers, text: str) -> list[MarkedParagraph]:
    marked = [
        (Span(quote.start, quote.end), _mark(desk, card, quote)) for card in desk.cards for quote in card.evidence
    ]
    return [
        _paragraph(text, number, start, end, marked) for number, (start, end) in enumerate(paragraphs(text), start=1)
    ]


def paragraph_numbers(desk: Answers, text: str) -> dict[int, int]:
    """Evidence id -> the number of the paragraph in which it begins."""
    places = list(enumerate(paragraphs(text), start=1))
    return {
        quote.evidence_id: number
        for card in desk.cards
        for quote in card.evidence
        for number, (start, end) in places
        if start <= quote.start < end
    }


def _mark(desk: Answers, card: Card, quote: Quote) -> Mark:
    name = desk.codebook.codes[quote.code_id].name
    return Mark(quote.evidence_id, card.dimension.id, card.dimension.name, hand_of(desk, card.dimension.id), name)


def _paragraph(text: str, number: int, start: int, end: int, marked: Sequence[tuple[Span, Mark]]) -> MarkedParagraph:
    pieces = tuple(
        Piece(text[part.start : part.end], part.marks, part.starting) for part in segments(marked, start, end)
    )
    begun: dict[tuple[int, str], list[Mark]] = {}
    for mark in dict.fromkeys(mark for piece in pieces for mark in piece.starting):
        begun.setdefault((mark.dimension_id, mark.code_name), []).append(mark)
    notes = tuple(Note(marks[0], len(marks)) for marks in begun.values())
    return MarkedParagraph(number, to_utf16_offset(text, start), pieces, notes)
