"""Where a text holds a quote that somebody else typed: a model, a colleague, a spreadsheet."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz

from app.methods.spans import Span

LEAST_RATIO = 0.9
SHORTEST_FUZZY = 20  # below this one changed digit or "not" would still be .9 alike
SHORTEST_PIECE = 3
NEIGHBOURHOOD = 0.75
REACH = 4  # words on either side of the window's edges
LONGEST_REACH = 120  # characters

_ELLIPSIS = re.compile(r"[\[(]\s*(?:…|\.{3,})\s*[\])]|…|\.{3,}|(?:\. ){2,}\.")
_FOLDED_MARKS = {
    **dict.fromkeys("‘’‚‛ʼ´`′‹›＇", "'"),
    **dict.fromkeys("“”„‟«»″＂〝〞", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u200b\u200c\u2060\ufeff\u00ad", ""),
}
_WORD_START = re.compile(r"(?<!\S)(?=\S)|(?<=[^\w\s])(?=\w)|(?<=\w)(?=[^\w\s])")
_WORD_END = re.compile(r"(?<=\S)(?!\S)|(?<=[^\w\s])(?=\w)|(?<=\w)(?=[^\w\s])")
_TABLE = str.maketrans(_FOLDED_MARKS)
_OUTER_MARKS = "'\""
_GAP = " "


class QuoteStatus(StrEnum):
    """How the text holds a quote, surest first; NOT_FOUND never becomes evidence."""

    EXACT = "exact"
    FOLDED = "folded"
    PIECES = "pieces"
    FUZZY = "fuzzy"
    NOT_FOUND = "not_found"


@dataclass(frozen=True)
class LocatedQuote:
    """Where the text holds the quote. More than one span only for PIECES, none for NOT_FOUND.

    ratio: likeness of what was found to what was quoted, 0 to 1; 1 for all but FUZZY.
    """

    status: QuoteStatus
    spans: tuple[Span, ...] = ()
    ratio: float = 1.0

    @property
    def is_found(self) -> bool:
        return bool(self.spans)

    @property
    def start(self) -> int | None:
        return self.spans[0].start if self.spans else None

    @property
    def end(self) -> int | None:
        return self.spans[-1].end if self.spans else None


NOT_FOUND = LocatedQuote(QuoteStatus.NOT_FOUND, (), 0.0)


def locate_quote(text: str, quote: str) -> LocatedQuote:
    """Where `text` holds `quote`, in code points of `text` as it is.

    Tried in turn: letter by letter; folded (`fold`), then without quote marks around it; its pieces between ellipses,
    all of them and in their order; the most alike stretch, from .9 on and for at least 20 characters (normalised
    Indel similarity of the folded texts). The first place that stands between words wins, else the first.
    White space around the quote is nothing; a blank quote is not found.
    """
    quote = quote.strip()
    if not quote:
        return NOT_FOUND
    if (span := _whole_words(text, quote)) is not None:
        return LocatedQuote(QuoteStatus.EXACT, (span,))
    folded, wanted = _folded(text), fold(quote)
    for attempt in (wanted, wanted.strip(_OUTER_MARKS).strip()):
        if (span := folded.find(attempt)) is not None:
            return LocatedQuote(QuoteStatus.FOLDED, (span,))
    if spans := _pieces_in_order(folded, quote):
        return LocatedQuote(QuoteStatus.PIECES, spans)
    return _most_alike(folded, wanted)


def fold(text: str) -> str:
    """What is compared: compatibility forms decomposed, white space runs as one space, quote marks and dashes as ' " -.

    Decomposed (NFKD), since that can be done cluster by cluster and is equal exactly where NFKC is.
    Zero-width characters and soft hyphens go, and white space at both ends. Case stays.
    """
    return _folded(text).text


@dataclass(frozen=True)
class _Folded:
    """A folded text, and for each of its characters where the cluster it came from stands in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def find(self, wanted: str, after: int = 0) -> Span | None:
        """The first place, at or after `after` in the original, where whole clusters are `wanted`."""
        first = None
        for place in _places(self.text, wanted):
            if self.starts[place] < after or self._cuts(place) or self._cuts(place + len(wanted)):
                continue
            span = self.span(place, place + len(wanted))
            if _stands_alone(self.text, place, place + len(wanted)):
                return span
            first = first or span
        return first

    def span(self, start: int, end: int) -> Span:
        """The original of text[start:end], widened to whole clusters."""
        return Span(self.starts[start], self.ends[end - 1])

    def _cuts(self, place: int) -> bool:
        return 0 < place < len(self.text) and self.starts[place - 1] == self.starts[place]


