"""A file of ratings as columns of cells: CSV of any delimiter and encoding, or a workbook."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice

from app.agreement.ratings_columns import CsvForm
from app.incidents.readers.csv import LONGEST_VALUE, sniffed_delimiter
from app.incidents.readers.decoding import decoded
from app.incidents.readers.xlsx import read_xlsx
from app.problems import Invalid

ROWS_AT_ONCE = 20_000
LOOKED_AT = 1_000_000  # bytes that tell the delimiter
NO_HEADER = "The file is empty: it needs a first row with the names of its columns."
_ZIP = b"PK\x03\x04"
_MARK = b"\xef\xbb\xbf"


class NoSuchColumn(Invalid):
    """The file has no column of that name."""


class UnreadableRatings(Invalid):
    """This file cannot be read as a table of ratings."""


@dataclass(frozen=True)
class Columns:
    """Some rows, column by column. numbers: their rows in the file, the header being row 1."""

    numbers: Sequence[int]
    cells: list[list[str]]


class Sheet:
    """The names of the columns, and the rows under them, read once. note: what of the file is left unread."""

    def __init__(
        self, header: Sequence[str], rows: Iterator[tuple[Sequence[int], list[list[str]]]], note: str = ""
    ) -> None:
        self.header = [name.strip() for name in header]
        self.note = note
        self._rows = rows

    def place(self, name: str) -> int:
        name = name.strip()
        if self.header.count(name) > 1:
            raise UnreadableRatings(f'The file has more than one column "{name}". Give them different names.')
        if name not in self.header:
            listed = ", ".join(f'"{column}"' for column in self.header)
            hint = " If that is a whole row of names, say which sign parts them." if len(self.header) == 1 else ""
            raise NoSuchColumn(f'The file has no column "{name}". It has {listed}.{hint}')
        return self.header.index(name)

    def columns(self, names: Sequence[str], *, filled: Sequence[str]) -> Iterator[Columns]:
        """The cells under these names, some rows at a time, without the blanks around them.

        Rows without any content are passed over. Raises for the first row that cannot be read, and for the first
        blank under one of the names in `filled`.
        """
        places = [self.place(name) for name in names]
        check = [at for at, name in enumerate(names) if name in filled]
        for numbers, rows in self._rows:
            numbers, rows = self._even(numbers, rows, max(places))
            cells = [[row[place].strip() for row in rows] for place in places]
            for at in check:
                if "" in cells[at]:
                    raise UnreadableRatings(
                        f'Row {numbers[cells[at].index("")]}: column "{names[at]}" is blank. '
                        "Fill it in, or take the row out."
                    )
            yield Columns(numbers, cells)

    def _even(self, numbers: Sequence[int], rows: list[list[str]], last: int) -> tuple[Sequence[int], list[list[str]]]:
        width = len(self.header)
        if all(len(row) == width and row[0].strip() for row in rows):
            return numbers, rows
        kept = [(number, row) for number, row in zip(numbers, rows, strict=True) if any(map(str.strip, row))]
        for number, row in kept:
            while len(row) > width and not row[-1].strip():
                row.pop()
            if len(row) > width or len(row) <= last:
                raise UnreadableRatings(
                    f"Row {number} has {len(row)} cells, the header {width}. Is a quote mark or a comma missing? "
                    "A blank code is a cell of its own, also at the end of a row."
                )
        return [number for number, _ in kept], [row for _, row in kept]


def read_sheet(content: bytes, form: CsvForm | None = None) -> Sheet:
    """Raises Invalid where nothing can be read."""
    form = form or CsvForm()
    if content.startswith(_ZIP):
        return _workbook(content)
    if not content.strip():
        raise UnreadableRatings(NO_HEADER)
    text = _as_utf8(content, form.encoding)
    delimiter = form.delimiter or sniffed_delimiter(text[:LOOKED_AT].decode("utf-8", errors="ignore"))
    rows = _csv_rows(text, delimiter)
    _, (header, *_) = next(rows, ((), [[]]))
    if not any(map(str.strip, header)):
        raise UnreadableRatings(NO_HEADER)
    return Sheet(header, rows)


def _workbook(content: bytes) -> Sheet:
    table = read_xlsx(content)
    # The reader numbers what is named twice; here neither may be taken for the other.
    names = [name.removesuffix(" (2)") for name in table.columns]
    names = [name if name in table.columns else whole for name, whole in zip(names, table.columns, strict=True)]
    rows = [list(row.values.values()) for row in table.rows]
    return Sheet(names, iter([([row.line for row in table.rows], rows)]), "; ".join(x.reason for x in table.problems))


def _as_utf8(content: bytes, encoding: str | None) -> bytes:
    """The same text in UTF-8 without a mark; an encoding that nobody named is found out."""
    if encoding is None:
        text, found = decoded(content)
        return content.removeprefix(_MARK) if found == "UTF-8" else text.encode("utf-8")
    try:
        return content.decode(encoding).encode("utf-8").removeprefix(_MARK)
    except UnicodeError as error:
        raise UnreadableRatings(f"The file is not {encoding}: {error}. Say another --encoding, or none.") from error


def _csv_rows(text: bytes, delimiter: str) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    """The header alone, then the rows in pieces.

    Strictly: a quote mark that opens and never closes would make one code of all the rows behind it.
    """
    reader, number, size = _reader(text, delimiter), 1, 1
    try:
        while rows := list(islice(reader, size)):
            yield range(number, number + len(rows)), rows
            number, size = number + len(rows), ROWS_AT_ONCE
    except csv.Error as error:
        raise UnreadableRatings(
            f"Row {_broken_row(text, delimiter)} cannot be read ({error}). Is a quote mark missing, or one too many?"
        ) from error


def _reader(text: bytes, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_VALUE)
    return csv.reader(TextIOWrapper(BytesIO(text), "utf-8", newline=""), delimiter=delimiter, strict=True)


def _broken_row(text: bytes, delimiter: str) -> int:
    number = 1
    try:
        for _ in _reader(text, delimiter):
            number += 1
    except csv.Error:
        pass
    return number
