"""Ratings as they were read, made into tables to count: a code or a set of codes by each rater on each unit."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.agreement.ratings_columns import ONE_DIMENSION
from app.agreement.ratings_file import SecondCode
from app.agreement.ratings_shapes import NONE_APPLIES, Entries, Ints, Ratings
from app.methods.agreement.tables import ABSENT, Patterns, counted, order_of

Value = str | frozenset[str]


@dataclass(frozen=True)
class Answers:
    """One entry a rating, in the order of dimensions, units and raters; its code is a place in `values`. Its row is
    where it stands, or begins."""

    ratings: Ratings
    values: tuple[Value, ...]
    entries: Entries


def answers_of(ratings: Ratings, *, sets: bool) -> tuple[Answers, int]:
    """With it how many rows only say again what an earlier row says.

    Raises SecondCode where a rater says two things of one unit, and names both rows.
    """
    answers = _sets(ratings) if sets else _single_codes(ratings)
    whose = _whose(answers)
    order = np.lexsort((answers.entries.row, whose))
    whose, entries = whose[order], answers.entries.at(order)
    answers = replace(answers, entries=entries)
    again = whose[1:] == whose[:-1]
    differs = np.flatnonzero(again & (entries.code[1:] != entries.code[:-1]))
    if len(differs):
        raise SecondCode(_second_code(answers, int(differs[entries.row[differs + 1].argmin()])))
    first = np.concatenate([[True], ~again])[: len(whose)]
    return replace(answers, entries=entries.at(first)), int(again.sum())


def rolled_up(ratings: Ratings, between: str, level: int) -> Ratings:
    """Codes as paths, each cut after so many levels."""
    names: dict[str, int] = {}
    sign = f" {between.strip()} "
    cut = [sign.join(path_of(code, between)[:level]) for code in ratings.codes]
    becomes = np.array([*(names.setdefault(name, len(names)) for name in cut), NONE_APPLIES], dtype=np.int64)
    code = becomes[ratings.entries.code]  # NONE_APPLIES is -1, and so the last
    return replace(ratings, codes=tuple(names), entries=replace(ratings.entries, code=code))


def levels_of(ratings: Ratings, between: str) -> int:
    """How deep the deepest code stands."""
    return max((len(path_of(code, between)) for code in ratings.codes), default=0)


def path_of(code: str, between: str) -> list[str]:
    return [part.strip() for part in code.split(between.strip())]


def said(answers: Answers, word: str) -> NDArray[np.bool_]:
    """Which ratings are this, alone or in a set."""
    are = [word in value if isinstance(value, frozenset) else word == value for value in answers.values]
    return np.array(are, dtype=bool)[answers.entries.code]


def patterns_by_dimension(answers: Answers) -> Iterator[tuple[str, Patterns]]:
    """In the order of the file; also of a dimension that nobody rated."""
    for number, name in enumerate(answers.ratings.dimensions):
        yield name, _patterns(answers, answers.entries.at(answers.entries.dimension == number))


def _single_codes(ratings: Ratings) -> Answers:
    """A blank is a value of its own, the last."""
    code = ratings.entries.code
    code = np.where(code == NONE_APPLIES, len(ratings.codes), code)
    return Answers(ratings, (*ratings.codes, ""), replace(ratings.entries, code=code))


def _sets(ratings: Ratings) -> Answers:
    """Codes of one rater on one unit are one set; in shapes where they stand in one row, codes of one row."""
    single = _single_codes(ratings)
    whose, row = _whose(single), ratings.entries.row
    if not ratings.one_row:
        row = np.zeros_like(row)
    order = np.lexsort((single.entries.row, row, whose))
    whose, row, entries = whose[order], row[order], single.entries.at(order)
    begins = np.ones(len(row), dtype=bool)
    begins[1:] = (whose[1:] != whose[:-1]) | (row[1:] != row[:-1])
    places = np.flatnonzero(begins)
    numbers, code = _numbered_sets(entries.code.tolist(), places.tolist(), none=len(ratings.codes))
    values = tuple(frozenset(ratings.codes[code] for code in members) for members in numbers)
    return Answers(ratings, values, replace(entries.at(places), code=code))


def _numbered_sets(codes: Sequence[int], starts: Sequence[int], *, none: int) -> tuple[list[tuple[int, ...]], Ints]:
    """The distinct sets, and which of them begins at each start."""
    numbers: dict[tuple[int, ...], int] = {}
    found = np.empty(len(starts), dtype=np.int64)
    for place, (start, stop) in enumerate(zip(starts, [*starts[1:], len(codes)], strict=False)):
        members = tuple(sorted(set(codes[start:stop]) - {none}))
        found[place] = numbers.setdefault(members, len(numbers))
    return list(numbers), found


def _whose(answers: Answers) -> Ints:
    """One number a dimension, unit and rater."""
    entries, ratings = answers.entries, answers.ratings
    return (entries.dimension * len(ratings.units) + entries.unit) * len(ratings.raters) + entries.rater


def _patterns(answers: Answers, entries: Entries) -> Patterns:
    units, unit_at = np.unique(entries.unit, return_inverse=True)
    raters, rater_at = _in_order(answers.ratings.raters, entries.rater)
    values, value_at = _in_order(answers.values, entries.code)
    cells = np.full((len(units), len(raters)), ABSENT, dtype=np.int64)
    cells[unit_at, rater_at] = value_at
    return counted(raters, values, cells, np.ones(len(cells), dtype=np.int64))


def _in_order(names: Sequence[Hashable], numbers: Ints) -> tuple[tuple[Hashable, ...], Ints]:
    """The names that occur, sorted, and where each number stands among them."""
    used = sorted(np.unique(numbers).tolist(), key=lambda number: order_of(names[number]))
    becomes = np.zeros(len(names), dtype=np.int64)
    becomes[used] = np.arange(len(used))
    return tuple(names[number] for number in used), becomes[numbers]


def _second_code(answers: Answers, place: int) -> str:
    ratings, entries = answers.ratings, answers.entries
    first, second = (_words(answers.values[entries.code[at]]) for at in (place, place + 1))
    rater, unit = ratings.raters[entries.rater[place]], ratings.units[entries.unit[place]]
    name = ratings.dimensions[entries.dimension[place]]
    where = "" if name == ONE_DIMENSION else f' in dimension "{name}"'
    earlier, row = entries.row[place], entries.row[place + 1]
    remedy = "If it may take several codes, add --sets."
    if earlier == row:
        return f'Row {row}: rater "{rater}" gives unit "{unit}"{where} both "{first}" and "{second}". {remedy}'
    takes_out = "Take one of the two rows out"
    if ratings.one_row:
        remedy = f"{takes_out}; if they are of two dimensions, say --dimension."
    else:
        remedy = f"{takes_out}; if it may take several codes, add --sets."
    return (
        f'Row {row}: rater "{rater}" already rated unit "{unit}"{where}: '
        f'"{first}" in row {earlier}, here "{second}". {remedy}'
    )


def _words(value: Value) -> str:
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else value
