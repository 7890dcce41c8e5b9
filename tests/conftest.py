"""One embedded Postgres for the run, a database made by the migrations, and one rolled-back transaction a test."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ReleaseSavepointClause, RollbackToSavepointClause

from app.codebook.withholding import withhold_examples_of
from app.coding.open_incidents import open_incidents
from app.db.migrate import migrate
from app.db.session import Database
from app.sample.loader import load_sample
from tests.support.chromium import check_there
from tests.support.postgres import older_binaries, running_postgres

os.environ["TANDEM_ALLOWED_HOSTS"] = "testserver"  # what a client without a network calls the app it asks
withhold_examples_of(open_incidents)  # as the wiring does, for tests that make no app
SHARED = Path(__file__).parents[2] / "shared"
TESTS = Path(__file__).parent
LONGEST = (
    "browser/test_every_page.py",
    "test_blindness_by_chance.py",
    "test_junk.py",
    "browser/test_stored_script.py",
    "test_blindness.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end no process waits for the one that has just begun a long one."""
    first = {TESTS / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(LONGEST)))


def pytest_collection_finish() -> None:
    """What was imported stays to the end: it need not be looked through for garbage every few hundred requests."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        check_there()
    if item.get_closest_marker("postgres15"):
        older_binaries()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    with running_postgres(tmp_path_factory.mktemp("postgres") / "data") as url:
        _without_waiting_for_the_disk(make_url(url))
        yield make_url(url)


def _without_waiting_for_the_disk(server_url: URL) -> None:
    """No test cuts the power, and this server ends with the run. Tandem's own waits: tests/db/test_embedded.py."""
    with _admin(server_url) as admin:
        for setting in ("fsync", "full_page_writes"):
            admin.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        admin.execute(text("SELECT pg_reload_conf()"))


@pytest.fixture(scope="session")
def template_url(server_url: URL) -> URL:
    """A database made by the migrations, to be cloned by tests that need more than one connection."""
    return make_database(server_url, "tandem_template", migrated=True)


@pytest.fixture(scope="session")
def engine(server_url: URL, template_url: URL) -> Iterator[Engine]:
    url = make_database(server_url, "tandem_tests", template="tandem_template")
    engine = create_engine(url)
    event.listen(engine, "after_execute", _release)
    yield engine
    engine.dispose()


def _release(connection: Connection, statement: Executable, *_: object) -> None:
    """Going back to a savepoint leaves it open: of hundreds in one test, one in another, each would hold a lock."""
    if isinstance(statement, RollbackToSavepointClause):
        connection.execute(ReleaseSavepointClause(statement.ident))


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()


@pytest.fixture
def database(connection: Connection) -> Database:
    """For the app under test: its commits are savepoints of the test's own transaction."""
    return Database(connection)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """For makers and asserts; autoflushes, and everything is rolled back after the test."""
    with database.transaction() as session:
        yield session


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """The loop in which apps answer. A client without one makes a loop and its threads anew for each request."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="session")
def sample_url(server_url: URL, template_url: URL) -> URL:
    """The sample study, which takes seconds to make. Nobody writes to it: who does takes a copy of `tandem_sample`."""
    url = make_database(server_url, "tandem_sample", template="tandem_template")
    database = Database.at(url.render_as_string(hide_password=False))
    load_sample(database)
    database.dispose()
    return url


@pytest.fixture
def own_database(server_url: URL, template_url: URL, request: pytest.FixtureRequest) -> Iterator[URL]:
    """A database of this test's own, for workers, streams, browsers and two connections at once."""
    with _lent(server_url, request.node.nodeid, "tandem_template") as url:
        yield url


@pytest.fixture
def own_sample(server_url: URL, sample_url: URL, request: pytest.FixtureRequest) -> Iterator[URL]:
    """As `own_database`, with the sample study in it."""
    with _lent(server_url, request.node.nodeid, "tandem_sample") as url:
        yield url


@contextmanager
def _lent(server_url: URL, whose: str, template: str) -> Iterator[URL]:
    name = f"own_{abs(hash(whose)) % 10**12}"
    yield make_database(server_url, name, template=template)
    with _admin(server_url) as admin:
        admin.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def make_database(server_url: URL, name: str, *, template: str | None = None, migrated: bool = False) -> URL:
    with _admin(server_url) as admin:
        admin.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.execute(text(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else "")))
    url = server_url.set(database=name)
    if migrated:
        migrate(url.render_as_string(hide_password=False))
    return url


def _admin(server_url: URL) -> Connection:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    return engine.connect()
