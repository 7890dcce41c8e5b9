"""The numbered paragraphs of a text: a second way for a model to say where a quote stands."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    """start and end count code points of the whole text, end exclusive."""

    number: int
    start: int
    end: int
    text: str


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Every line that holds more than white space, numbered from 1."""
    found: list[Paragraph] = []
    start = 0
    for line in text.splitlines(keepends=True):
        words = line.strip()
        if words:
            begin = start + line.index(words[0])
            found.append(Paragraph(len(found) + 1, begin, begin + len(words), words))
        start += len(line)
    return tuple(found)


def holds_in(numbered: Sequence[Paragraph], number: int, start: int, end: int) -> bool:
    """Whether start:end touches the paragraph of this number."""
    return any(part.number == number and part.start < end and start < part.end for part in numbered)
