"""`tandem demo`: everything at once, with the sample study."""

import webbrowser
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import begin_log, read_settings, saying_problems


def demo(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Else 8000; taken: the next free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Else a folder of the demo's own.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the link.")] = False,
) -> None:
    """Run Tandem here with a sample study, and sign in by the printed link."""
    settings = read_settings(
        port=port, data_dir=data_dir or read_settings().data_dir / "demo", log_level="warning", host="127.0.0.1"
    )
    begin_log(settings)

    from app.cli.run_together import run_together

    typer.echo("Starting. The first start makes the sample study, which takes a moment.", err=True)
    with saying_problems():
        run_together(settings, prepare=_sample_link, announce=partial(_announce, opens_browser=not no_browser))


def _sample_link(url: str, address: str) -> str:
    from app.accounts.actions import demo_sign_in_link
    from app.db.session import Database
    from app.sample.loader import load_sample

    database = Database.at(url, pool_size=1)
    load_sample(database)
    with database.transaction() as session:
        return demo_sign_in_link(session, address)


def _announce(address: str, link: str | None, *, opens_browser: bool) -> None:
    typer.echo(f"Tandem is at {address}")
    typer.echo(f"Sign in, once, at {link}")
    typer.echo("Ctrl-C stops it; the data stays.", err=True)
    if opens_browser and link is not None:
        webbrowser.open(link)
