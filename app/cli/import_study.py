"""`tandem import study`: a new study from a REFI-QDA project, of Tandem's own or of another tool."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import open_database, person_named, saying_problems

if TYPE_CHECKING:
    from app.export.bring_in_study import StudyBroughtIn


def study(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A REFI-QDA project, .qdpx.")],
    slug: Annotated[str, typer.Option(help="Short name of the new study; else made from its title.")] = "",
    title: Annotated[str, typer.Option(help="Title of the new study; else the name of the project.")] = "",
    levels: Annotated[
        str, typer.Option(help="What parts levels within the names of codes: :: or \\ or . or /; else names hold none.")
    ] = "",
    round_name: Annotated[str, typer.Option("--round", help="Name of the round that holds the codings.")] = "",
    owner: Annotated[str | None, typer.Option(help="E-mail of the person who leads the study.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Bring a study in from a project (.qdpx), as a new study: all of it or nothing.

    Users become placeholders, top-level codes that cannot be applied become dimensions, texts become incidents, and
    codings a round whose coding has ended. What has no place here is listed, by name and count.

    Exit 0: done. Exit 1: the file cannot be read, or the short name is taken. Exit 2: wrong usage.
    """
    from app.export.bring_in_study import LEVELS, NoSuchLevels, StudyPlan, bring_in_study

    if levels not in LEVELS:
        raise typer.BadParameter(NoSuchLevels().sentence, param_hint="'--levels'")
    plan = StudyPlan(slug=slug, title=title, round_name=round_name, levels=levels)
    with saying_problems(), open_database() as database, database.transaction() as session, file.open("rb") as content:
        remedy = f"Add them first: tandem user add {owner} --name NAME"
        person = person_named(session, owner, remedy=remedy) if owner is not None else None
        _, done = bring_in_study(session, person, content, plan, file_name=file.name)
    _say(file, done)
    if as_json:
        typer.echo(json.dumps({"file": str(file), **asdict(done)}, indent=2, ensure_ascii=False))


def _say(file: Path, done: "StudyBroughtIn") -> None:
    for sentence in done.changed:
        typer.echo(f"{file}: {sentence}", err=True)
    for left_out in done.left_out:
        typer.echo(f"{file}: left out: {left_out}.", err=True)
    typer.echo(
        f"{file}: the study “{done.title}” at /studies/{done.slug}/: {done.incidents} incidents, "
        f"{done.members} coders, {done.dimensions} dimensions, {done.codes} codes, {done.codings} codings, "
        f"{done.quotes} of them of quotes, {done.final_codes} final answers, {done.memos} memos.",
        err=True,
    )
