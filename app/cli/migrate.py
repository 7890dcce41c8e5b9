"""`tandem migrate`: the database to its newest revision."""

import typer

from app.cli.opening import begin_log, open_database, read_settings, saying_problems


def migrate() -> None:
    """Bring the database to its newest revision. `serve` and `demo` do this themselves."""
    begin_log(read_settings())
    with saying_problems(), open_database():
        typer.echo("The database is at its newest revision.", err=True)
