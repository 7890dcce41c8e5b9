"""A table under a mapping: incidents ready to store, and every row that cannot come in, with its line and reason."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.incidents.mapping import TIME_FIELDS, ColumnMapping, IncidentField, Mapping, check_mapping
from app.incidents.readers.table import RawRow, RawTable, RowProblem
from app.incidents.times import BadTime, parsed_time
from app.incidents.values import cell, heading, prose, short
from app.methods.lifecycle import StageTimes, stages_out_of_order
from app.methods.text import UnusableText, sha256

LONGEST_ID = 500
LONGEST_SHORT = 1000
LONGEST_TEXT = 1_000_000
FEW_WORDS = 12
TITLE_FROM_TEXT = 80


@dataclass(frozen=True)
class IncidentRow:
    """raw_sha256 is of the row as it stands in the file, whatever the mapping. title may be the text's first words."""

    line: int
    raw_sha256: str
    title: str
    text: str
    text_sha256: str
    external_id: str | None = None
    service: str | None = None
    severity: str | None = None
    cohort: str | None = None
    url: str | None = None
    detected_by: str | None = None
    started_at: datetime | None = None
    detected_at: datetime | None = None
    triaged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """problems: by line, those of the reader too; warnings among them belong to rows that came through."""

    rows: tuple[IncidentRow, ...]
    problems: tuple[RowProblem, ...]

    @property
    def refused(self) -> tuple[RowProblem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def warnings(self) -> tuple[RowProblem, ...]:
        return tuple(problem for problem in self.problems if problem.is_warning)


def apply_mapping(table: RawTable, mapping: Mapping) -> Reading:
    """Raises UnusableMapping; what is wrong with a row becomes a problem and the other rows come through."""
    check_mapping(mapping, table.columns)
    rows: list[IncidentRow] = []
    problems = list(table.problems)
    by_hash: dict[str, int] = {}
    by_id: dict[str, IncidentRow] = {}
    for raw in table.rows:
        try:
            row, warnings = _incident(raw, mapping)
            _check_new(row, mapping, by_hash, by_id)
        except _Refused as refusal:
            problems.append(RowProblem(raw.line, refusal.column, refusal.reason))
            continue
        by_hash[row.raw_sha256] = row.line
        if row.external_id is not None:
            by_id[row.external_id] = row
        rows.append(row)
        problems += warnings
    return Reading(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))


def row_hash(values: dict[str, str]) -> str:
    """SHA-256 of a row's cells by column name; the order of the columns and what stands for nothing do not count."""
    said = {column: value for column, value in values.items() if value}
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


