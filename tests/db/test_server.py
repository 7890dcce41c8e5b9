"""Which server is used, and which are too old."""

from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, Engine

from app.db.connecting import ServerTooOld, check_server_version, connected
from app.db.data_folder import DataFolderInUse
from app.db.embedded import EmbeddedPostgres
from app.db.kept_programs import version_of_program
from app.db.server import database_server, shared_database_server
from app.settings import Settings
from tests.support.postgres import NAMED


class OldServer:
    """Answers the two questions as a Postgres 14 would."""

    def exec_driver_sql(self, question: str) -> "OldServer":
        self._answer = {"SHOW server_version_num": "140012", "SHOW server_version": "14.12"}[question]
        return self

    def scalar_one(self) -> str:
        return self._answer


def test_the_embedded_server_is_new_enough(engine: Engine) -> None:
    check_server_version(engine)


@pytest.mark.skipif(not NAMED, reason="TANDEM_TEST_POSTGRES_BIN names no other Postgres: the tests run on our own")
def test_the_postgres_that_was_named_is_the_one_that_is_tested(engine: Engine) -> None:
    with engine.connect() as connection:
        major = int(str(connection.exec_driver_sql("SHOW server_version_num").scalar_one())) // 10_000
    assert major == version_of_program(Path(NAMED) / "postgres")


def test_an_old_server_is_refused_with_its_version() -> None:
    with pytest.raises(ServerTooOld, match=r"This is Postgres 14.12. Tandem needs Postgres 15 or later."):
        check_server_version(cast(Connection, OldServer()))


def test_a_named_server_is_used_as_it_is(tmp_path: Path) -> None:
    settings = Settings(database_url="postgresql://ada@db.example/tandem", data_dir=tmp_path)
    with database_server(settings) as url:
        assert url == "postgresql+psycopg://ada@db.example/tandem"
    assert list(tmp_path.iterdir()) == []


def test_a_short_command_shares_the_server_of_a_running_tandem_and_leaves_it_running(tmp_path: Path) -> None:
    settings = Settings(database_url=None, data_dir=tmp_path / "data")
    with EmbeddedPostgres(settings.data_dir) as running_url:
        with pytest.raises(DataFolderInUse), database_server(settings):
            pass
        for _ in range(2):
            with shared_database_server(settings) as url:
                assert started_at(url) == started_at(running_url)


def started_at(url: str) -> object:
    """Which server it is: a long path is reached through a short link, which is another one each time."""
    with connected(url) as connection:
        return connection.exec_driver_sql("SELECT pg_postmaster_start_time()").scalar_one()
