"""`tandem migrate`: the database to its newest revision."""

import typer

from app.cli.opening import log_to_stderr, open_database, read_settings, saying_problems


def migrate() -> None:
    """Bring the database to its newest revision. `serve` and `demo` do this themselves."""
    log_to_stderr(read_settings().log_level)
    with saying_problems(), open_database():
        typer.echo("The database is at its newest revision.", err=True)
