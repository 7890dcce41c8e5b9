"""tandem export: the agreed codebook, the labelled data set, the ratings, the ledger of model calls."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import open_database, saying_problems

app = typer.Typer(
    no_args_is_help=True,
    help="Write the codebook, the data set, the ratings, the agreement or the ledger of a study.",
)

Slug = Annotated[str, typer.Argument(help="The study's short name.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Where to write; - is standard output.")]
RoundName = Annotated[str | None, typer.Option("--round", help="Name or number; without it every round that is open.")]


@app.command()
def codebook(
    slug: Slug,
    output: Output,
    format: Annotated[str, typer.Option("--format", help="csv, xlsx, json, qdc, markdown, latex or html.")] = "csv",
    version: Annotated[str | None, typer.Option("--version", help="A named version; without it as it stands.")] = None,
    round_name: Annotated[
        str | None,
        typer.Option("--round", help="The version that this round codes under, else as it stands."),
    ] = None,
) -> None:
    """The codebook: what every member may see."""
    from app.codebook.queries import versions
    from app.export.actions import codebook_export
    from app.export.codebook_formats import FORMATS
    from app.problems import NotFound
    from app.rounds.queries import round_named
    from app.studies.queries import study_by_slug

    _check_format(format, FORMATS)
    if version is not None and round_name is not None:
        raise typer.BadParameter("A round names its version itself: give one of the two.", param_hint="'--version'")
    with saying_problems(), open_database() as database, database.reading() as session:
        study = study_by_slug(session, slug)
        named = {found.name: found.id for found in versions(session, study.id)}
        if version is not None and version not in named:
            raise NotFound(f"There is no codebook version “{version}” in this study.")
        version_id = named[version] if version is not None else None
        if round_name is not None:
            version_id = round_named(session, study.id, round_name).codebook_version_id
        file = codebook_export(session, study, version_id=version_id, format=format)
        _write(output, file.content)


@app.command()
def dataset(
    slug: Slug,
    output: Output,
    round_name: RoundName = None,
    wide: Annotated[bool, typer.Option("--wide", help="One row an incident and dimension.")] = False,
    format: Annotated[str, typer.Option("--format", help="csv or xlsx; a workbook holds both forms.")] = "csv",
) -> None:
    """Incidents with every coder's codes and quotes and the final codes; only of rounds whose coding has ended."""
    _check_format(format, ["csv", "xlsx"])
    _write_data(slug, output, round_name, "xlsx" if format == "xlsx" else "wide" if wide else "long")


@app.command()
def ratings(
    slug: Slug,
    output: Output,
    round_name: RoundName = None,
    level: Annotated[str, typer.Option("--level", help="code or category.")] = "code",
    version: Annotated[
        str, typer.Option("--version", help="A codebook version, or live; without it the one of the round.")
    ] = "",
    last: Annotated[bool, typer.Option("--last", help="What was handed in last instead of first.")] = False,
    format: Annotated[str, typer.Option("--format", help="csv.")] = "csv",
) -> None:
    """Submissions in the form that `tandem agreement` reads, compared as on the page of agreement."""
    from app.export.actions import ratings_export
    from app.export.scored_ratings import Scoring
    from app.rounds.queries import round_named
    from app.studies.queries import study_by_slug

    _check_format(format, ["csv"])
    with saying_problems(), open_database() as database, database.reading() as session:
        study = study_by_slug(session, slug)
        number = round_named(session, study.id, round_name).number if round_name is not None else None
        scoring = Scoring(level, version, last)
        _write(output, ratings_export(session, study, round_number=number, scoring=scoring).content)


@app.command()
def agreement(
    slug: Slug,
    output: Output,
    round_name: RoundName = None,
    format: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
) -> None:
    """Every figure of agreement with its interval and n, each row under its own name; only of rounds that are open."""
    from app.export.actions import agreement_export
    from app.rounds.queries import round_named
    from app.studies.queries import study_by_slug

    _check_format(format, ["csv", "json"])
    with saying_problems(), open_database() as database, database.reading() as session:
        study = study_by_slug(session, slug)
        number = round_named(session, study.id, round_name).number if round_name is not None else None
        _write(output, agreement_export(session, study, round_number=number, format=format).content)


@app.command()
def study(
    slug: Slug,
    output: Output,
    format: Annotated[str, typer.Option("--format", help="qdpx.")] = "qdpx",
) -> None:
    """The study as a REFI-QDA project: incidents, codebook, codings, quotes, final codes and shared memos.

    Nothing of a round that still runs, and no private memo. A note in the file lists what the format does not carry.
    """
    from app.export.study_file import study_export
    from app.studies.queries import study_by_slug

    _check_format(format, ["qdpx"])
    with saying_problems(), open_database() as database, database.reading() as session:
        file = study_export(session, study_by_slug(session, slug))
        with file.file:
            _write_pieces(output, file.pieces(), file.size)


@app.command()
def ledger(
    slug: Slug,
    output: Output,
    format: Annotated[str, typer.Option("--format", help="csv, json or jsonl.")] = "csv",
    texts: Annotated[bool, typer.Option("--texts", help="With prompts and replies.")] = False,
    suggestions: Annotated[
        bool, typer.Option("--suggestions", help="Suggestions with what coders decided, instead of calls.")
    ] = False,
) -> None:
    """Every call of a model; replies, suggestions and decisions only of rounds whose coding has ended."""
    from app.export.ledger_actions import ledger_export, suggestions_export
    from app.studies.queries import study_by_slug

    _check_format(format, ["csv", "json", "jsonl"])
    with saying_problems(), open_database() as database, database.reading() as session:
        study = study_by_slug(session, slug)
        if suggestions:
            file = suggestions_export(session, study, format=format)
        else:
            file = ledger_export(session, study, format=format, texts=texts)
        with file.file:
            _write_pieces(output, file.pieces(), file.size)


def _write_data(slug: str, output: Path, round_name: str | None, form: str) -> None:
    from app.export.actions import dataset_export
    from app.rounds.queries import round_named
    from app.studies.queries import study_by_slug

    with saying_problems(), open_database() as database, database.reading() as session:
        study = study_by_slug(session, slug)
        number = round_named(session, study.id, round_name).number if round_name is not None else None
        _write(output, dataset_export(session, study, form=form, round_number=number).content)


def _check_format(format: str, known: Iterable[str]) -> None:
    if format not in known:
        raise typer.BadParameter(f"{format!r} is not one of {', '.join(known)}.", param_hint="'--format'")


def _write(output: Path, content: bytes) -> None:
    _write_pieces(output, [content], len(content))


def _write_pieces(output: Path, pieces: Iterable[bytes], size: int) -> None:
    if str(output) == "-":
        sys.stdout.buffer.writelines(pieces)
        return
    try:
        with output.open("wb") as out:
            out.writelines(pieces)
    except OSError as problem:
        raise typer.BadParameter(f"{output}: {problem.strerror}.", param_hint="'-o'") from problem
    typer.echo(f"Wrote {output} ({size:,} bytes).", err=True)
