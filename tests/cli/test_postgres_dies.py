"""The embedded Postgres dies under a running Tandem: it comes back, and meanwhile people get a sentence."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.db.embedded import running_server
from tests.support.embedded_tandem import PATIENCE_SECONDS, Tandem, wait_until


@pytest.fixture
def tandem(tmp_path: Path) -> Iterator[Tandem]:
    running = Tandem(tmp_path / "data", tmp_path / "talk")
    yield running
    running.stop()
    left = running_server(running.postgres.cluster)
    assert left is None


def count(url: str, question: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


def test_a_killed_postgres_is_started_again_and_meanwhile_the_answer_is_a_sentence(tandem: Tandem) -> None:
    assert tandem.ask()[0] in (303, 401)
    for time_over in (1, 2):
        server = running_server(tandem.postgres.cluster)
        assert server is not None
        server.kill()
        seen = answers_until_well(tandem)
        assert {status for status, _, _ in seen} <= {303, 401, 503}
        refused = [(headers, body) for status, headers, body in seen if status == 503]
        assert refused
        for headers, body in refused:
            assert headers["retry-after"] == "2"
            assert "The database does not answer just now. Nothing was half-saved" in json.loads(body)["detail"]
        again = running_server(tandem.postgres.cluster)
        assert again is not None and again != server
        wait_until(lambda done=time_over: tandem.talk.read_text().count("The embedded Postgres is back.") == done)
    assert count(tandem.postgres.url(), "SELECT count(*) FROM alembic_version") == 1
    talk = tandem.talk.read_text()
    assert talk.count("The embedded Postgres ended. Starting it again.") == 2
    assert "Exception in ASGI application" not in talk


def test_the_worker_works_on_after_postgres_was_killed(tandem: Tandem) -> None:
    server = running_server(tandem.postgres.cluster)
    assert server is not None
    wait_until(lambda: workers(tandem) >= 1)
    killed_at = time.time()
    server.kill()
    answers_until_well(tandem)
    heard = f"SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > to_timestamp({killed_at})"
    wait_until(lambda: count(tandem.postgres.url(), heard) >= 1)


def workers(tandem: Tandem) -> int:
    return count(tandem.postgres.url(), "SELECT count(*) FROM procrastinate_workers")


def answers_until_well(tandem: Tandem) -> list[tuple[int, dict[str, str], str]]:
    seen = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen or seen[-1][0] == 503 or len(seen) < 20:
        assert time.monotonic() < deadline, tandem.talk.read_text()
        seen.append(tandem.ask())
        time.sleep(0.01)
    return seen
