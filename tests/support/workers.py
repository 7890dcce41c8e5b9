"""Real workers in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
Worker = subprocess.Popen[bytes]


def started(database_url: str, settings: Mapping[str, object]) -> Worker:
    """settings: by their names without the prefix."""
    told = {f"TANDEM_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {**os.environ, "TANDEM_DATABASE_URL": database_url, "TANDEM_LOG_LEVEL": "warning", **told}
    return subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], cwd=CHECKOUT, env=environment)


@contextmanager
def working(database_url: str, settings: Mapping[str, object], *, how_many: int) -> Iterator[list[Worker]]:
    """Those in the list are ended at the end; whoever kills one may put another in its place."""
    workers = [started(database_url, settings) for _ in range(how_many)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def wait_until(there: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)
