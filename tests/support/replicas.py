"""Several servers and workers on one Postgres, each a process that can be stopped, killed and started again."""

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.ports import lasting_port
from tests.support.served import CHECKOUT, Served, bare_environment, served


class Replica:
    """A server without a worker, on one port for good."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        folder.mkdir()
        self.port = lasting_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._settings = settings
        self._running = ExitStack()
        self.server: Served | None = None

    def start(self) -> None:
        self.server = self._running.enter_context(
            served(self.folder, "--no-worker", "--port", str(self.port), settings=self._settings)
        )
        assert self.server.address == self.address

    def stop(self) -> None:
        """SIGTERM, and waits for the end."""
        self._running.close()


@contextmanager
def replicas(folder: Path, settings: Mapping[str, str], how_many: int = 2) -> Iterator[list[Replica]]:
    made = [Replica(folder / f"replica-{number}", settings) for number in range(how_many)]
    try:
        for each in made:
            each.start()
        yield made
    finally:
        for each in made:
            each.stop()


@contextmanager
def worker(settings: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        cwd=CHECKOUT,
        env=bare_environment(TANDEM_LOG_LEVEL="warning", **settings),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


class Watching:
    """Reads the events of a stream in the background."""

    def __init__(self, address: str, path: str, cookie: str) -> None:
        self.events: list[str] = []
        self.ended = threading.Event()
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/event-stream"})
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._answer:
                if line.startswith(b"event: "):
                    self.events.append(line.decode().removeprefix("event: ").strip())
        except (OSError, http.client.HTTPException):
            pass
        self.ended.set()
