"""Long ratings files: a row is one code by one rater on one unit."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.problems import Invalid

ONE_DIMENSION = "all"
LONGEST_CELL = 10_000_000


class NoSuchColumn(Invalid):
    """The file has no column of that name."""


class UnreadableRatings(Invalid):
    """This file cannot be read as a table of ratings."""


class SecondCode(Invalid):
    """A rater gave one unit two codes."""


@dataclass(frozen=True)
class RatingColumns:
    """The names of the columns that hold each part of a rating. No dimension: the whole file is one."""

    unit: str
    rater: str
    value: str
    dimension: str | None = None


@dataclass(frozen=True)
class Rating:
    """One row. row: its number in the file, the header being row 1."""

    row: int
    unit: str
    rater: str
    dimension: str
    code: str


@dataclass
class DimensionRatings:
    """One dimension's ratings: units in the order of the file, each rater -> a code, or a set of codes."""

    units: dict[str, dict[str, str | frozenset[str]]] = field(default_factory=dict)

    @property
    def table(self) -> list[Mapping[str, str | frozenset[str]]]:
        return list(self.units.values())


def read_ratings(path: Path, columns: RatingColumns, *, sets: bool) -> dict[str, DimensionRatings]:
    """Tables by dimension.

    With `sets` the rows of a rater on a unit make a set, and a blank row is the empty set. Without it a blank
    is a value of its own, and a second row for the same unit and rater is refused.
    """
    return tables_of(rating_rows(path.read_bytes(), columns), columns, sets=sets)


def rating_rows(content: bytes, columns: RatingColumns) -> Iterator[Rating]:
    """The rows one by one. Raises for the first that cannot be read, with its number."""
    return _ratings(_text(content), columns)


def tables_of(ratings: Iterable[Rating], columns: RatingColumns, *, sets: bool) -> dict[str, DimensionRatings]:
    return _as_sets(ratings, columns) if sets else _as_single_codes(ratings, columns)


def columns_of(content: bytes) -> list[str]:
    """The names in the first row."""
    return [name.strip() for name in next(_rows(_text(content)), (1, []))[1]]


def _as_sets(ratings: Iterable[Rating], columns: RatingColumns) -> dict[str, DimensionRatings]:
    dimensions = _no_ratings(columns)
    for rating in ratings:
        units = dimensions.setdefault(rating.dimension, DimensionRatings()).units
        raters = units.setdefault(rating.unit, {})
        codes = frozenset([rating.code]) if rating.code else frozenset()
        raters[rating.rater] = frozenset(raters.get(rating.rater, frozenset())) | codes
    return dimensions


def _as_single_codes(ratings: Iterable[Rating], columns: RatingColumns) -> dict[str, DimensionRatings]:
    dimensions = _no_ratings(columns)
    first_rows: dict[tuple[str, str, str], Rating] = {}
    for rating in ratings:
        first = first_rows.setdefault((rating.dimension, rating.unit, rating.rater), rating)
        if first is not rating:
            raise SecondCode(_second_code(first, rating))
        units = dimensions.setdefault(rating.dimension, DimensionRatings()).units
        units.setdefault(rating.unit, {})[rating.rater] = rating.code
    return dimensions


def _no_ratings(columns: RatingColumns) -> dict[str, DimensionRatings]:
    return {} if columns.dimension else {ONE_DIMENSION: DimensionRatings()}


def _second_code(first: Rating, second: Rating) -> str:
    where = "" if second.dimension == ONE_DIMENSION else f' in dimension "{second.dimension}"'
    return (
        f'Row {second.row}: rater "{second.rater}" already rated unit "{second.unit}"{where}: '
        f'"{first.code}" in row {first.row}, here "{second.code}". If it may take several codes, add --sets.'
    )


def _ratings(text: str, columns: RatingColumns) -> Iterator[Rating]:
    rows = _rows(text)
    _, header = next(rows, (1, []))
    if not header:
        raise UnreadableRatings("The file is empty: it needs a first row with the names of its columns.")
    places = {name: _place(header, name) for name in vars(columns).values() if name is not None}
    for number, cells in rows:
        while len(cells) > len(header) and not cells[-1].strip():
            cells.pop()
        if len(cells) > len(header) or len(cells) <= max(places.values()):
            raise UnreadableRatings(
                f"Row {number} has {len(cells)} cells, the header {len(header)}. Is a quote mark or a comma missing? "
                "A blank code is a cell of its own, also at the end of a row."
            )
        found = {name: cells[place].strip() for name, place in places.items()}
        for name in (columns.unit, columns.rater, columns.dimension):
            if name is not None and not found[name]:
                raise UnreadableRatings(f'Row {number}: column "{name}" is blank.')
        dimension = found[columns.dimension] if columns.dimension else ONE_DIMENSION
        yield Rating(number, found[columns.unit], found[columns.rater], dimension, found[columns.value])


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number; those without any content are passed over.

    Strictly: a quote mark that opens and never closes would make one code of all the rows behind it.
    """
    csv.field_size_limit(LONGEST_CELL)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise UnreadableRatings(
            f"Row {number + 1} cannot be read ({error}). Is a quote mark missing, or one too many?"
        ) from error


def _place(header: list[str], name: str) -> int:
    names = [column.strip() for column in header]
    if names.count(name.strip()) > 1:
        raise UnreadableRatings(f'The file has more than one column "{name}".')
    if name.strip() not in names:
        listed = ", ".join(f'"{column}"' for column in names)
        raise NoSuchColumn(f'The file has no column "{name}". It has {listed}.')
    return names.index(name.strip())


def _text(content: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else Windows-1252 as spreadsheets save it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
