"""Everything on one machine: Postgres, the server and a worker, started and ended together."""

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack

import typer

from app.cli.listening import address_of, listen_on, port_of, when_it_answers
from app.cli.parenthood import end_with_parent_process
from app.cli.stopping import Stopped, StopSignals
from app.cli.worker_process import WorkerProcess
from app.settings import Settings

# Open streams end by themselves at shutdown; this is for those that do not.
SHUTDOWN_SECONDS = 3

# Given the database's URL and the address of the app; makes what must be there and returns what to say when it answers.
Prepare = Callable[[str, str], Callable[[], None]]


def run_together(
    settings: Settings,
    *,
    prepare: Prepare,
    processes: int = 1,
    with_worker: bool = True,
    factory: str = "app.cli.run_together:app_of_environment",
) -> None:
    """Returns after a signal, when no process is left. Raises a Problem when something cannot start."""
    signals = StopSignals()
    with ExitStack() as running:
        signals.take()
        try:
            listener = running.enter_context(listen_on(settings.host, settings.port))
            _start(settings, running, listener, prepare, with_worker)
            signals.leave_to_server()
            _serve(settings, listener, processes, factory)
        except Stopped:
            return
        finally:
            signals.ignore()


def _start(
    settings: Settings, running: ExitStack, listener: socket.socket, prepare: Prepare, with_worker: bool
) -> None:
    from app.db.migrate import migrate
    from app.db.server import database_server

    url = running.enter_context(database_server(settings))
    os.environ.update(TANDEM_DATABASE_URL=url, TANDEM_LOG_LEVEL=settings.log_level)  # for our child processes
    if settings.port not in (0, port_of(listener)):
        typer.echo(f"Port {settings.port} is taken; using {port_of(listener)}.", err=True)
    migrate(url)
    announce = prepare(url, settings.public_url or address_of(listener))
    if with_worker:
        running.enter_context(WorkerProcess())
    when_it_answers(listener, announce)


def _serve(settings: Settings, listener: socket.socket, processes: int, factory: str) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    config = uvicorn.Config(
        factory,
        factory=True,
        workers=processes,
        log_config=None,
        log_level=settings.log_level,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
        ws="none",
    )
    if processes > 1:
        Multiprocess(config, sockets=[listener]).run()
    else:
        uvicorn.Server(config).run(sockets=[listener])


def app_of_environment() -> object:
    """The app in a server process; parents pass their settings on in the environment."""
    end_with_parent_process()

    from app.cli.opening import log_to_stderr
    from app.main import create_app

    settings = Settings()
    log_to_stderr(settings.log_level)
    return create_app(settings)
