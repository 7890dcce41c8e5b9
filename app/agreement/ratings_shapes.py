"""Ratings files of all three shapes, read into columns of numbers."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.agreement.ratings_columns import ONE_DIMENSION, MarkColumns, RatingColumns, Shape, Taking, WideColumns
from app.agreement.ratings_sheet import Columns, Sheet, UnreadableRatings

Ints = NDArray[np.int64]

NONE_APPLIES = -1  # rated, and no code applies
NOT_RATED = -2

MARKED = frozenset({"x", "1", "1.0", "yes", "y", "true", "✓", "✔"})
UNMARKED = frozenset({"", "0", "0.0", "no", "n", "false", "-", "–"})


class Numbered(dict[str, int]):
    """Words by the order in which they are first asked for."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number

    def of(self, words: Sequence[str]) -> Ints:
        return np.fromiter(map(self.__getitem__, words), dtype=np.int64, count=len(words))


@dataclass(frozen=True)
class Entries:
    """One entry a code: who gave which to what, by places in names, and in which row it stands."""

    dimension: Ints
    unit: Ints
    rater: Ints
    code: Ints
    row: Ints

    def at(self, places: Ints | NDArray[np.bool_]) -> "Entries":
        kept = (self.dimension, self.unit, self.rater, self.code, self.row)
        return Entries(*(column[places] for column in kept))


@dataclass(frozen=True)
class Ratings:
    """What a file says. A code of an entry is a place in `codes`, or NONE_APPLIES.

    one_row: what a rater says of a unit stands in a single row. blank: cells (in marks: rows) without anything.
    left_out: rows that `where` leaves out. words: how often each cell that holds a code occurs.
    """

    dimensions: tuple[str, ...]
    units: tuple[str, ...]
    raters: tuple[str, ...]
    codes: tuple[str, ...]
    entries: Entries
    one_row: bool
    blank: int
    left_out: int
    words: Mapping[str, int]


def read_ratings(sheet: Sheet, shape: Shape, taking: Taking) -> Ratings:
    """Raises Invalid for what cannot be read, with its row and column."""
    reading = _Reading(taking, shape)
    if isinstance(shape, RatingColumns):
        return reading.long(sheet, shape)
    if isinstance(shape, WideColumns):
        return reading.wide(sheet, shape)
    return reading.marks(sheet, shape)


