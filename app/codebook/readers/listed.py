"""What every reader of codebooks gives: a tree of codes for each dimension, and what did not come through."""

from dataclasses import dataclass, field

from app.problems import Invalid

NO_DIMENSION = ""  # of a file that does not say which dimension its codes answer


class CodebookFileProblem(Invalid):
    """This file cannot be read as a codebook. Save it as CSV, JSON or QDC and try again."""


@dataclass
class ListedCode:
    """place: where in the file, in words."""

    name: str
    place: str
    definition: str = ""
    use_when: str = ""
    not_when: str = ""
    examples: list[str] = field(default_factory=list)
    colour: str = ""
    source: str = ""
    is_category: bool = False
    codes: list["ListedCode"] = field(default_factory=list)


@dataclass
class ListedDimension:
    """takes, has_main and openness: None where the file does not say."""

    name: str
    question: str = ""
    takes: str | None = None
    has_main: bool = False
    needs_evidence: bool = False
    openness: str | None = None
    codes: list[ListedCode] = field(default_factory=list)


@dataclass(frozen=True)
class Refused:
    place: str
    reason: str


@dataclass
class ListedCodebook:
    """left_out: kinds of things that Tandem has no place for, with their counts, in words."""

    dimensions: list[ListedDimension]
    refused: list[Refused] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
