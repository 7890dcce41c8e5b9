"""`tandem user`: people who sign in."""

import sys
from typing import Annotated

import typer

from app.cli.opening import open_database, saying_problems

app = typer.Typer(no_args_is_help=True, help="People who sign in.")


@app.callback()
def user() -> None:
    """People who sign in."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Option(help="What colleagues see beside their codes.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
    ] = False,
) -> None:
    """Add a person. Without --password-stdin the password is asked for and not shown."""
    password = _password(from_stdin=password_stdin)

    from app.accounts.actions import add_person

    with saying_problems(), open_database() as database, database.transaction() as session:
        person = add_person(session, email=email, name=name, password=password)
        typer.echo(f"{person.name} can sign in as {person.email}.", err=True)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter("There is no terminal to ask for the password: send it with --password-stdin.")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed
