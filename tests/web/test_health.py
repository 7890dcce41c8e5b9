"""What watches a server gets told the truth, cheaply, and nothing more than it may know."""

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from starlette.testclient import TestClient

from app.db.migrate import migrate
from app.db.revisions import known_revisions, newest_revision
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.web.request_log import HEADER
from tests.conftest import make_database
from tests.support.clients import client_for

__all__ = ["client_for"]

NOWHERE = "postgresql+psycopg://ada:hidden@127.0.0.1:1/nowhere"


@pytest.fixture
def without_database() -> TestClient:
    return TestClient(create_app(Settings(database_url=NOWHERE)))


def test_a_process_lives_also_when_its_database_is_away(without_database: TestClient) -> None:
    assert without_database.get("/healthz").json() == {"app": "tandem", "ok": True}


def test_it_cannot_serve_without_its_database_and_names_no_host(without_database: TestClient) -> None:
    answer = without_database.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"app": "tandem", "ok": False, "sentence": "The database does not answer."}


def test_it_can_serve_when_the_database_is_at_its_newest_revision(client_for) -> None:
    assert client_for(None).get("/readyz").status_code == 200


@pytest.mark.parametrize("revision", ["2026_11_24_01", "2099_01_01_01"])
def test_it_cannot_serve_on_another_revision(session, client_for, revision: str) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    answer = client_for(None).get("/readyz")
    assert answer.status_code == 503 and "tandem migrate" in answer.json()["sentence"]


def test_it_cannot_serve_a_database_that_was_never_migrated_and_can_when_it_was(server_url: URL) -> None:
    url = make_database(server_url, "tandem_empty").render_as_string(hide_password=False)
    database = Database.at(url)
    client = TestClient(create_app(Settings(database_url=url), database))
    assert client.get("/readyz").status_code == 503
    migrate(url)
    assert client.get("/readyz").status_code == 200
    database.dispose()


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from app.places import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = ScriptDirectory.from_config(config)
    assert [newest_revision()] == found.get_heads()
    assert known_revisions() == {each.revision for each in found.walk_revisions()}


def test_a_plain_request_id_is_kept_and_any_other_replaced(client_for) -> None:
    client = client_for(None)
    assert client.get("/healthz", headers={HEADER: "proxy-0123456789"}).headers[HEADER] == "proxy-0123456789"
    for odd in ("short", "a blank in it", "x" * 65, "<script>alert(1)</script>", "läng-genug", ""):
        given = client.get("/healthz", headers={HEADER: odd.encode()}).headers[HEADER]
        assert given != odd and len(given) == 16


def test_a_bug_answers_in_json_with_the_number_and_the_page_keeps_its_security_headers(
    database: Database,
) -> None:
    app = create_app(Settings(database_url=NOWHERE), database)

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("of what somebody wrote")

    client = TestClient(app, raise_server_exceptions=False)
    page = client.get("/breaks", headers={HEADER: "proxy-0123456789"})
    assert page.status_code == 500 and "proxy-0123456789" in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    said = client.get("/breaks", headers={"Accept": "application/json"})
    assert said.headers[HEADER] in said.json()["detail"] and "somebody wrote" not in said.text
