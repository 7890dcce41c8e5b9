"""Where the selections of a text stand, in code points of the text as it is kept: tools count in several ways.

Most name a selection by its words. The way of counting that finds most of these words at their places is the one.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from app.export.readers.project import QdaSelection
from app.methods.text import canonical

Place = tuple[int, int]


@dataclass(frozen=True)
class Counting:
    """How positions are counted: the byte order mark with the rest, a line end CR LF as one, in UTF-16 units."""

    mark: bool = False
    line_ends_as_one: bool = False
    utf16: bool = False

    @property
    def words(self) -> str:
        said = ["the byte order mark"] if self.mark else []
        said += ["CR LF as one"] if self.line_ends_as_one else []
        said += ["UTF-16 units"] if self.utf16 else []
        return " and ".join(said)


@dataclass(frozen=True)
class Placed:
    """text: as it is kept. places: of the selections, None for one that stands outside. counting: None as the standard
    says, else the other way that fits."""

    text: str
    places: list[Place | None]
    counting: Counting | None = None


class _Text:
    """A text as it stands in its file, and as it is kept: without byte order marks, its line ends LF."""

    def __init__(self, raw: str) -> None:
        self.raw, self.kept = raw, canonical(raw)
        self.leading = len(raw) - len(raw.lstrip("\ufeff"))
        self.pairs = [found.start() for found in re.finditer("\r\n", raw)]
        self.wide_in_raw, self.wide_in_kept = _wide(raw), _wide(self.kept)

    def ways(self, *, has_mark: bool) -> list[Counting]:
        """As the standard says first, then those that differ in this text."""
        marks = (False, True) if has_mark else (False,)
        ends = (False, True) if self.pairs else (False,)
        units = (False, True) if self.wide_in_raw else (False,)
        return [Counting(mark, as_one, utf16) for utf16 in units for mark in marks for as_one in ends]

    def place(self, selection: QdaSelection, counting: Counting) -> Place | None:
        start, end = (self._offset(offset, counting) for offset in (selection.start, selection.end))
        if start is None or end is None or start >= end:
            return None
        return start, end

    def _offset(self, counted: int, counting: Counting) -> int | None:
        """The offset in the kept text; None outside of it."""
        counted -= counting.mark
        text = self.kept if counting.line_ends_as_one else self.raw
        if counting.utf16:
            wide = self.wide_in_kept if counting.line_ends_as_one else self.wide_in_raw
            before = bisect_left(wide, counted)
            if before and wide[before - 1] + 1 == counted:
                return None  # between the two halves of a letter
            counted -= before
        if not 0 <= counted <= len(text):
            return None
        if counting.line_ends_as_one:
            return counted
        return counted - min(self.leading, counted) - bisect_left(self.pairs, counted)


def _wide(text: str) -> list[int]:
    """Where the letters of two UTF-16 units begin, counted in units."""
    return [found.start() + before for before, found in enumerate(re.finditer("[\U00010000-\U0010ffff]", text))]


def placed(raw: str, selections: Sequence[QdaSelection], *, has_mark: bool) -> Placed:
    """raw: the text as it stands in its file, without its byte order mark. Raises UnusableText."""
    text = _Text(raw)
    best, most = Counting(), -1
    for counting in text.ways(has_mark=has_mark) if selections else ():
        places = [text.place(selection, counting) for selection in selections]
        fitting = sum(
            place is not None and _says(text.kept, place, selection.name)
            for place, selection in zip(places, selections, strict=True)
        )
        if fitting > most:
            best, most = counting, fitting
    return Placed(
        text.kept,
        [text.place(selection, best) for selection in selections],
        best if best != Counting() else None,
    )


def _says(text: str, place: Place, name: str) -> bool:
    """Whether the words at the place are those by which the selection is called, of which the end may be cut off."""
    wanted = " ".join(name.split())
    whole = wanted.rstrip("…").removesuffix("...").rstrip()
    if not whole:
        return False
    words = " ".join(text[slice(*place)].split())
    return words == wanted or (whole != wanted and words.startswith(whole))
