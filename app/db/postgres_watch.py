"""Keeps the embedded Postgres alive while Tandem runs: ended by a kill or by a full disk, it is started again."""

import logging
import threading
from typing import Self

from app.db.embedded import EmbeddedPostgres
from app.problems import Problem

LOOK_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


class PostgresWatch:
    """Begun after the server and ended before it."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="postgres-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _keep_alive(self) -> None:
        failures = 0
        while not self._stopping.wait(LOOK_SECONDS if failures == 0 else self._pause(failures)):
            if self._postgres.is_running():
                if failures and self._postgres.is_ready():
                    log.warning("The embedded Postgres is back.")
                    failures = 0
                continue
            self._start_again(failures)
            failures += 1

    def _start_again(self, failures: int) -> None:
        """Returns at once: whether it lives is seen at the next look."""
        if failures == 0:
            log.warning("The embedded Postgres ended. Starting it again.")
        elif failures == 1:
            log.error("The embedded Postgres does not start; trying on. It said: %s", self._postgres.last_words())
        try:
            self._postgres.run_again()
        except (OSError, Problem) as problem:
            log.error("The embedded Postgres could not be started: %s", problem)

    def _pause(self, failures: int) -> float:
        return min(LONGEST_PAUSE_SECONDS, LOOK_SECONDS * 2 ** (failures - 1))
