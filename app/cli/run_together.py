"""Everything on one machine: Postgres, the server and a worker, started and ended together."""

import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from types import FrameType

from app.cli.apart import apart
from app.cli.listening import address_of, listen_on, port_of, when_it_answers
from app.cli.stopping import Stopped, StopSignals
from app.cli.worker_process import WorkerProcess
from app.db.embedded import EmbeddedPostgres
from app.db.postgres_watch import PostgresWatch
from app.settings import Settings

log = logging.getLogger(__name__)

# Open streams end by themselves at shutdown; this is for those that do not.
SHUTDOWN_SECONDS = 3

# Given the database's URL, at its newest revision, and the address of the app: makes what must be there. What it
# returns goes to `announce` when the app answers.
Prepare = Callable[[str, str], str | None]
Announce = Callable[[str, str | None], None]


def run_together(
    settings: Settings,
    *,
    prepare: Prepare,
    announce: Announce,
    processes: int = 1,
    with_worker: bool = True,
    factory: str = "app.cli.serving:app_of_environment",
) -> None:
    """Returns after a signal, when no process is left. Raises a Problem when something cannot start."""
    signals = StopSignals()
    with ExitStack() as running:
        signals.take()
        try:
            listener = running.enter_context(listen_on(settings.host, settings.port))
            address = settings.public_url or address_of(listener)
            url, watch = _start_database(settings, running, listener)
            link = _make_ready(url, address, prepare, factory if processes == 1 else None)
            signals.heed()
            if watch is not None:
                running.enter_context(watch)
            if with_worker:
                running.enter_context(WorkerProcess())
            when_it_answers(listener, partial(announce, address, link))
            _serve(settings, listener, processes, factory, signals)
        except Stopped:
            return
        finally:
            signals.ignore()


def _start_database(
    settings: Settings, running: ExitStack, listener: socket.socket
) -> tuple[str, PostgresWatch | None]:
    """The watch is not at work yet: there may be no thread when a child is forked."""
    watch = None
    url = settings.database_url
    if url is None:
        embedded = EmbeddedPostgres(settings.data_dir)
        url = running.enter_context(embedded)
        watch = PostgresWatch(embedded)
    os.environ.update(TANDEM_DATABASE_URL=url, TANDEM_LOG_LEVEL=settings.log_level)  # for our child processes
    if settings.port not in (0, port_of(listener)):
        log.warning("Port %d is taken; using %d.", settings.port, port_of(listener))
    return url, watch


def _make_ready(url: str, address: str, prepare: Prepare, factory: str | None) -> str | None:
    def migrate_and_prepare() -> str | None:
        from app.db.migrate import migrate

        migrate(url)
        return prepare(url, address)

    with apart(migrate_and_prepare) as outcome:
        if factory is not None:
            import_module(factory.partition(":")[0])  # meanwhile
        return outcome.wait()


def _serve(settings: Settings, listener: socket.socket, processes: int, factory: str, signals: StopSignals) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    config = uvicorn.Config(
        factory,
        factory=True,
        workers=processes,
        log_config=None,
        access_log=False,  # app/web/request_log.py tells of requests
        log_level=settings.log_level,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        ws="none",
    )
    if processes > 1:
        with _counted_together(settings):
            supervisor = Multiprocess(config, sockets=[listener])  # takes the signals
            signals.leave_to_server()
            supervisor.run()
        return

    class PatientServer(uvicorn.Server):
        """A second Ctrl-C does not cut the shutdown short; it is short anyway."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            with super().capture_signals():
                signals.leave_to_server()
                yield

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            self.should_exit = True

    PatientServer(config).run(sockets=[listener])


@contextmanager
def _counted_together(settings: Settings) -> Iterator[None]:
    """A folder in which server processes count their requests, so that each can tell the sum."""
    if settings.metrics_port is None and settings.metrics_token is None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="tandem-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield
