"""What `tandem agreement` is told of a file, made out of its options."""

import codecs
import csv
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from app.agreement.ratings_columns import MarkColumns, RatingColumns, Shape, Taking, WideColumns


class Blank(StrEnum):
    not_rated = "not-rated"
    none_applies = "none-applies"


class Form(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"
    latex = "latex"


RaterColumns = Annotated[str | None, typer.Option(help="Wide files: a column a rater, their names parted by commas.")]
CodeColumns = Annotated[
    str | None, typer.Option(help="Marks: a column a code, their names parted by commas; x or 1 where it applies.")
]
CodesBetween = Annotated[str | None, typer.Option(help="With --sets: what parts several codes of one cell, such as ;")]
IgnoreCase = Annotated[
    bool, typer.Option("--ignore-case", help="Codes that differ in upper and lower case alone are one.")
]
BlankIs = Annotated[
    Blank | None,
    typer.Option("--blank", help="What a blank cell says. Unless told: not-rated in wide files, else none-applies."),
]
NoneApplies = Annotated[
    list[str] | None, typer.Option(help="A cell that says: rated, no code applies. As often as needed.")
]
NotRated = Annotated[
    list[str] | None, typer.Option(help="A cell that says: not rated, such as NA. As often as needed.")
]
NotEnough = Annotated[
    str | None, typer.Option(help="The code for not enough information: alpha without it is given beside.")
]
Where = Annotated[
    list[str] | None, typer.Option(help="COLUMN=CELL: only rows that have it. Several of a column: any of them.")
]
Levels = Annotated[
    str | None, typer.Option(help="Codes are paths, parted by this sign: figures rolled up to each level too.")
]
Stored = Annotated[
    bool, typer.Option("--stored", help="FILE holds figures at closing: make them again and say what differs.")
]


def shape_of(
    unit: str | None,
    rater: str | None,
    value: str | None,
    in_rater_columns: str | None,
    in_code_columns: str | None,
    dimension: str | None,
) -> Shape:
    """Raises BadParameter where the options tell of no shape, or of two."""
    if unit is None:
        raise typer.BadParameter("Say which column names the unit rated.", param_hint="'--unit'")
    rater_columns, code_columns = names_in(in_rater_columns), names_in(in_code_columns)
    if sum((value is not None, bool(rater_columns), bool(code_columns))) != 1:
        raise typer.BadParameter(
            "Say which shape the file has, and only one: --rater and --value (a row a code), "
            "--rater-columns (a column a rater), or --rater and --code-columns (a column a code)."
        )
    if (rater is None) != bool(rater_columns):
        raise typer.BadParameter(
            "With --rater-columns each rater has a column: leave --rater out."
            if rater_columns
            else "Say which column names the rater: --rater."
        )
    named = [unit, *([dimension] if dimension else []), *([rater] if rater else []), *([value] if value else [])]
    named = [name.strip() for name in (*named, *rater_columns, *code_columns)]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise typer.BadParameter(f'Each part of a rating has a column of its own, and "{twice}" is named twice.')
    if rater_columns:
        return WideColumns(unit, rater_columns, dimension)
    if code_columns:
        return MarkColumns(unit, rater or "", code_columns, dimension)
    return RatingColumns(unit, rater or "", value or "", dimension)


def taking_of(
    shape: Shape,
    blank: Blank | None,
    none_applies: Sequence[str] | None,
    not_rated: Sequence[str] | None,
    between: str | None,
    where: Sequence[str] | None,
    *,
    ignore_case: bool,
) -> Taking:
    if isinstance(shape, MarkColumns) and (none_applies or not_rated or between or ignore_case):
        raise typer.BadParameter(
            "With --code-columns a cell holds a mark and no code: leave --none-applies, --not-rated, --codes-between "
            "and --ignore-case out."
        )
    unless_told = Blank.not_rated if isinstance(shape, WideColumns) else Blank.none_applies
    return Taking(
        blank_is_a_rating=(blank or unless_told) is Blank.none_applies,
        none_applies=frozenset(word.strip() for word in none_applies or ()),
        not_rated=frozenset(word.strip() for word in not_rated or ()),
        between=between,
        ignore_case=ignore_case,
        where=_conditions(where or ()),
    )


def between_codes(sign: str | None, *, sets: bool) -> str | None:
    if sign is not None and not sets:
        raise typer.BadParameter("Several codes of one cell make a set: add --sets.", param_hint="'--codes-between'")
    return sign_between(sign, "--codes-between")


def sign_between(sign: str | None, option: str) -> str | None:
    if sign is not None and not sign.strip():
        raise typer.BadParameter("It is a sign, such as ; or >", param_hint=f"'{option}'")
    return sign


def names_in(told: str | None) -> tuple[str, ...]:
    """Names of columns, parted by commas; one that holds a comma stands between quote marks."""
    if told is None:
        return ()
    names = next(csv.reader([told], skipinitialspace=True), [])
    if not all(name.strip() for name in names) or not names:
        raise typer.BadParameter(f"“{told}” names no columns: part their names by commas.")
    return tuple(name.strip() for name in names)


def one_sign(delimiter: str | None) -> str | None:
    sign = "\t" if delimiter in ("\\t", "tab") else delimiter
    if sign is not None and (len(sign) != 1 or sign in '"\r\n'):
        raise typer.BadParameter(
            "A delimiter is one sign, such as ; or | or \\t for a tab.", param_hint="'--delimiter'"
        )
    return sign


def known_encoding(name: str | None) -> str | None:
    try:
        if name is not None and not codecs.lookup(name)._is_text_encoding:
            raise LookupError
    except LookupError:
        raise typer.BadParameter(f"No encoding is called “{name}”.", param_hint="'--encoding'") from None
    return name


def _conditions(where: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for condition in where:
        column, sign, cell = condition.partition("=")
        if not sign or not column.strip():
            raise typer.BadParameter(f"“{condition}” is not COLUMN=CELL.", param_hint="'--where'")
        found[column.strip()] = found.get(column.strip(), frozenset()) | {cell.strip()}
    return found
