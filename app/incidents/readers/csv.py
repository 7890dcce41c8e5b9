"""Comma, semicolon, tab or bar separated values, with quoted line ends, by their physical lines."""

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from app.incidents.readers.decoding import decoded
from app.incidents.readers.table import RawRow, RawTable, ReaderProblem, RowProblem, unique_names

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LONGEST_VALUE = 20_000_000
_LOOKED_AT = 50

csv.field_size_limit(LONGEST_VALUE)


def read_csv(content: bytes) -> RawTable:
    """Rows with too few or too many values become problems; blank lines are nothing. Raises ReaderProblem."""
    text, encoding = decoded(content)
    delimiter = sniffed_delimiter(text)
    lines = _numbered(text, delimiter)
    try:
        header_line, header = next(lines, (1, []))
        columns = unique_names(header)
        rows, problems = _rows(lines, columns)
    except csv.Error as error:
        raise ReaderProblem(
            f"The file cannot be read as CSV ({error}). Check that its quotes are closed and save it as CSV again."
        ) from error
    if not rows and not problems:
        raise ReaderProblem(f"No row follows the header in line {header_line}. Choose a file with incidents in it.")
    if (unclosed := _unclosed_quote(text, rows, problems)) is not None:
        rows = [row for row in rows if row.line != unclosed.line]
        problems = [problem for problem in problems if problem.line != unclosed.line] + [unclosed]
    return RawTable(columns, tuple(rows), tuple(problems), f"CSV, {encoding}, {DELIMITERS[delimiter]}")


def sniffed_delimiter(text: str) -> str:
    """The delimiter under which most of the first rows have as many values as the header; comma for one column."""
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter))


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    try:
        rows = [row for _, row in islice(_numbered(text, delimiter), _LOOKED_AT)]
    except csv.Error:
        return (0.0, 0)
    width = len(rows[0]) if rows else 0
    if width < 2:
        return (0.0, 0)
    return (sum(len(row) == width for row in rows) / len(rows), width)


def _numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(first physical line, values) of every line that is not blank."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    for values in reader:
        if any(value.strip() for value in values):
            yield line, values
        line = reader.line_num + 1


def _rows(lines: Iterator[tuple[int, list[str]]], columns: tuple[str, ...]) -> tuple[list[RawRow], list[RowProblem]]:
    rows, problems = [], []
    width = len(columns)
    for line, values in lines:
        while len(values) > width and not values[-1].strip():
            values.pop()
        if len(values) == width:
            rows.append(RawRow(line, dict(zip(columns, values, strict=True))))
        else:
            problems.append(RowProblem(line, None, f"{len(values)} values for {width} columns"))
    return rows, problems


def _unclosed_quote(text: str, rows: list[RawRow], problems: list[RowProblem]) -> RowProblem | None:
    """A quote that opens and never closes makes one row of all the rest of the file: it may not come in unseen."""
    last = max([row.line for row in rows] + [problem.line for problem in problems])
    rest = "".join(islice(StringIO(text, newline=""), last - 1, None))
    if rest.count('"') % 2 == 0 or rest.strip().count("\n") + rest.strip().count("\r") == 0:
        return None
    return RowProblem(last, None, "a quote opens here and never closes; all that follows was read as one value")
