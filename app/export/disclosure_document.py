"""The parts that the model disclosure is made of, whatever form it is written in."""

from collections.abc import Sequence
from dataclasses import dataclass

SOURCE = (
    "Structured by the eight guidelines of Baltes et al., Guidelines for Empirical Studies in Software Engineering "
    "involving Large Language Models, arXiv:2508.15503 (llm-guidelines.org). Every figure is computed by Tandem from "
    "the ledger of the study; what Tandem does not know is said to be unknown and is for the authors to add."
)


@dataclass(frozen=True)
class Words:
    """One paragraph. is_gap: it says what is unknown, or is for the authors to add."""

    text: str
    is_gap: bool = False
    kind: str = "words"


@dataclass(frozen=True)
class Grid:
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    kind: str = "grid"


@dataclass(frozen=True)
class Exact:
    """A text as it was sent. sha256: of its bytes in UTF-8."""

    name: str
    text: str
    sha256: str
    kind: str = "exact"


Block = Words | Grid | Exact


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Disclosure:
    title: str
    sections: Sequence[Section]


def gap(text: str) -> Words:
    return Words(text, is_gap=True)
