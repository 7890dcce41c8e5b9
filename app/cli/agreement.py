"""`tandem agreement`: agreement of any long ratings file, without a database."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.agreement.ratings_file import NoSuchColumn, RatingColumns, read_ratings
from app.problems import Invalid


def agreement(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Long ratings, CSV.")],
    unit: Annotated[str, typer.Option(help="Column of the unit rated.")],
    rater: Annotated[str, typer.Option(help="Column of the rater.")],
    value: Annotated[str, typer.Option(help="Column of the code; see --sets for what a blank means.")],
    dimension: Annotated[str | None, typer.Option(help="Column of the dimension; if any.")] = None,
    sets: Annotated[
        bool, typer.Option("--sets", help="Several rows make a set; a blank is the empty set, not a value.")
    ] = False,
    resamples: Annotated[int | None, typer.Option(min=1, help="Bootstrap in place of the jackknife.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """How far raters agree: percent, kappas, alpha and AC1, each with its interval."""
    columns = RatingColumns(unit=unit, rater=rater, value=value, dimension=dimension)
    _check_columns_differ(columns)
    try:
        dimensions = read_ratings(file, columns, sets=sets)
    except NoSuchColumn as problem:
        raise typer.BadParameter(problem.sentence) from problem
    except Invalid as problem:
        typer.echo(f"{file}: {problem.sentence}", err=True)
        raise typer.Exit(1) from problem

    # numpy and scipy are slow to import and wait until there is something to count.
    from app.agreement.ratings_report import ratings_document, ratings_text
    from app.methods.agreement import agreement_of

    reports = {
        name: agreement_of(ratings.table, sets=sets, resamples=resamples, seed=seed)
        for name, ratings in dimensions.items()
    }
    if as_json:
        typer.echo(json.dumps(ratings_document(reports), indent=2, allow_nan=False))
    else:
        typer.echo(ratings_text(reports))


def _check_columns_differ(columns: RatingColumns) -> None:
    named = [name for name in vars(columns).values() if name is not None]
    if len(set(named)) < len(named):
        raise typer.BadParameter("--unit, --rater, --dimension and --value name different columns.")
