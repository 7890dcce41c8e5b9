"""The worker beside a server on one machine: a child process, started again when it dies, ended with the server."""

import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import app

log = logging.getLogger(__name__)

IMPORTED_FROM = Path(app.__file__).resolve().parents[1]
END_SECONDS = 8
AGAIN_SECONDS = 1.0


class WorkerProcess:
    """The database and all else is told by the environment."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep_alive, name="worker-watch", daemon=True)

    def __enter__(self) -> Self:
        self._child = _started()
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        self._watch.join()

    def _keep_alive(self) -> None:
        while self._child is not None:
            code = self._child.wait()
            if self._stopping.is_set():
                return
            log.warning("The worker ended (%d). Starting it again.", code)
            if self._stopping.wait(AGAIN_SECONDS):
                return
            self._child = _started()


def _started() -> "subprocess.Popen[bytes]":
    """In a session of its own, so that Ctrl-C reaches it through us; its standard input ends with us."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker", "--with-parent"],
        cwd=IMPORTED_FROM,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
