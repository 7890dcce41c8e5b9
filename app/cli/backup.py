"""`tandem backup` and `tandem restore`: the whole database to one checked file, and back."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import begin_log, read_settings, saying_problems
from app.cli.stopping import Stopped, StopSignals

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The file to make; everybody works on meanwhile.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Back up everything: all studies, people, codes, the queue. May be taken at any time, also while Tandem runs."""
    from app.db.backup import back_up
    from app.db.server import shared_database_server

    StopSignals().take()
    try:
        with saying_problems(), shared_database_server(read_settings()) as url:
            manifest = back_up(url, file, replace=force)
    except Stopped:
        typer.echo("Stopped. There is no backup.", err=True)
        raise typer.Exit(1) from None
    rows, size = sum(manifest.rows.values()), file.stat().st_size
    if as_json:
        typer.echo(json.dumps({"file": str(file), "bytes": size, **manifest.model_dump()}, indent=2))
        return
    typer.echo(f"Wrote {file} ({size:,} bytes): {rows:,} rows in {len(manifest.rows)} tables, {manifest.taken_at}.")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `tandem backup` made.")],
    replace: Annotated[bool, typer.Option("--replace", help="Where the database is not empty: in its place.")] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database, checked; then bring it to the newest revision. Stop Tandem first."""
    settings = read_settings()
    begin_log(settings)

    from app.db.restore import restore as restore_backup
    from app.db.server import database_server

    StopSignals().take()
    try:
        with saying_problems(), database_server(settings) as url:
            restored = restore_backup(url, file, replace=replace)
    except Stopped:
        typer.echo("Stopped. If it does not say above that it was restored, the database is as it was.", err=True)
        raise typer.Exit(1) from None
    manifest = restored.manifest
    rows = sum(manifest.rows.values())
    if as_json:
        replaced = {"replaced_rows": restored.replaced_rows, "now_at_revision": restored.revision}
        typer.echo(json.dumps({"file": str(file), **manifest.model_dump(), **replaced}, indent=2))
        return
    typer.echo(
        f"Restored {rows:,} rows in {len(manifest.rows)} tables, as they were {manifest.taken_at}. "
        f"Rows replaced: {restored.replaced_rows:,}. The database is at revision {restored.revision}."
    )
