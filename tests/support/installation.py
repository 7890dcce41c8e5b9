"""A whole Tandem on one machine whose parts can be killed: server, worker and embedded Postgres."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from app.db.embedded import EmbeddedPostgres, running_server
from tests.support.ports import lasting_port
from tests.support.served import CHECKOUT, bare_environment

START_SECONDS = 90
PARTS = ("server", "worker", "postgres")


class Installation:
    """`tandem serve` on one port for good. Worker and Postgres are started again by it, the server by us."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *more: str) -> None:
        self.port = lasting_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.postgres = EmbeddedPostgres(folder / "data")
        self.log = folder / "log"
        self._more = more
        self._environment = bare_environment(
            TANDEM_DATA_DIR=str(folder / "data"), TANDEM_LOG_LEVEL="warning", **settings
        )
        self.process = self._started()

    def kill(self, part: str) -> bool:
        """SIGKILL. False: this part is not up just now."""
        if part == "server":
            self.process.kill()
            self.process.wait()
            self.process = self._started()
            return True
        found = self._worker() if part == "worker" else running_server(self.postgres.cluster)
        if found is None:
            return False
        found.kill()
        return True

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def _started(self) -> "subprocess.Popen[str]":
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with self.log.open("a") as said:
                process = subprocess.Popen(
                    [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), *self._more],
                    cwd=CHECKOUT,
                    env=self._environment,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    text=True,
                )
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Tandem is at "):
                    address = line.split()[-1]
                    assert address == self.address, f"it came back at {address} instead of {self.address}"
                    return process
            process.wait()
        raise AssertionError(f"Tandem did not start in {START_SECONDS} s: {self.told()[-2000:]}")

    def _worker(self) -> psutil.Process | None:
        for each in psutil.Process(self.process.pid).children():
            try:
                if "worker" in each.cmdline():
                    return each
            except psutil.NoSuchProcess:
                continue
        return None
