"""Jobs are part of the transaction that defers them, and outlive the worker that runs them."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.db.session import Database
from app.jobs import defer_in, defer_once_in
from app.jobs.running import GRACE_SECONDS, run_waiting_jobs
from app.settings import Settings
from tests.jobs.tasks_for_tests import note_down, note_down_slowly

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def settings(own_database: URL) -> Settings:
    return Settings(database_url=own_database.render_as_string(hide_password=False))


@pytest.fixture
def jobs_database(settings: Settings) -> Iterator[Database]:
    assert settings.database_url is not None
    database = Database.at(settings.database_url)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, note text)"))
    yield database
    database.dispose()


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    started = []

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.jobs.tasks_for_tests", str(settings.database_url)]
        started.append(subprocess.Popen(command, cwd=CHECKOUT))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


def notes(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT note FROM notes ORDER BY id")))


def waiting_jobs(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")) or 0


def wait_for(said: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_job_of_a_committed_transaction_runs(jobs_database: Database, settings: Settings) -> None:
    with jobs_database.transaction() as session:
        defer_in(session, note_down, note="asked")
    run_waiting_jobs(settings)
    assert notes(jobs_database) == ["asked"]


def test_a_job_of_a_transaction_that_was_rolled_back_does_not_exist(
    jobs_database: Database, settings: Settings
) -> None:
    with pytest.raises(ZeroDivisionError), jobs_database.transaction() as session:
        defer_in(session, note_down, note="never")
        raise ZeroDivisionError
    assert waiting_jobs(jobs_database) == 0
    run_waiting_jobs(settings)
    assert notes(jobs_database) == []


def test_a_job_of_the_same_key_waits_once_and_the_transaction_goes_on(
    jobs_database: Database, settings: Settings
) -> None:
    with jobs_database.transaction() as session:
        assert defer_once_in(session, note_down, "run-1", note="once") is not None
        assert defer_once_in(session, note_down, "run-1", note="once") is None
        assert defer_once_in(session, note_down, "run-2", note="other") is not None
    run_waiting_jobs(settings)
    assert sorted(notes(jobs_database)) == ["once", "other"]


def test_a_job_left_behind_by_a_killed_worker_is_taken_up_again(
    jobs_database: Database, start_worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    with jobs_database.transaction() as session:
        defer_in(session, note_down_slowly, note="slow")
    killed = start_worker()
    wait_for(lambda: notes(jobs_database) == ["slow begun"])
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    start_worker()
    wait_for(lambda: notes(jobs_database) == ["slow begun", "slow begun", "slow"])


def test_a_worker_told_to_stop_puts_a_job_it_cannot_finish_back_into_the_queue(
    jobs_database: Database, start_worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    with jobs_database.transaction() as session:
        defer_in(session, note_down_slowly, note="slow")
    worker = start_worker()
    wait_for(lambda: notes(jobs_database) == ["slow begun"])
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(GRACE_SECONDS + 5) == 0
    assert waiting_jobs(jobs_database) == 1


def test_an_idle_worker_stops_at_once(
    jobs_database: Database, start_worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    with jobs_database.transaction() as session:
        defer_in(session, note_down, note="first")
    worker = start_worker()
    wait_for(lambda: notes(jobs_database) == ["first"])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(3) == 0
