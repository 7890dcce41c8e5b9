"""What every reader gives: columns, rows with the line they began on, and the rows that could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.problems import Invalid

MOST_COLUMNS = 1_000


class ReaderProblem(Invalid):
    """This file cannot be read. Save it as CSV with UTF-8 and try again."""


@dataclass(frozen=True)
class RowProblem:
    """line: where the row begins in the file, from 1. is_warning: the row comes in all the same."""

    line: int
    column: str | None
    reason: str
    is_warning: bool = False


@dataclass(frozen=True)
class RawRow:
    """One row as it stands in the file; what is absent is an empty string, what is nested is JSON."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class RawTable:
    """form: what the file turned out to be, in words: "CSV, UTF-8, comma"."""

    columns: tuple[str, ...]
    rows: tuple[RawRow, ...]
    problems: tuple[RowProblem, ...]
    form: str

    def values(self, column: str) -> list[str]:
        return [row.values[column] for row in self.rows]


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Column names without blanks and repeats: "" becomes "column 3", the second "id" becomes "id (2)".

    Raises ReaderProblem where there are more than anybody could map.
    """
    if len(names) > MOST_COLUMNS:
        raise ReaderProblem(
            f"The file has {len(names):,} columns, and at most {MOST_COLUMNS:,} can be mapped. Split it."
        )
    given = [" ".join(name.split()) or f"column {place}" for place, name in enumerate(names, start=1)]
    found: list[str] = []
    for name in given:
        candidate, number = name, 1
        while candidate in found or (number > 1 and candidate in given):
            number += 1
            candidate = f"{name} ({number})"
        found.append(candidate)
    return tuple(found)
