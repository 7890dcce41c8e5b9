"""`tandem serve`: the web server, and what it needs on a single machine."""

from typing import Annotated

import typer

from app.cli.opening import begin_log, read_settings, saying_problems


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; else TANDEM_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Else TANDEM_PORT, else 8000.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Run no jobs; `tandem worker` does.")] = False,
) -> None:
    """Serve Tandem: an embedded Postgres unless TANDEM_DATABASE_URL names one, the server and a worker."""
    settings = read_settings(host=host, port=port)
    begin_log(settings)

    from app.cli.run_together import run_together

    with saying_problems():
        run_together(settings, prepare=_owner_link, announce=_announce, processes=workers, with_worker=not no_worker)


def _owner_link(url: str, address: str) -> str | None:
    """On the first start a one-time link makes the owner."""
    from app.accounts.actions import make_owner_link
    from app.accounts.queries import anybody_here
    from app.db.session import Database

    database = Database.at(url, pool_size=1)
    with database.transaction() as session:
        return None if anybody_here(session) else make_owner_link(session, address)


def _announce(address: str, link: str | None) -> None:
    typer.echo(f"Tandem is at {address}")
    if link is not None:
        typer.echo(f"Nobody has an account yet. Become the owner, once, at {link}")
