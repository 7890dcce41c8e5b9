"""`tandem agreement`: agreement of any ratings file, without a server or a database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.agreement.ratings_columns import CsvForm, HowMeasured, Shape, Taking
from app.cli import agreement_options as told
from app.problems import Invalid

STANDARD_INPUT = Path("-")


def agreement(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX; - is standard input.")],
    unit: Annotated[str | None, typer.Option(help="Column of the unit rated.")] = None,
    rater: Annotated[str | None, typer.Option(help="Column of the rater (long files, and marks).")] = None,
    value: Annotated[str | None, typer.Option(help="Long files: column of the code.")] = None,
    rater_columns: told.RaterColumns = None,
    code_columns: told.CodeColumns = None,
    dimension: Annotated[str | None, typer.Option(help="Column of the dimension, if any.")] = None,
    sets: Annotated[bool, typer.Option("--sets", help="A rater may give a unit several codes.")] = False,
    codes_between: told.CodesBetween = None,
    ignore_case: told.IgnoreCase = False,
    blank: told.BlankIs = None,
    none_applies: told.NoneApplies = None,
    not_rated: told.NotRated = None,
    not_enough: told.NotEnough = None,
    where: told.Where = None,
    levels: told.Levels = None,
    resamples: Annotated[int | None, typer.Option(min=1, help="Bootstrap in place of the jackknife.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    form: Annotated[told.Form, typer.Option("--format", help="What is printed.")] = told.Form.text,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    delimiter: Annotated[str | None, typer.Option(help="Of a CSV file; found out unless told. \\t is a tab.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV file; found out unless told.")] = None,
    stored: told.Stored = False,
) -> None:
    """How far raters agree: percent, kappas, alpha and AC1, each with its interval.

    Long files have a row a code (--rater, --value), wide files a column a rater (--rater-columns), marks a column a
    code (--rater, --code-columns). How blank cells were taken is said on stderr.

    Exit 0: done, also where a figure is undefined. Exit 1: the file cannot be read or contradicts itself; nothing is
    printed. With --stored also: something differs. Exit 2: wrong usage, such as a column that the file does not have.
    """
    form = told.Form.json if as_json else form
    if stored:
        _check_stored(file, form)
        return
    shape = told.shape_of(unit, rater, value, rater_columns, code_columns, dimension)
    between = told.between_codes(codes_between, sets=sets)
    taking = told.taking_of(shape, blank, none_applies, not_rated, between, where, ignore_case=ignore_case)
    csv_form = CsvForm(told.one_sign(delimiter), told.known_encoding(encoding))
    how = HowMeasured(sets, not_enough, told.sign_between(levels, "--levels"), resamples, seed)
    _measure(file, csv_form, shape, taking, how, form)


def _measure(file: Path, csv_form: CsvForm, shape: Shape, taking: Taking, how: HowMeasured, form: told.Form) -> None:
    name, content = _content(file)
    # numpy and scipy are slow to import and wait until there is something to count.
    from app.agreement.measured_file import measured_file
    from app.agreement.ratings_sheet import NoSuchColumn

    try:
        done = measured_file(name, content, csv_form, shape, taking, how)
    except NoSuchColumn as problem:
        raise typer.BadParameter(f"{name}: {problem.sentence}") from problem
    except Invalid as problem:
        typer.echo(f"{name}: {problem.sentence}", err=True)
        raise typer.Exit(1) from problem
    for note in done.notes:
        typer.echo(f"{name}: {note}", err=True)
    typer.echo(done.written(form))


def _check_stored(file: Path, form: told.Form) -> None:
    name, content = _content(file)
    from app.agreement.stored_check import checked_file  # numpy and scipy, as above

    try:
        checked = checked_file(content)
    except Invalid as problem:
        typer.echo(f"{name}: {problem.sentence}", err=True)
        raise typer.Exit(1) from problem
    typer.echo(checked.written() if form is told.Form.json else checked.told())
    if not checked.is_same:
        raise typer.Exit(1)


def _content(file: Path) -> tuple[str, bytes]:
    """With it the name by which sentences call it."""
    if file == STANDARD_INPUT:
        return "standard input", sys.stdin.buffer.read()
    try:
        return file.name, file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint="'FILE'") from error
