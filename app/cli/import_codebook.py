"""`tandem import codebook`: codes from a file of Tandem's own or of another tool."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.opening import open_database, saying_problems

if TYPE_CHECKING:
    from app.codebook.bring_in import BroughtIn


def codebook(
    slug: Annotated[str, typer.Argument(help="The study's short name.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, JSON or QDC.")],
    dimension: Annotated[
        str | None,
        typer.Option(help="Of a file with dimensions, take this one; of another, put its codes under this one."),
    ] = None,
    format: Annotated[str | None, typer.Option(help="csv, json or qdc; else by the ending of the name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Bring codes in from a file, all or nothing of it; what is here already is never overwritten.

    Exit 0: done, also when some codes were refused; they are listed. Exit 1: the file cannot be read, or nothing of it
    can come in. Exit 2: wrong usage, such as a dimension that the file does not have.
    """
    from app.codebook.bring_in import DimensionNotSaid, NoSuchDimension, bring_in_codebook
    from app.codebook.readers import READERS, codebook_format_of, read_codebook
    from app.studies.closing import open_study_by_slug
    from app.studies.queries import leading_member
    from app.studies.viewer import Viewer

    if format is not None and format not in READERS:
        raise typer.BadParameter(f"There is no reader for {format}. Choose one of: {', '.join(READERS)}.")
    with saying_problems():
        listed = read_codebook(file.read_bytes(), format or codebook_format_of(file.name))
        with open_database() as database, database.transaction() as session:
            study = open_study_by_slug(session, slug)
            viewer = Viewer(None, study, leading_member(session, study.id))
            try:
                done = bring_in_codebook(session, viewer, listed, dimension=dimension, file_name=file.name)
            except (DimensionNotSaid, NoSuchDimension) as problem:
                raise typer.BadParameter(problem.sentence, param_hint="'--dimension'") from problem
    _say(file, done)
    if as_json:
        typer.echo(json.dumps(_document(file, done), indent=2, ensure_ascii=False))
    if not done.codes_added and not done.already_here:
        raise typer.Exit(1)


def _say(file: Path, done: "BroughtIn") -> None:
    for each in done.refused:
        typer.echo(f"{file}, {each.place}: {each.reason}", err=True)
    for left_out in done.left_out:
        typer.echo(f"{file}: left out: {left_out}.", err=True)
    for remark in done.remarks:
        typer.echo(f"{file}: {remark}.", err=True)
    for name in done.different:
        typer.echo(f"{file}: “{name}” is here with other words; what is here stays.", err=True)
    counts = f"{done.codes_added} codes added, {done.already_here} already here, {len(done.refused)} refused"
    typer.echo(f"{file}: {counts}; {done.dimensions_added} dimensions added.", err=True)


def _document(file: Path, done: "BroughtIn") -> dict[str, Any]:
    return {"file": str(file), **asdict(done)}
