"""`tandem import ratings`: what raters said elsewhere, as a round whose coding has ended."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import open_database, saying_problems

if TYPE_CHECKING:
    from app.agreement.bring_in import RatingsBroughtIn
    from app.agreement.ratings_columns import RatingColumns

USUAL = {
    "unit": ("unit", "item_id", "item", "incident", "incident_id", "id"),
    "rater": ("rater", "coder", "annotator"),
    "code": ("code", "value", "label", "open_code"),
    "dimension": ("dimension",),
}


def ratings(
    slug: Annotated[str, typer.Argument(help="The study's short name.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Long ratings, CSV.")],
    round_name: Annotated[str, typer.Option("--round", help="Name of the round that is made of them.")],
    unit: Annotated[str | None, typer.Option(help="Column of the unit rated; else by its usual names.")] = None,
    rater: Annotated[str | None, typer.Option(help="Column of the rater; else by its usual names.")] = None,
    code: Annotated[str | None, typer.Option(help="Column of the code; else by its usual names.")] = None,
    dimension: Annotated[str | None, typer.Option(help="Column of the dimension.")] = None,
    dimension_name: Annotated[str, typer.Option(help="What all codes answer, where no column says it.")] = "",
    sets: Annotated[bool, typer.Option("--sets", help="Several rows of a rater on a unit make a set.")] = False,
    model_rater: Annotated[
        list[str] | None, typer.Option("--model-rater", help="A rater who is a model; as often as needed.")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="The raters worked independently; else this is not known.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse units that are no incidents here, in place of adding them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import ratings: a row is one code by one rater on one unit. All of the file comes in, or nothing.

    A blank code is an answer: none applies. A missing row is no rating. The same ratings again add nothing.

    Exit 0: done. Exit 1: the file cannot be read, or rows of it cannot come in. Exit 2: wrong usage.
    """
    from app.agreement.bring_in import NoDimensionName, NoSuchRater, RatingsPlan, bring_in_ratings
    from app.agreement.ratings_sheet import NoSuchColumn
    from app.studies.closing import open_study_by_slug
    from app.studies.queries import leading_member
    from app.studies.viewer import Viewer

    if dimension and dimension_name:
        raise typer.BadParameter("Give --dimension or --dimension-name, not both.")
    content = file.read_bytes()
    with saying_problems():
        columns = _columns(content, unit, rater, code, dimension, guess_dimension=not dimension_name)
        plan = RatingsPlan(
            round_name=round_name,
            columns=columns,
            dimension_name=dimension_name,
            sets=sets,
            models=tuple(model_rater or ()),
            independent=independent,
            strict=strict,
        )
        with open_database() as database, database.transaction() as session:
            study = open_study_by_slug(session, slug)
            viewer = Viewer(None, study, leading_member(session, study.id))
            try:
                done = bring_in_ratings(session, viewer, content, plan, file_name=file.name)
            except (NoSuchColumn, NoSuchRater, NoDimensionName) as problem:
                raise typer.BadParameter(problem.sentence) from problem
    _say(file, done)
    if as_json:
        typer.echo(json.dumps({"file": str(file), **asdict(done)}, indent=2, ensure_ascii=False))


def _columns(
    content: bytes,
    unit: str | None,
    rater: str | None,
    code: str | None,
    dimension: str | None,
    *,
    guess_dimension: bool,
) -> "RatingColumns":
    from app.agreement.ratings_columns import RatingColumns
    from app.agreement.ratings_file import columns_of

    there = columns_of(content)
    found = {
        "unit": unit or _usual(there, "unit"),
        "rater": rater or _usual(there, "rater"),
        "code": code or _usual(there, "code"),
    }
    for name, column in found.items():
        if column is None and there:
            raise typer.BadParameter(f"Say which column is the {name}: {', '.join(there)}.", param_hint=f"'--{name}'")
    dimension = dimension or (_usual(there, "dimension") if guess_dimension else None)
    columns = RatingColumns(found["unit"] or "", found["rater"] or "", found["code"] or "", dimension)
    named = [name for name in vars(columns).values() if name]
    if len(set(named)) < len(named):
        raise typer.BadParameter("--unit, --rater, --dimension and --code name different columns.")
    return columns


def _usual(there: Sequence[str], part: str) -> str | None:
    return next((name for name in USUAL[part] if name in there), None)


def _say(file: Path, done: "RatingsBroughtIn") -> None:
    where = f"round {done.round_number}, “{done.round_name}”"
    independence = "said to be independent" if done.said_independent else "independence not known"
    if done.already_here:
        typer.echo(f"{file}: these ratings are here already, as {where} ({independence}). Nothing was added.", err=True)
        return
    typer.echo(
        f"{file}: {done.ratings} ratings of {done.units} units are {where} ({independence}); {done.blank} without a "
        f"code. Added: {done.units_added} units, {done.raters_added} raters, {done.dimensions_added} dimensions, "
        f"{done.codes_added} codes.",
        err=True,
    )
