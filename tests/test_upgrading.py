"""A filled database of every release is upgraded to today: its data is there, its triggers are on, its pages answer.

`tests/released/` holds the databases; `tests/released/make.py` says how they were made. A new migration is covered as
it is. One that drops or rewrites a column on purpose names it in REWRITTEN, with what is expected in its stead.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import routers
from app.accounts.actions import DEMO_EMAIL, start_sign_in
from app.accounts.models import Person
from app.accounts.queries import person_with_email
from app.accounts.viewer import COOKIE
from app.codebook.models import Code, Dimension
from app.db.migrate import known_revisions, migrate
from app.db.session import Database
from app.incidents.models import Import, Incident
from app.main import create_app
from app.rounds.models import Assignment, Round
from app.sample.checks import sample_content
from app.settings import Settings
from app.studies.models import Membership
from tests.conftest import make_database

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql.gz"))
REWRITTEN: frozenset[tuple[str, str]] = frozenset({("alembic_version", "version_num")})  # (table, column)
COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
ROWS = "SELECT md5(string_agg(said, E'\\n' ORDER BY said COLLATE \"C\")), count(*) FROM ({stored}) AS rows (said)"
STORED = (
    "SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(r)) WHERE key = ANY(:kept))::text "
    "FROM {table} r"
)
TRIGGERS = "SELECT tgrelid::regclass::text || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
STREAM = "/progress"
ROOMS = (
    "",
    "members",
    "incidents",
    "incidents/1",
    "codebook",
    "codebook/codes/1",
    "coding",
    "rounds",
    "rounds/1",
    "agreement",
    "disagreements",
    "rounds/1/suggestions",
    "export",
    "history",
)

Columns = dict[str, set[str]]


class Upgraded:
    """A database of a release, before and after."""

    def __init__(self, url: URL, released: Path) -> None:
        self.url = url
        plain = url.render_as_string(hide_password=False)
        with psycopg.connect(plain.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(gzip.decompress(released.read_bytes()))
        self.engine: Engine = create_engine(url)
        with self.engine.connect() as connection:
            self.columns = columns_of(connection)
            self.triggers = set(connection.scalars(text(TRIGGERS)))
            self.rows = {table: rows_of(connection, table, kept) for table, kept in self.columns.items()}
        migrate(plain)


@pytest.fixture(scope="module", params=RELEASED, ids=lambda released: released.name.removesuffix(".sql.gz"))
def upgraded(server_url: URL, request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    made = Upgraded(make_database(server_url, "tandem_upgraded"), request.param)
    yield made
    made.engine.dispose()


def columns_of(connection: Connection) -> Columns:
    found: Columns = {}
    for table, column in connection.execute(text(COLUMNS)):
        if (table, column) not in REWRITTEN:
            found.setdefault(table, set()).add(column)
    return found


def rows_of(connection: Connection, table: str, kept: set[str]) -> tuple[str, int]:
    said = connection.execute(text(ROWS.format(stored=STORED.format(table=f'"{table}"'))), {"kept": sorted(kept)})
    return tuple(said.one())


def test_there_is_a_database_of_the_first_release() -> None:
    assert RELEASED[0].name == "2026_11_24_03.sql.gz"
    assert all(released.name.removesuffix(".sql.gz") in known_revisions() for released in RELEASED)
    assert all(released.stat().st_size < 1_500_000 for released in RELEASED)


def test_all_that_was_there_is_there(upgraded: Upgraded) -> None:
    with upgraded.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == known_revisions()[0]
        now = columns_of(connection)
        assert {table: kept - now.get(table, set()) for table, kept in upgraded.columns.items()} == {
            table: set() for table in upgraded.columns
        }
        assert {table: rows_of(connection, table, kept) for table, kept in upgraded.columns.items()} == upgraded.rows
    assert sum(rows for _, rows in upgraded.rows.values()) > 5_000


def test_what_was_guarded_is_guarded(upgraded: Upgraded) -> None:
    with upgraded.engine.connect() as connection:
        assert upgraded.triggers <= set(connection.scalars(text(TRIGGERS)))
        for table in ("submissions", "acts", "study_events", "exposures"):
            with pytest.raises(Exception, match="append-only"), connection.begin_nested():
                connection.execute(text(f"DELETE FROM {table}"))


def test_its_pages_answer(upgraded: Upgraded) -> None:
    database = Database.at(upgraded.url.render_as_string(hide_password=False))
    app = create_app(Settings(database_url="postgresql+psycopg://nowhere"), database)
    slug = sample_content().study_slug
    with database.transaction() as session:
        lead = person_with_email(session, DEMO_EMAIL)
        assert lead is not None
        token = start_sign_in(session, lead, user_agent="test", days=1)
        ids = {"slug": slug, **ids_of_something(session)}
    client = TestClient(app, follow_redirects=True)
    client.cookies.set(COOKIE, token)
    seen = {path: client.get(path).status_code for path in addresses(ids)}
    database.dispose()
    assert {path: status for path, status in seen.items() if status >= 500} == {}
    for room in ROOMS:
        assert seen[f"/studies/{slug}/{room}"] == 200, room


def test_a_coder_finds_their_desk_as_it_was(upgraded: Upgraded) -> None:
    database = Database.at(upgraded.url.render_as_string(hide_password=False))
    app = create_app(Settings(database_url="postgresql+psycopg://nowhere"), database)
    with database.transaction() as session:
        running = select(Round.id).where(Round.phase == "running")
        its_coder = Membership.id == Assignment.member_id
        query = (
            select(Assignment.id, Person).join(Membership, its_coder).join(Person, Person.id == Membership.person_id)
        )
        assignment_id, coder = session.execute(query.where(Assignment.round_id.in_(running))).first() or _missing()
        token = start_sign_in(session, coder, user_agent="test", days=1)
    client = TestClient(app, follow_redirects=True)
    client.cookies.set(COOKIE, token)
    answer = client.get(f"/studies/{sample_content().study_slug}/assignments/{assignment_id}")
    database.dispose()
    assert answer.status_code == 200
    assert 'id="answers"' in answer.text


def _missing() -> NoReturn:
    raise LookupError("the sample study has no assignment in a running round")


def addresses(ids: dict[str, object]) -> list[str]:
    """Every page of a study whose address is known, whatever rooms come to have. A stream would not end."""
    paths = [route.path for router in routers.ALL for route in router.routes if "GET" in route.methods]  # type: ignore[attr-defined]
    known = [path for path in paths if path.startswith("/studies/{slug}") and not path.endswith(STREAM)]
    return [path.format(**ids) for path in known if all(name in ids for name in re.findall(r"{(\w+)}", path))]


def ids_of_something(session: Session) -> dict[str, object]:
    rows = {
        "incident_id": select(Incident.id),
        "code_id": select(Code.id),
        "dimension_id": select(Dimension.id),
        "number": select(Round.number),
        "import_id": select(Import.id),
    }
    found = {name: session.scalars(query.limit(1)).first() for name, query in rows.items()}
    return {name: value for name, value in found.items() if value is not None}
