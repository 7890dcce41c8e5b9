"""What every reader of codebooks gives: a tree of codes for each dimension, and what did not come through."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.codebook.texts import ExampleKind, Written
from app.problems import Invalid

NO_DIMENSION = ""  # of a file that does not say which dimension its codes answer
MOST_CODES = 5_000
MOST_DIMENSIONS = 100
DEEPEST = 50


class CodebookFileProblem(Invalid):
    """This file cannot be read as a codebook. Save it as CSV, JSON or QDC and try again."""


@dataclass
class ListedCode:
    """place: where in the file, in words. texts: by the names of app.codebook.texts; a blank one is not said."""

    name: str
    place: str
    texts: dict[str, Written] = field(default_factory=dict)
    examples: list[tuple[ExampleKind, str]] = field(default_factory=list)
    colour: str = ""
    source: str = ""
    is_category: bool = False
    codes: list["ListedCode"] = field(default_factory=list)

    def everything_below(self) -> Iterator["ListedCode"]:
        waiting = [*self.codes]
        while waiting:
            code = waiting.pop()
            yield code
            waiting += code.codes


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

    def everything(self) -> list[ListedCode]:
        return [each for code in self.codes for each in (code, *code.everything_below())]


@dataclass(frozen=True)
class Refused:
    place: str
    reason: str


@dataclass
class ListedCodebook:
    """left_out: what Tandem has no place for, with counts; remarks: what was read otherwise. Both in words."""

    dimensions: list[ListedDimension]
    refused: list[Refused] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def counted(count: int, what: str, *, many: str = "") -> str:
    """many: where it is not `what` with an s."""
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def too_many_codes(count: int) -> CodebookFileProblem:
    return CodebookFileProblem(
        f"The file lists {count:,} codes, and at most {MOST_CODES:,} are brought in at once. Split it by dimension."
    )


def too_deep() -> CodebookFileProblem:
    return CodebookFileProblem(
        f"The codes of this file stand more than {DEEPEST} levels deep. A codebook that people read has three or four."
    )
