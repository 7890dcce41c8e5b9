"""The disk of the data folder is full: saves are refused with a sentence, nothing acknowledged is lost."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.embedded_tandem import Tandem, wait_until
from tests.support.saving import SavingCoder, coder_at
from tests.support.small_disk import fill, mounted

FULL = "The disk of the database is full, so this was not saved."
AWAY = "The database does not answer just now."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small", "220m") as folder:
        yield folder


@pytest.fixture
def tandem(small_disk: Path, tmp_path: Path) -> Iterator[Tandem]:
    running = Tandem(small_disk / "data", tmp_path / "talk")
    yield running
    running.stop()


def acts_in(tandem: Tandem) -> set[str]:
    with psycopg.connect(tandem.postgres.url().replace("+psycopg", "")) as connection:
        return {str(act_id) for (act_id,) in connection.execute("SELECT act_id FROM acts")}


def refusals(coder: SavingCoder, how_many: int, *, at_most: int = 5_000) -> list[tuple[int, str, str]]:
    """Saves until so many were refused."""
    refused: list[tuple[int, str, str]] = []
    for _ in range(at_most):
        answer = coder.save()
        if answer[0] != 200:
            refused.append(answer)
        if len(refused) == how_many:
            return refused
    raise AssertionError("the disk did not get full")


def check_went_on(tandem: Tandem, coder: SavingCoder) -> None:
    """The act that was refused last is sent again, as the browser does, and now it is saved, once."""
    wait_until(lambda: coder.save()[0] == 200)
    for _ in range(20):
        assert coder.save()[0] == 200
    stored = acts_in(tandem)
    assert set(coder.acknowledged) - stored == set()
    assert len(stored) == len(coder.acknowledged)
    assert "Traceback" not in tandem.talk.read_text()


def test_saves_on_a_full_disk_are_refused_with_a_sentence_and_nothing_acknowledged_is_lost(
    tandem: Tandem, small_disk: Path
) -> None:
    coder = coder_at(tandem.address, tandem.postgres.url())
    for _ in range(20):
        assert coder.save()[0] == 200
    ballast = fill(small_disk)
    refused = refusals(coder, 10)
    assert 507 in {status for status, _, _ in refused}
    for status, retry_after, sentence in refused:
        assert (status, retry_after) in ((507, "30"), (503, "2"))
        assert sentence.startswith(FULL if status == 507 else AWAY)
    assert tandem.ask()[0] in (303, 401, 503, 507)
    assert set(coder.acknowledged) - acts_in(tandem) == set()
    ballast.unlink()
    check_went_on(tandem, coder)


def test_a_postgres_that_a_full_disk_ended_is_started_again_once_there_is_room(
    tandem: Tandem, small_disk: Path
) -> None:
    coder = coder_at(tandem.address, tandem.postgres.url())
    for _ in range(20):
        assert coder.save()[0] == 200
    ballast = fill(small_disk)
    with (
        pytest.raises(psycopg.Error),
        psycopg.connect(tandem.postgres.url().replace("+psycopg", ""), autocommit=True) as connection,
    ):
        for _ in range(50):  # each begins a new segment of the log, for which there is no room
            connection.execute("SELECT pg_switch_wal(), pg_logical_emit_message(false, 'test', repeat('x', 8000))")
    assert "PANIC" in tandem.postgres.log.read_text()
    for status, retry_after, sentence in refusals(coder, 10):
        assert (status, retry_after) in ((507, "30"), (503, "2"))
        assert sentence.startswith((FULL, AWAY))
    # It tries to recover by itself first; with room by then, nobody would have to start it again.
    wait_until(lambda: "database system is shut down" in tandem.postgres.log.read_text())
    ballast.unlink()
    check_went_on(tandem, coder)
    wait_until(lambda: "The embedded Postgres is back." in tandem.talk.read_text())
