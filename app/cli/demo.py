"""`tandem demo`: everything at once, with the sample study."""

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import log_to_stderr, read_settings, saying_problems


def demo(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Else 8000; taken: the next free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Else a folder of the demo's own.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the link.")] = False,
) -> None:
    """Run Tandem here with a sample study, and sign in by the printed link."""
    settings = read_settings(
        port=port, data_dir=data_dir or read_settings().data_dir / "demo", log_level="warning", host="127.0.0.1"
    )
    log_to_stderr(settings.log_level)

    from app.cli.run_together import run_together

    with saying_problems():
        run_together(settings, prepare=_with_sample(opens_browser=not no_browser))


def _with_sample(*, opens_browser: bool) -> Callable[[str, str], Callable[[], None]]:
    def prepare(url: str, address: str) -> Callable[[], None]:
        link = _sample_link(url, address)

        def announce() -> None:
            typer.echo(f"Tandem is at {address}")
            typer.echo(f"Sign in, once, at {link}")
            typer.echo("Ctrl-C stops it; the data stays.", err=True)
            if opens_browser:
                webbrowser.open(link)

        return announce

    return prepare


def _sample_link(url: str, address: str) -> str:
    from app.accounts.actions import demo_sign_in_link
    from app.db.session import Database
    from app.sample.loader import load_sample

    database = Database.at(url, pool_size=1)
    load_sample(database)
    with database.transaction() as session:
        link = demo_sign_in_link(session, address)
    database.dispose()
    return link
