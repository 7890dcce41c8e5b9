"""How a command begins: its settings, its database, and the sentence it ends with when something is wrong.

Heavy libraries are imported where they are used: `tandem --help` and `tandem agreement` need none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.problems import Problem

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.accounts.models import Person
    from app.db.session import Database
    from app.settings import Settings


def read_settings(**changes: object) -> "Settings":
    """The settings of the environment with what the command line says instead; None says nothing."""
    from pydantic import ValidationError

    from app.settings import SettingNotReadable, Settings

    try:
        settings = Settings(**{name: value for name, value in changes.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as wrong:
        for error in wrong.errors():
            name = "_".join(str(part) for part in error["loc"]).upper()
            typer.echo(f"TANDEM_{name}: {error['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from wrong
    except SettingNotReadable as wrong:
        typer.echo(wrong.sentence, err=True)
        raise typer.Exit(2) from wrong
    return settings


def person_named(session: "Session", email: str, *, remedy: str) -> "Person":
    """Raises NotFound with the remedy."""
    from app.accounts.queries import person_with_email
    from app.problems import NotFound

    person = person_with_email(session, email)
    if person is None:
        raise NotFound(f"Nobody here signs in as {email}. {remedy}")
    return person


@contextmanager
def open_database(data_dir: Path | None = None) -> Iterator["Database"]:
    """The database at its newest revision. Where a Tandem runs on the same data folder, its server is used."""
    from app.db.migrate import migrate
    from app.db.server import shared_database_server
    from app.db.session import Database

    with shared_database_server(read_settings(data_dir=data_dir)) as url:
        migrate(url)
        database = Database.at(url, pool_size=2)
        try:
            yield database
        finally:
            database.dispose()


@contextmanager
def saying_problems() -> Iterator[None]:
    """A problem is one sentence on stderr and exit 1."""
    try:
        yield
    except Problem as problem:
        typer.echo(problem.sentence, err=True)
        raise typer.Exit(1) from problem


def begin_log(settings: "Settings") -> None:
    """Talk goes to stderr; stdout is for data."""
    from app.logs import log_to_stderr

    log_to_stderr(settings.log_level, settings.log_format)
