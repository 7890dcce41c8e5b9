"""`tandem serve` in a process of its own, on an embedded Postgres."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from app.db.embedded import EmbeddedPostgres
from tests.support.served import CHECKOUT, bare_environment

PATIENCE_SECONDS = 30


class Tandem:
    """`tandem serve` in a process of its own."""

    def __init__(self, data_dir: Path, talk: Path, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.postgres = EmbeddedPostgres(data_dir)
        self.talk = talk
        environment = bare_environment(TANDEM_DATA_DIR=str(data_dir), TANDEM_LOG_LEVEL="warning")
        with talk.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *more],
                cwd=CHECKOUT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        self.address = next(line for line in lines if line.startswith("Tandem is at")).split()[-1]
        self.owner_link = next(line for line in lines if "Become the owner" in line).split()[-1]

    def ask(self, path: str = "/studies/nowhere/", method: str = "GET") -> tuple[int, dict[str, str], str]:
        """Signed in or not, the cookie is looked up in the database."""
        asked = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=20)
        asked.request(method, path, headers={"Cookie": "tandem_sign_in=unknown", "Accept": "application/json"})
        answer = asked.getresponse()
        body = answer.read().decode()
        asked.close()
        return answer.status, dict(answer.getheaders()), body

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
