"""`tandem import`: files into a study, by the operator, in the name of the study's lead."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.opening import open_database, saying_problems

if TYPE_CHECKING:
    from app.db.session import Database
    from app.incidents.actions import ImportPreview
    from app.incidents.mapping import Mapping
    from app.incidents.readers import RawTable

app = typer.Typer(no_args_is_help=True, help="Bring files into a study.")


@app.callback()
def import_files() -> None:
    """Bring files into a study."""


@dataclass
class FileToImport:
    """table and mapping: None where the file cannot be read; problem says why."""

    path: Path
    content: bytes
    format: str = ""
    table: "RawTable | None" = None
    mapping: "Mapping | None" = None
    found: "ImportPreview | None" = None
    problem: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the command line says of the mapping, over what is guessed."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    text_from: list[str] = field(default_factory=list)
    cohort: str | None = None
    zone: str | None = None
    day_first: bool | None = None


@app.command()
def incidents(
    slug: Annotated[str, typer.Argument(help="The study's short name.")],
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="CSV, TSV, JSON or JSON lines.")],
    format: Annotated[str | None, typer.Option(help="csv, jsonl or xlsx; else by the ending of the name.")] = None,
    map: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN, such as service=provider; as often as needed.")
    ] = None,
    text_from: Annotated[str, typer.Option(help="Columns joined into the text, in order: COLUMN,COLUMN.")] = "",
    cohort: Annotated[str | None, typer.Option(help="For all rows where no column says it.")] = None,
    source: Annotated[str, typer.Option(help="An id is one incident within one source.")] = "import",
    zone: Annotated[str | None, typer.Option(help="For times that name no zone; else UTC.")] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How 03/04/2025 is read, where it could be both.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import incidents; which column is what is guessed where --map does not say it.

    Refused rows are listed on stderr, and the good ones come in. Each file is one transaction: all or nothing of it.
    The same rows again add nothing.

    Exit 0: done, also when some rows were refused. Exit 1: a file cannot be read, or none of its rows can come in.
    Exit 2: wrong usage, such as a field or a column that does not exist; nothing was imported then.
    """
    _check_zone(zone)
    columns = [one.strip() for one in text_from.split(",") if one.strip()]
    wanted = Wanted(_pairs(map or []), columns, cohort, zone, day_first)
    read = [_read(path, format, wanted) for path in files]
    with saying_problems(), open_database() as database:
        for one in read:
            _import(database, slug, one, source=source, dry_run=dry_run)
    for one in read:
        _say(one, dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(_document(read), indent=2, ensure_ascii=False))
    if any(one.problem for one in read):
        raise typer.Exit(1)


def _check_zone(zone: str | None) -> None:
    from app.incidents.times import zone_named

    if zone is not None and zone_named(zone) is None:
        raise typer.BadParameter(f"“{zone}” is no time zone. Name one such as Europe/Berlin.", param_hint="'--zone'")


def _pairs(typed: list[str]) -> list[tuple[str, str]]:
    from app.incidents.mapping import MANY_COLUMNS, IncidentField

    found: list[tuple[str, str]] = []
    for pair in typed:
        name, is_pair, column = pair.partition("=")
        if not is_pair or name not in set(IncidentField) or not column:
            raise typer.BadParameter(f"“{pair}” is not FIELD=COLUMN. Fields: {', '.join(IncidentField)}.")
        if name not in MANY_COLUMNS and name in dict(found):
            raise typer.BadParameter(f"--map names two columns for {name}. Choose one of them.")
        found.append((name, column))
    return found


def _read(path: Path, format: str | None, wanted: Wanted) -> FileToImport:
    from app.incidents.readers import READERS, ReaderProblem, format_of, read_table
    from app.problems import Invalid

    if format is not None and format not in READERS:
        raise typer.BadParameter(f"There is no reader for {format}. Choose one of: {', '.join(READERS)}.")
    one = FileToImport(path, path.read_bytes())
    try:
        one.format = format or format_of(path.name)
        one.table = read_table(one.content, one.format)
    except ReaderProblem as problem:
        one.problem = problem.sentence
        return one
    try:
        one.mapping = _mapping(one.table, wanted)
    except Invalid as problem:
        raise typer.BadParameter(f"{path}: {problem.sentence}") from problem
    return one


