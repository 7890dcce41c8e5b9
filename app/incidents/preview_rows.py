"""Some rows of a file under a mapping: the first ones, and some of every kind of problem."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.incidents.actions import ImportPreview
from app.incidents.mapping import TIME_FIELDS, IncidentField, Mapping
from app.incidents.readers import RawTable
from app.incidents.readers.table import RowProblem
from app.incidents.reading import IncidentRow

OF_A_KIND = 4
MOST_WITH_PROBLEMS = 24
FIRST_ROWS = 10
_LONGEST = 48


@dataclass(frozen=True)
class PreviewCell:
    """kind: "", "bad" or "warned"."""

    text: str
    kind: str = ""
    is_id: bool = False


@dataclass(frozen=True)
class PreviewRow:
    """kind: bad, warned, new, here or changed."""

    line: int
    kind: str
    words: str
    cells: list[PreviewCell]


def shown_fields(mapping: Mapping) -> list[IncidentField]:
    mapped = {one.field for one in mapping.columns}
    always = (IncidentField.EXTERNAL_ID, IncidentField.TITLE, IncidentField.TEXT)
    ends = [IncidentField.SERVICE] if IncidentField.SERVICE in mapped else []
    if IncidentField.COHORT in mapped or mapping.cohort:
        ends.append(IncidentField.COHORT)
    return [*always, *(stage for stage in TIME_FIELDS if stage in mapped), *ends]


def preview_rows(table: RawTable, mapping: Mapping, found: ImportPreview, *, problems_first: bool) -> list[PreviewRow]:
    """problems_first: those of every kind, then the first rows without any; else the first rows as they come."""
    by_line: dict[int, list[RowProblem]] = defaultdict(list)
    for problem in found.reading.problems:
        by_line[problem.line].append(problem)
    told = _some_of_every_kind(found.reading.problems)
    lines = sorted({row.line for row in table.rows} | set(by_line))
    plain = [line for line in lines if line not in by_line]
    shown = [*told, *plain[:FIRST_ROWS]] if problems_first else sorted({*lines[:FIRST_ROWS], *told})
    rows = _Rows(table, mapping, found)
    return [rows.row(line, by_line.get(line, [])) for line in shown]


def _some_of_every_kind(problems: Sequence[RowProblem]) -> list[int]:
    """Lines, what is refused before what is warned of; a kind is a reason without its numbers and values."""
    seen: dict[str, int] = defaultdict(int)
    lines: dict[int, None] = {}
    for problem in sorted(problems, key=lambda one: (one.is_warning, one.line)):
        kind = re.sub(r"\d+|: .*", "", problem.reason)
        seen[kind] += 1
        if seen[kind] <= OF_A_KIND and len(lines) < MOST_WITH_PROBLEMS:
            lines[problem.line] = None
    return list(lines)


class _Rows:
    def __init__(self, table: RawTable, mapping: Mapping, found: ImportPreview) -> None:
        self.mapping = mapping
        self.fields = shown_fields(mapping)
        self.raw = {row.line: row.values for row in table.rows}
        self.read = {row.line: row for row in found.reading.rows}
        self.standing = {row.line: ("here", "Already here") for row in found.already_here}
        self.standing |= {row.line: ("changed", "Its id is here, with other content") for row in found.changed}

    def row(self, line: int, problems: Sequence[RowProblem]) -> PreviewRow:
        kind, words = self._standing(line, problems)
        marked = {} if kind not in ("bad", "warned") else {self._field_of(one): kind for one in problems}
        cells = [
            PreviewCell(self._text(line, one), marked.get(one, ""), one is IncidentField.EXTERNAL_ID)
            for one in self.fields
        ]
        return PreviewRow(line, kind, words, cells)

    def _standing(self, line: int, problems: Sequence[RowProblem]) -> tuple[str, str]:
        refused = [problem.reason for problem in problems if not problem.is_warning]
        if refused:
            return "bad", _capital(refused[0])
        if line in self.standing:
            return self.standing[line]
        if problems:
            return "warned", "; ".join(problem.reason for problem in problems)
        return "new", "New"

    def _field_of(self, problem: RowProblem) -> IncidentField | None:
        return self.mapping.of(problem.column).field if problem.column else None

    def _text(self, line: int, field: IncidentField) -> str:
        row = self.read.get(line)
        value = self._raw_value(line, field) if row is None else _value(row, field)
        if isinstance(value, datetime):
            return f"{value.day} {value:%b %Y %H:%M}"
        told = " ".join((value or "").split())
        return told if len(told) <= _LONGEST else told[: _LONGEST - 1].rstrip() + "…"

    def _raw_value(self, line: int, field: IncidentField) -> str:
        """Of a row that was refused: as it stands in the file."""
        values = self.raw.get(line, {})
        if field is IncidentField.TEXT:
            return " ".join(value for column in self.mapping.text_from if (value := values.get(column, "")))
        one = self.mapping.column_for(field)
        return values.get(one.column, "").replace("\0", "␀") if one else ""


def _value(row: IncidentRow, field: IncidentField) -> str | datetime | None:
    found: str | datetime | None = getattr(row, str(field))
    return found


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
