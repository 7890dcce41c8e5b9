"""Figures for Prometheus: of requests, streams and the pool from this process, of jobs and models from the database.

Several server processes write into one folder (prometheus-client's multiprocess mode), and whichever is asked answers
for all of them. Labels are words of the code: no text, no short name of a study, no number of a row.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.db.figures import Figure
from app.db.session import Database
from app.problems import Unavailable
from app.web.request_log import Answered

log = logging.getLogger(__name__)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
AGAIN_SECONDS = 5.0

Read = Callable[[Session], Iterable[Figure]]


class Metrics:
    """Watches one server process."""

    def __init__(self, database: Database, reads: Iterable[Read]) -> None:
        self._own = CollectorRegistry()
        self._requests = Counter(
            "tandem_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._own
        )
        self._seconds = Histogram(
            "tandem_http_request_seconds",
            "Seconds until a request was answered; streams apart.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self._own,
        )
        self._streams = Gauge(
            "tandem_open_streams", "Streams open now.", multiprocess_mode="livesum", registry=self._own
        )
        self._pool = Gauge(
            "tandem_pool_connections_in_use",
            "Connections that servers have taken from their pools now.",
            multiprocess_mode="livesum",
            registry=self._own,
        )
        self._of_database = _OfDatabase(database, tuple(reads))
        if isinstance(database.bind, Engine):
            self._watch_pool(database.bind)

    def answered(self, request: Answered) -> None:
        self._requests.labels(request.method, request.route, str(request.status)).inc()
        if not request.is_stream:
            self._seconds.labels(request.method, request.route).observe(request.seconds)

    def stream_opened(self) -> None:
        self._streams.inc()

    def stream_ended(self) -> None:
        self._streams.dec()

    def text(self) -> bytes:
        """Of all server processes of this machine."""
        asked = CollectorRegistry()
        asked.register(self._of_database)
        folder = os.environ.get(FOLDER)
        if folder is None:
            return generate_latest(self._own) + generate_latest(asked)
        _forget_the_dead(Path(folder))
        MultiProcessCollector(asked, folder)
        return generate_latest(asked)

    def _watch_pool(self, engine: Engine) -> None:
        pool = engine.pool
        if not isinstance(pool, QueuePool):
            return

        @event.listens_for(pool, "checkout")
        def taken(*_: object) -> None:
            self._pool.set(pool.checkedout())

        @event.listens_for(pool, "checkin")
        def given_back(*_: object) -> None:
            self._pool.set(max(pool.checkedout() - 1, 0))  # told before it is back


class _OfDatabase(Collector):
    """Read when it is asked for, so that it holds for all servers and workers, on whatever machine."""

    def __init__(self, database: Database, reads: tuple[Read, ...]) -> None:
        self._database = database
        self._reads = reads

    def describe(self) -> Iterable[Metric]:
        return ()  # else registering would ask the database

    def collect(self) -> Iterator[Metric]:
        try:
            with self._database.reading() as session:
                figures = [figure for read in self._reads for figure in read(session)]
        except (SQLAlchemyError, Unavailable):
            log.warning("The database does not answer, so its figures are left out.", exc_info=True)
            figures = []
        return map(_family, figures)


def _family(figure: Figure) -> Metric:
    kind = CounterMetricFamily if figure.only_grows else GaugeMetricFamily
    family = kind(figure.name, figure.means, labels=figure.labels)
    for values, number in figure.rows:
        family.add_metric(list(values), number)
    return family


def _forget_the_dead(folder: Path) -> None:
    """What a killed process had open is open no more. Its counts stay."""
    for file in folder.glob("gauge_live*_*.db"):
        process_id = int(file.stem.rpartition("_")[2])
        if not psutil.pid_exists(process_id):
            mark_process_dead(process_id, str(folder))


def serve_metrics(metrics: Metrics, host: str, port: int) -> None:
    """On a port of their own, in a thread. Of several processes the first serves; when it ends another does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.path.partition("?")[0] == "/metrics"
            body = metrics.text() if wanted else b"The figures are at /metrics.\n"
            self.send_response(200 if wanted else 404)
            self.send_header("Content-Type", CONTENT_TYPE if wanted else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: it would be a line for every look."""

    def serve() -> None:
        told = FOLDER in os.environ  # then it is one of us who has the port
        while True:
            try:
                ThreadingHTTPServer((host, port), Handler).serve_forever()
            except OSError as problem:
                if not told:
                    log.error("No metrics: cannot listen on port %d (%s). Trying again.", port, problem.strerror)
                    told = True
                time.sleep(AGAIN_SECONDS)

    threading.Thread(target=serve, name="metrics", daemon=True).start()