@lru_cache(maxsize=16)  # a model quotes one text many times
def _folded(text: str) -> _Folded:
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end, cluster in _clusters(text):
        if not cluster.isspace():
            letters += cluster
            starts += [start] * len(cluster)
            ends += [end] * len(cluster)
        elif letters and letters[-1] != _GAP:
            letters.append(_GAP)
            starts.append(start)
            ends.append(end)
        elif letters:
            ends[-1] = end
    if letters and letters[-1] == _GAP:
        del letters[-1], starts[-1], ends[-1]
    return _Folded("".join(letters), tuple(starts), tuple(ends))


def _clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, folded) of every character together with the combining ones after it."""
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and _joins(text[end]):
            end += 1
        yield start, end, _folded_cluster(text[start:end])
        start = end


@lru_cache(maxsize=4096)
def _joins(character: str) -> bool:
    """Whether it may move or melt into what stands before it when decomposed."""
    return character > "\u02ff" and unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0


@lru_cache(maxsize=4096)
def _folded_cluster(cluster: str) -> str:
    return unicodedata.normalize("NFKD", cluster.translate(_TABLE)).translate(_TABLE)


def _whole_words(text: str, quote: str) -> Span | None:
    places = list(_places(text, quote))
    alone = (place for place in places if _stands_alone(text, place, place + len(quote)))
    start = next(alone, places[0] if places else None)
    return None if start is None else Span(start, start + len(quote))


def _places(text: str, wanted: str) -> Iterator[int]:
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        yield place
        place = text.find(wanted, place + 1)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no word goes on across either edge: "error" does not stand alone in "terrors"."""
    cut_before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    cut_after = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return not cut_before and not cut_after


def _pieces_in_order(folded: _Folded, quote: str) -> tuple[Span, ...]:
    pieces = [fold(piece.strip(" \t\n\"'“”‘’«»")) for piece in _ELLIPSIS.split(quote)]
    pieces = [piece for piece in pieces if piece]
    if not pieces or not _ELLIPSIS.search(quote) or max(map(len, pieces)) < SHORTEST_PIECE:
        return ()
    found: list[Span] = []
    for piece in pieces:
        span = folded.find(piece, after=found[-1].end if found else 0)
        if span is None:
            return ()
        found.append(span)
    return tuple(found)


def _most_alike(folded: _Folded, wanted: str) -> LocatedQuote:
    """A window as long as the quote finds the neighbourhood; then its edges move by whole words to the best fit."""
    if len(wanted) < SHORTEST_FUZZY:
        return NOT_FOUND
    window = fuzz.partial_ratio_alignment(wanted, folded.text, score_cutoff=100 * NEIGHBOURHOOD)
    if window is None:
        return NOT_FOUND
    starts = _edges(_WORD_START, folded.text, window.dest_start, 2 * REACH)
    ends = _edges(_WORD_END, folded.text, window.dest_end, 2 * REACH)
    rated = [
        (fuzz.ratio(wanted, folded.text[start:end]) / 100, -start, end)
        for start in starts
        for end in ends
        if start < end
    ]
    ratio, start, end = max(rated, default=(0.0, 0, 0))
    if ratio < LEAST_RATIO:
        return NOT_FOUND
    return LocatedQuote(QuoteStatus.FUZZY, (folded.span(-start, end),), ratio)


def _edges(edge: re.Pattern[str], text: str, around: int, most: int) -> list[int]:
    """The word edges nearest to a place, some on either side of it."""
    reach = range(max(0, around - LONGEST_REACH), min(len(text), around + LONGEST_REACH) + 1)
    places = [match.start() for match in edge.finditer(text, reach.start, reach.stop)]
    return sorted(places, key=lambda place: abs(place - around))[:most]