class _Reading:
    """The rows as they come, part by part."""

    def __init__(self, taking: Taking, shape: Shape) -> None:
        self.taking = taking
        self.dimension_column = shape.dimension
        self.dimensions, self.units, self.raters, self.cells = Numbered(), Numbered(), Numbered(), Numbered()
        self.parts: list[tuple[Ints, ...]] = []
        self.spelt: dict[str, str] = {}
        self.left_out = 0
        if shape.dimension is None:
            self.dimensions[ONE_DIMENSION] = 0

    def long(self, sheet: Sheet, shape: RatingColumns) -> Ratings:
        for part, (dimension, unit, rater, cell) in self._parts(sheet, [shape.unit, shape.rater], [shape.value]):
            self._take(part.numbers, dimension, unit, self.raters.of(rater), self.cells.of(cell))
        return self._of_cells(one_row=False)

    def wide(self, sheet: Sheet, shape: WideColumns) -> Ratings:
        for part, (dimension, unit, *columns) in self._parts(sheet, [shape.unit], shape.raters):
            for name, column in zip(shape.raters, columns, strict=True):
                rater = np.full(len(column), self.raters[name.strip()], dtype=np.int64)
                self._take(part.numbers, dimension, unit, rater, self.cells.of(column))
        return self._of_cells(one_row=True)

    def marks(self, sheet: Sheet, shape: MarkColumns) -> Ratings:
        names = [name.strip() for name in shape.codes]
        for part, (dimension, unit, rater, *columns) in self._parts(sheet, [shape.unit, shape.rater], shape.codes):
            marked = [_marked(part.numbers, *column) for column in zip(names, columns, strict=True)]
            whose = (dimension, unit, self.raters.of(rater))
            for code, has in [*enumerate(marked), (NONE_APPLIES, ~np.logical_or.reduce(marked))]:
                self._take(part.numbers, *whose, np.full(len(has), code), only=has)
        entries = self._together()
        blank = entries.code == NONE_APPLIES
        if not self.taking.blank_is_a_rating:
            entries = entries.at(~blank)
        return self._ratings(names, entries, one_row=True, blank=int(blank.sum()), words={})

    def _parts(self, sheet: Sheet, filled: Sequence[str], others: Sequence[str]) -> Iterator[tuple[Columns, list[Any]]]:
        """With each part the numbers of its dimensions and units, then the cells of its other columns."""
        told = [self.dimension_column] if self.dimension_column else []
        where = list(self.taking.where)
        for part in sheet.columns([*told, *filled, *others, *where], filled=[*told, *filled]):
            part = self._chosen(part, len(where))
            dimension = self.dimensions.of(part.cells.pop(0)) if told else np.zeros(len(part.numbers), dtype=np.int64)
            yield part, [dimension, self.units.of(part.cells[0]), *part.cells[1:]]

    def _chosen(self, part: Columns, conditions: int) -> Columns:
        if not conditions:
            return part
        cells, told = part.cells[:-conditions], part.cells[-conditions:]
        wanted = list(self.taking.where.values())
        kept = [at for at, row in enumerate(zip(*told, strict=True)) if all(map(frozenset.__contains__, wanted, row))]
        self.left_out += len(part.numbers) - len(kept)
        return Columns([part.numbers[at] for at in kept], [[column[at] for at in kept] for column in cells])

    def _take(self, numbers: Sequence[int], *columns: Ints, only: NDArray[np.bool_] | None = None) -> None:
        rows = np.asarray(numbers, dtype=np.int64)
        self.parts.append(tuple(column if only is None else column[only] for column in (*columns, rows)))

    def _together(self) -> Entries:
        parts = self.parts or [tuple(np.empty((5, 0), dtype=np.int64))]
        return Entries(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _of_cells(self, *, one_row: bool) -> Ratings:
        """Distinct cells are few: each is understood once, however often it occurs."""
        entries = self._together()
        codes = Numbered()
        meanings = [self._meaning(word, codes) for word in self.cells]
        often = np.bincount(entries.code, minlength=len(self.cells)).tolist()
        words = dict(zip(self.cells, often, strict=True))
        blank = words.pop("", 0)
        return self._ratings(list(codes), _meant(entries, meanings), one_row=one_row, blank=blank, words=words)

    def _meaning(self, word: str, codes: Numbered) -> list[int]:
        if word in self.taking.not_rated or (not word and not self.taking.blank_is_a_rating):
            return [NOT_RATED]
        if word in self.taking.none_applies or not word:
            return [NONE_APPLIES]
        parts = [word] if self.taking.between is None else _parted(word, self.taking.between)
        if self.taking.ignore_case:
            parts = [self.spelt.setdefault(part.casefold(), part) for part in parts]
        return [codes[part] for part in dict.fromkeys(parts)] or [NONE_APPLIES]

    def _ratings(
        self, codes: Sequence[str], entries: Entries, *, one_row: bool, blank: int, words: Mapping[str, int]
    ) -> Ratings:
        names = (tuple(self.dimensions), tuple(self.units), tuple(self.raters), tuple(codes))
        return Ratings(*names, entries, one_row, blank, self.left_out, words)


def _meant(cells: Entries, meanings: Sequence[Sequence[int]]) -> Entries:
    """An entry for each code of each cell; none for a cell that says that its rater did not rate."""
    sizes = np.array([len(meaning) for meaning in meanings], dtype=np.int64)
    flat = np.array([code for meaning in meanings for code in meaning], dtype=np.int64)
    of_cell = sizes[cells.code]
    cell = np.repeat(np.arange(len(of_cell)), of_cell)
    within = np.arange(len(cell)) - np.repeat(np.cumsum(of_cell) - of_cell, of_cell)
    code = flat[(np.cumsum(sizes) - sizes)[cells.code[cell]] + within]
    rated = code != NOT_RATED
    return replace(cells.at(cell[rated]), code=code[rated])


def _marked(numbers: Sequence[int], code: str, cells: Sequence[str]) -> NDArray[np.bool_]:
    meant = {cell: _is_mark(cell) for cell in set(cells)}
    unclear = [cell for cell, mark in meant.items() if mark is None]
    if unclear:
        at = next(at for at, cell in enumerate(cells) if meant[cell] is None)
        raise UnreadableRatings(
            f'Row {numbers[at]}, column "{code}": "{cells[at]}" is no mark. Write x or 1 where the code applies; '
            "leave the cell blank, or write 0, where it does not."
        )
    return np.array([meant[cell] for cell in cells], dtype=bool)


def _is_mark(cell: str) -> bool | None:
    word = cell.casefold()
    return word in MARKED if word in MARKED | UNMARKED else None


def _parted(cell: str, between: str) -> list[str]:
    """A code that holds the sign itself stands between quote marks."""
    parts: Iterable[str] = cell.split(between)
    if len(between.strip()) == 1 and '"' in cell:
        parts = next(csv.reader([cell], delimiter=between.strip(), skipinitialspace=True))
    return [part.strip() for part in parts if part.strip()]
