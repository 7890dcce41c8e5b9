"""Two wordings of one text, word by word: what stayed, what went and what came."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

KEPT, DELETED, INSERTED = "kept", "deleted", "inserted"
MOST_WORDS = 1_000  # of either wording: beyond, they are compared line by line, since words would take too long
_WORDS = re.compile(r"\s+|[^\W_]+|[\W_]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Piece(NamedTuple):
    """kind: KEPT, DELETED or INSERTED."""

    kind: str
    text: str


def rewording(before: str, after: str) -> list[Piece]:
    """The pieces in reading order; what was deleted stands before what was inserted in its place.

    The texts of all pieces but the inserted ones, one after the other, are `before`; of all but the deleted ones
    `after`. Two pieces of one kind never follow each other, and none is empty; two blank texts give none at all. White
    space alone between two replaced words goes with them, so that a phrase that was rewritten reads as one. Texts of
    more than MOST_WORDS words are compared by their lines, and of more lines than that as wholes.
    """
    for parts in (_WORDS, _LINES):
        old, new = parts.findall(before), parts.findall(after)
        if max(len(old), len(new)) <= MOST_WORDS:
            return _pieces(old, new)
    return _pieces([before], [after])


def _pieces(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    """What both begin and end with is set aside first: most changes are of a few words."""
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    middle = _replaced(old[start : len(old) - end], new[start : len(new) - end])
    around = Piece(KEPT, "".join(old[:start])), Piece(KEPT, "".join(old[len(old) - end :]))
    return [piece for piece in (around[0], *middle, around[1]) if piece.text]


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    gone: list[str] = []
    came: list[str] = []

    def take_down() -> None:
        found.extend(Piece(kind, "".join(said)) for kind, said in ((DELETED, gone), (INSERTED, came)))
        gone.clear()
        came.clear()

    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = "".join(old[first:last])
        if tag == "equal" and not (gone and came and same.isspace()):
            take_down()
            found.append(Piece(KEPT, same))
        else:
            gone.extend(old[first:last])
            came.extend(new[start:end])
    take_down()
    return [piece for piece in found if piece.text]