class _Refused(Exception):
    def __init__(self, column: str | None, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(reason)


def _incident(raw: RawRow, mapping: Mapping) -> tuple[IncidentRow, list[RowProblem]]:
    cells = {column: _cell(column, value) for column, value in raw.values.items()}
    told: dict[str, Any] = {one.field: _short(cells, one) for one in mapping.columns if one.field in _SHORT_FIELDS}
    text = _joined_text(cells, mapping)
    title = told.pop(IncidentField.TITLE, None)
    if text is None:
        what = "No text: cannot be coded" if title else "No text and no title: cannot be coded"
        raise _Refused(mapping.text_from[0], what)
    if len(text) > LONGEST_TEXT:
        raise _Refused(mapping.text_from[0], f"text longer than {LONGEST_TEXT:,} characters")
    attributes = {
        one.column: value
        for one in mapping.columns
        if one.field is IncidentField.ATTRIBUTE and (value := cells[one.column]) is not None
    }
    url = told.pop(IncidentField.URL, None)
    if url is not None and not url.lower().startswith(("http://", "https://")):
        column = mapping.column_for(IncidentField.URL)
        attributes[column.column if column else "url"] = url
        url = None
    times: dict[str, Any] = {one.field: _time(cells, one) for one in mapping.columns if one.field in TIME_FIELDS}
    row = IncidentRow(
        line=raw.line,
        raw_sha256=row_hash({column: value for column, value in cells.items() if value is not None}),
        title=title or _first_words(text, skip_heading=len(mapping.text_from) > 1),
        text=text,
        text_sha256=sha256(text),
        url=url,
        cohort=told.pop(IncidentField.COHORT, None) or mapping.cohort,
        attributes=attributes,
        **told,
        **times,
    )
    return row, _warnings(row, mapping)


_SHORT_FIELDS = frozenset(
    (
        IncidentField.EXTERNAL_ID,
        IncidentField.TITLE,
        IncidentField.SERVICE,
        IncidentField.SEVERITY,
        IncidentField.COHORT,
        IncidentField.URL,
        IncidentField.DETECTED_BY,
    )
)


def _cell(column: str, value: str) -> str | None:
    try:
        return cell(value)
    except UnusableText as problem:
        raise _Refused(column, problem.sentence) from problem


def _short(cells: dict[str, str | None], one: ColumnMapping) -> str | None:
    try:
        value = short(cells[one.column])
    except UnusableText as problem:
        raise _Refused(one.column, problem.sentence) from problem
    longest = LONGEST_ID if one.field is IncidentField.EXTERNAL_ID else LONGEST_SHORT
    if value is not None and len(value) > longest:
        raise _Refused(one.column, f"{one.field} longer than {longest} characters")
    return None if value is None else one.renames.get(value, value)


def _joined_text(cells: dict[str, str | None], mapping: Mapping) -> str | None:
    """One column as it is; several with their names as headings, blank ones left out."""
    parts = []
    for column in mapping.text_from:
        try:
            told = prose(cells[column])
        except UnusableText as problem:
            raise _Refused(column, problem.sentence) from problem
        if told is not None:
            parts.append(told if len(mapping.text_from) == 1 else f"{heading(column)}\n{told}")
    return "\n\n".join(parts) if parts else None


def _first_words(text: str, *, skip_heading: bool) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    line = " ".join(lines[1 if skip_heading else 0].split())
    return line if len(line) <= TITLE_FROM_TEXT else line[: TITLE_FROM_TEXT - 1].rstrip() + "…"


def _time(cells: dict[str, str | None], one: ColumnMapping) -> datetime | None:
    value = cells[one.column]
    if value is None:
        return None
    zone = (cells[one.zone_column] if one.zone_column else None) or one.zone
    try:
        return parsed_time(value, zone, day_first=one.day_first)
    except BadTime as problem:
        raise _Refused(one.column, problem.sentence) from problem


def _check_new(row: IncidentRow, mapping: Mapping, by_hash: dict[str, int], by_id: dict[str, IncidentRow]) -> None:
    if (line := by_hash.get(row.raw_sha256)) is not None:
        raise _Refused(None, f"the same as line {line}")
    same = by_id.get(row.external_id) if row.external_id is not None else None
    if same is not None:
        column = mapping.column_for(IncidentField.EXTERNAL_ID)
        how = "same" if same.text_sha256 == row.text_sha256 else "other"
        raise _Refused(column.column if column else None, f"id also in line {same.line}, {how} text")


def _warnings(row: IncidentRow, mapping: Mapping) -> list[RowProblem]:
    found = []
    times = StageTimes(row.started_at, row.detected_at, row.triaged_at, row.mitigated_at, row.resolved_at)
    for later, earlier in stages_out_of_order(times):
        column = mapping.column_for(IncidentField(f"{later}_at"))
        reason = f"{later.capitalize()} before {earlier}"
        found.append(RowProblem(row.line, column.column if column else None, reason, is_warning=True))
    words = len(row.text.split())
    if words < FEW_WORDS:
        reason = f"Very short text: {words} {'word' if words == 1 else 'words'}"
        found.append(RowProblem(row.line, mapping.text_from[0], reason, is_warning=True))
    return found