def _mapping(table: "RawTable", wanted: Wanted) -> "Mapping":
    """Raises UnusableMapping for a column that the file does not have."""
    from dataclasses import replace

    from app.incidents.guessing import guess_mapping
    from app.incidents.mapping import TIME_FIELDS, IncidentField, check_mapping

    mapping = guess_mapping(table)
    for name, column in wanted.fields:
        mapping = mapping.with_field(IncidentField(name), column)
    texts = wanted.text_from or [column for name, column in wanted.fields if name == IncidentField.TEXT]
    if texts:
        mapping = mapping.with_text_from(texts)
    for one in mapping.columns:
        if one.field in TIME_FIELDS and wanted.zone is not None:
            mapping = mapping.changed(one.column, zone=wanted.zone)
        if one.field in TIME_FIELDS and wanted.day_first is not None:
            mapping = mapping.changed(one.column, day_first=wanted.day_first)
    mapping = replace(mapping, cohort=wanted.cohort or None)
    check_mapping(mapping, table.columns)
    return mapping


def _import(database: "Database", slug: str, one: FileToImport, *, source: str, dry_run: bool) -> None:
    from app.coding.jobs import defer_taking_in
    from app.incidents import actions
    from app.incidents.arrivals import after_an_import
    from app.studies.closing import open_study_by_slug
    from app.studies.queries import leading_member
    from app.studies.viewer import Viewer

    after_an_import(defer_taking_in)
    with database.reading() as session:
        study_id = open_study_by_slug(session, slug).id
        if one.table is None or one.mapping is None:
            return
        one.found = actions.preview(session, study_id, one.table, one.mapping, source)
    if not one.found.reading.rows:
        one.problem = "No row of this file can be imported under this mapping."
    elif not dry_run:
        with database.transaction() as session:
            viewer = Viewer(None, open_study_by_slug(session, slug), leading_member(session, study_id))
            name = one.path.name
            uploaded = actions.upload(session, viewer, file_name=name, content=one.content, format=one.format)
            one.found = actions.import_incidents(session, viewer, uploaded, one.mapping, source=source)


def _say(one: FileToImport, *, dry_run: bool) -> None:
    if one.found is not None:
        for problem in one.found.reading.problems:
            column = f" {problem.column}:" if problem.column else ""
            kind = " warning:" if problem.is_warning else ""
            typer.echo(f"{one.path}:{problem.line}:{kind}{column} {problem.reason}", err=True)
    if one.mapping is not None:
        for asked in one.mapping.columns:
            if asked.standing == "ask":
                typer.echo(f"{one.path}: {asked.column} becomes {asked.field}: {asked.reason}", err=True)
    if one.problem or one.found is None:
        typer.echo(f"{one.path}: {one.problem}", err=True)
        return
    counts = f"{len(one.found.already_here)} already here, {len(one.found.reading.refused)} refused"
    typer.echo(f"{one.path}: {len(one.found.new)} {'to add' if dry_run else 'added'}, {counts}.", err=True)
    if one.found.changed:
        sentence = f"{len(one.found.changed)} have an id that is here with other content; what is here stays."
        typer.echo(f"{one.path}: {sentence} Name another --source if these are other incidents.", err=True)


def _document(read: list[FileToImport]) -> dict[str, Any]:
    files = [_file_document(one) for one in read]
    totals = {name: sum(one[name] for one in files) for name in ("rows", "added", "already_here")}
    return {"files": files, **totals, "refused": sum(len(one["refused"]) for one in files)}


def _file_document(one: FileToImport) -> dict[str, Any]:
    reading = one.found.reading if one.found else None
    told = {
        kind: [{"line": problem.line, "column": problem.column, "reason": problem.reason} for problem in problems]
        for kind, problems in (
            ("refused", reading.refused if reading else ()),
            ("warnings", reading.warnings if reading else ()),
        )
    }
    return {
        "file": str(one.path),
        "rows": len(one.table.rows) if one.table else 0,
        "added": len(one.found.new) if one.found else 0,
        "already_here": len(one.found.already_here) if one.found else 0,
        "changed": len(one.found.changed) if one.found else 0,
        **told,
        "mapping": one.mapping.as_json() if one.mapping else None,
        "problem": one.problem or None,
    }
