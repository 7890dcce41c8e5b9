"""Long ratings files: a row is one code by one rater on one unit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.agreement.ratings_columns import ONE_DIMENSION, RatingColumns
from app.agreement.ratings_sheet import read_sheet
from app.problems import Invalid


class SecondCode(Invalid):
    """A rater gave one unit two codes."""


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


def rating_rows(content: bytes, columns: RatingColumns) -> Iterator[Rating]:
    """The rows one by one. Raises for the first that cannot be read, with its number."""
    named = [columns.unit, columns.rater, *([columns.dimension] if columns.dimension else [])]
    for part in read_sheet(content).columns([*named, columns.value], filled=named):
        units, raters, *dimensions, codes = part.cells
        of = dimensions[0] if dimensions else [ONE_DIMENSION] * len(units)
        yield from map(Rating, part.numbers, units, raters, of, codes)


def tables_of(ratings: Iterable[Rating], columns: RatingColumns, *, sets: bool) -> dict[str, DimensionRatings]:
    """Tables by dimension.

    With `sets` the rows of a rater on a unit make a set, and a blank row is the empty set. Without it a blank
    is a value of its own, and a second row for the same unit and rater is refused unless it says the same.
    """
    return _as_sets(ratings, columns) if sets else _as_single_codes(ratings, columns)


def columns_of(content: bytes) -> list[str]:
    """The names in the first row."""
    return read_sheet(content).header


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
        if first.code != rating.code:
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
