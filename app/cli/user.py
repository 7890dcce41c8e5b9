"""`tandem user`: people who sign in."""

import sys
from typing import Annotated

import typer

from app.cli.opening import open_database, person_named, saying_problems

LISTED = "See: tandem user list"

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


@app.command("list")
def list_people() -> None:
    """List everybody, one a line: e-mail, name, what sets them apart, studies."""
    from app.accounts.queries import everybody
    from app.studies.queries import memberships_by_person

    with saying_problems(), open_database() as database, database.reading() as session:
        studies = memberships_by_person(session)
        for person in everybody(session):
            marks = ["owner"] * person.is_owner + ["deactivated"] * (person.deactivated_at is not None)
            roles = [f"{slug} ({role})" for slug, role in studies.get(person.id, [])]
            typer.echo("\t".join([person.email, person.name, ", ".join(marks), ", ".join(roles)]))


@app.command()
def reset(email: Annotated[str, typer.Argument(help="Whose password is forgotten.")]) -> None:
    """Print a link that sets a new password, once, within a day."""
    from app.accounts.own_account import make_password_link
    from app.settings import Settings

    with saying_problems(), open_database() as database, database.transaction() as session:
        person = person_named(session, email, remedy=LISTED)
        token = make_password_link(session, person, by=None)
    settings = Settings()
    address = settings.public_url or f"http://127.0.0.1:{settings.port}"
    typer.echo(f"For {person.name}. It works once, within a day.", err=True)
    typer.echo(f"{address}/password-links/{token}")


@app.command()
def deactivate(email: Annotated[str, typer.Argument(help="Who is not to sign in any more.")]) -> None:
    """End somebody's sign-ins and let them sign in no more. What they did in studies stays."""
    from app.accounts import own_account

    with saying_problems(), open_database() as database, database.transaction() as session:
        person = own_account.deactivate(session, person_named(session, email, remedy=LISTED).id, by=None)
        typer.echo(f"{person.name} cannot sign in any more.", err=True)


@app.command()
def reactivate(email: Annotated[str, typer.Argument(help="Who may sign in again.")]) -> None:
    """Let somebody sign in again."""
    from app.accounts import own_account

    with saying_problems(), open_database() as database, database.transaction() as session:
        person = own_account.reactivate(session, person_named(session, email, remedy=LISTED).id, by=None)
        typer.echo(f"{person.name} can sign in again.", err=True)


@app.command()
def unlink(email: Annotated[str, typer.Argument(help="Whom the provider is to make known anew.")]) -> None:
    """Let the provider make somebody known anew, such as after their account there was made again."""
    from app.accounts import identities

    with saying_problems(), open_database() as database, database.transaction() as session:
        person = person_named(session, email, remedy=LISTED)
        if identities.unlink(session, person):
            said = f"{person.name} is parted from the provider; the next sign-in there with {person.email} joins anew."
        else:
            said = f"{person.name} never signed in at the provider, so nothing was changed."
        typer.echo(said, err=True)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter("There is no terminal to ask for the password: send it with --password-stdin.")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed
