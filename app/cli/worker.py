"""`tandem worker`: a process that runs jobs."""

from typing import Annotated

import typer

from app.cli.opening import begin_log, read_settings, saying_problems


def worker(
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True, help="End with standard input.")] = False,
) -> None:
    """Run jobs until told to stop. `serve` and `demo` start one; more may run, on any number of machines."""
    if with_parent:
        from app.cli.parenthood import end_with_standard_input

        end_with_standard_input()
    settings = read_settings()
    begin_log(settings)

    from app.db.server import shared_database_server
    from app.logs import log_crashes_too
    from app.worker import run_worker

    log_crashes_too()

    with saying_problems(), shared_database_server(settings) as url:
        run_worker(settings.model_copy(update={"database_url": url}))
