"""What the log tells, and what it must never tell: a whole little session with marked words, searched afterwards."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import URL

from app.accounts.models import Person
from app.accounts.viewer import COOKIE
from app.coding.models import AssignmentWork
from app.db.session import Database
from app.incidents.models import Incident
from app.rounds.models import Assignment
from app.studies.models import Membership, Study
from app.studies.viewer import Viewer
from app.suggestions.models import SuggestionRun
from tests import makers
from tests.conftest import make_database
from tests.support.openai_server import Broken, Busy, Cut, OpenAIServer, Raw, Refuses, Says, failure
from tests.support.served import Served, served

MARK = "zqj"  # begins every word that somebody typed
KEY = f"sk-{MARK}-key"
MOODS = (
    Busy("0"),
    Says(f"{MARK} no JSON"),
    Cut(f'{{"{MARK}": "cu'),
    Refuses(f"{MARK} refused"),
    Raw(400, {"error": {"message": f"{MARK} too long", "code": "context_length_exceeded"}}),
    Broken(500),
)
WRONG_KEY = failure(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key")
CSV = f"id,text\n{MARK}-1,The {MARK} gateway returned 502.\n{MARK}-2,The {MARK} disk was full.\n"
MAPPING = {"becomes-0": "external_id", "becomes-1": "text"}


@dataclass
class Sitting:
    """What was done, and what the processes told of it."""

    told: str
    secrets: list[str]
    broken_page: str
    broken_id: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.told.splitlines()]

    def requests(self, route: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == "request" and line["route"] == route]


@pytest.fixture(scope="module")
def sitting(server_url: URL, template_url: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sitting]:
    url = make_database(server_url, "tandem_logs", template="tandem_template")
    database = Database.at(url.render_as_string(hide_password=False))
    with OpenAIServer(*MOODS, otherwise=Raw(WRONG_KEY.status, WRONG_KEY.body), api_key=KEY) as model:
        settings = {
            # Over its socket the test server trusts whoever comes, so any password will do.
            "TANDEM_DATABASE_URL": url.set(password=f"{MARK}-of-database").render_as_string(hide_password=False),
            "TANDEM_LLM_BASE_URL": model.base_url,
            "TANDEM_LLM_API_KEY": KEY,
            "TANDEM_LLM_MODEL": "small",
            "TANDEM_LOG_LEVEL": "debug",
            "TANDEM_LOG_FORMAT": "json",
        }
        folder = tmp_path_factory.mktemp("logs")
        with served(folder, settings=settings, nobody_yet=True) as running:
            yield act_it_out(running, database)
    database.dispose()


def act_it_out(running: Served, database: Database) -> Sitting:
    with httpx2.Client(base_url=running.address, timeout=30) as browser:
        secrets = sign_in(browser, running.link)
        slug = import_and_plan(browser, database)
        code(browser, database, slug)
        assert browser.post(f"/studies/{slug}/rounds/1/suggestions", data={}).status_code == 303
        wait_until_it_rests(database)
        browser.get(f"/studies/{slug}/incidents?find={MARK}")
        browser.get(f"/nothing/{MARK}", headers={"X-Request-ID": f"{MARK} with a blank"})
        browser.get(f"/invitations/{MARK}-token-of-an-invitation")
        browser.get(f"/sign-in-links/{MARK}-token-of-a-link")
        broken = break_something(browser, database, slug)
    running.stop()
    return Sitting(running.told(), secrets, broken.text, broken.headers["X-Request-ID"])


def sign_in(browser: httpx2.Client, link: str) -> list[str]:
    password = f"{MARK} is a long one"
    person = {"name": f"Ada {MARK}", "email": f"{MARK}@example.org", "password": password}
    assert browser.post(link, data=person).status_code == 303
    cookies = [browser.cookies[COOKIE]]
    browser.post("/sign-out")
    assert browser.post("/sign-in", data=person | {"password": f"{MARK} is wrong"}).status_code == 422
    assert browser.post(f"/sign-in?next=/{MARK}", data=person).status_code == 303
    return [link.rpartition("/")[2], browser.cookies[COOKIE], *cookies]


def import_and_plan(browser: httpx2.Client, database: Database) -> str:
    study = {"title": f"A {MARK} study", "slug": f"{MARK}-study", "template": "incident-study", "mode": "hybrid"}
    assert browser.post("/studies/new", data=study).status_code == 303
    base = f"/studies/{study['slug']}"
    sent = browser.post(f"{base}/imports", files={"file": (f"{MARK}.csv", CSV.encode(), "text/csv")})
    assert sent.status_code == 303, sent.text
    assert browser.post(f"{sent.headers['location']}/rows", data=MAPPING).status_code == 303
    with database.transaction() as session:
        lead = lead_of(session)
        makers.make_round(session, lead, [lead], list(session.scalars(select(Incident))), coders_per_incident=1)
    return study["slug"]


def code(browser: httpx2.Client, database: Database, slug: str) -> None:
    with database.reading() as session:
        dimension_id = session.execute(text("SELECT min(id) FROM dimensions")).scalar_one()
    made = {"name": f"{MARK} code", "definition": f"{MARK} definition", "dimension_id": str(dimension_id)}
    assert act(browser, database, slug, "create_code", **made).status_code == 303
    assert act(browser, database, slug, "write_memo", text=f"{MARK} memo").status_code == 303


def break_something(browser: httpx2.Client, database: Database, slug: str) -> httpx2.Response:
    """The database says no with the very words that it was given."""
    with database.transaction() as session:
        session.execute(
            text("""
            CREATE FUNCTION say_no() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no to %', NEW; END $$""")
        )
        session.execute(
            text("CREATE TRIGGER no BEFORE INSERT OR UPDATE ON memos FOR EACH ROW EXECUTE FUNCTION say_no()")
        )
    return act(browser, database, slug, "write_memo", text=f"{MARK} memo that breaks")


def act(browser: httpx2.Client, database: Database, slug: str, kind: str, **fields: str) -> httpx2.Response:
    with database.reading() as session:
        assignment_id = session.execute(select(Assignment.id).order_by(Assignment.id)).scalars().first()
        newest = session.scalar(select(AssignmentWork.last_act_id).where(AssignmentWork.assignment_id == assignment_id))
    fields |= {"kind": kind, "act_id": str(uuid4()), "after_act_id": str(newest or "")}
    return browser.post(f"/studies/{slug}/assignments/{assignment_id}/acts", data=fields)


def wait_until_it_rests(database: Database) -> None:
    deadline = time.monotonic() + 60
    state = "running"
    while state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.2)
        with database.reading() as session:
            state = session.scalars(select(SuggestionRun.state)).one()


def lead_of(session: Any) -> Viewer:
    study, member = session.scalars(select(Study)).one(), session.scalars(select(Membership)).one()
    return Viewer(session.scalars(select(Person)).one(), study, member)


def test_no_word_that_somebody_typed_and_no_secret_is_in_the_log(sitting: Sitting) -> None:
    assert len(sitting.lines) > 40
    assert [line for line in sitting.told.splitlines() if MARK in line.lower()] == []
    assert [secret for secret in sitting.secrets if secret in sitting.told] == []
    assert len(sitting.secrets) == 3 and all(len(secret) > 30 for secret in sitting.secrets)


def test_every_line_is_one_json_object_and_none_is_a_traceback(sitting: Sitting) -> None:
    assert all({"at", "level", "logger", "event"} <= set(line) for line in sitting.lines)
    assert "Traceback" not in sitting.told


def test_below_a_warning_only_tandem_its_queue_and_its_server_speak(sitting: Sitting) -> None:
    """Libraries tell there what they send: headers today, with another version bodies."""
    low = {line["logger"].partition(".")[0] for line in sitting.lines if line["level"] in ("debug", "info")}
    assert low == {"app", "procrastinate", "uvicorn"}


def test_a_request_is_told_by_its_template_with_id_time_and_person(sitting: Sitting) -> None:
    said = sitting.requests("/studies/{slug}/assignments/{assignment_id}/acts")[0]
    assert (said["method"], said["status"], said["level"]) == ("POST", 303, "info")
    assert said["person_id"] == 1 and said["milliseconds"] > 0 and len(said["request_id"]) == 16


@pytest.mark.parametrize("route", ["/first-owner/{token}", "/invitations/{token}", "/sign-in-links/{token}"])
def test_a_one_time_link_is_told_by_its_template(sitting: Sitting, route: str) -> None:
    assert sitting.requests(route)


def test_a_call_that_is_tried_again_is_one_line_with_the_number_of_the_job(sitting: Sitting) -> None:
    again = [line for line in sitting.lines if line["event"] == "A call is tried again later."]
    assert again
    assert all(line["job_id"] and line["task"] == "suggestions.pump_run" for line in again)
    chains = [[part.split(" at ")[0] for part in line["error"].split(" < ")] for line in again]
    busy = ["app.suggestions.attempts.TryAgainLater", "app.llm.problems.ModelBusy", "openai.RateLimitError"]
    assert busy in chains


def test_the_page_of_a_bug_names_the_request_and_the_log_says_where_it_broke(sitting: Sitting) -> None:
    assert sitting.broken_id in sitting.broken_page
    of_it = [line for line in sitting.lines if line.get("request_id") == sitting.broken_id]
    assert [line["event"] for line in of_it] == ["request"]
    assert (of_it[0]["level"], of_it[0]["status"]) == ("error", 500)
    assert "psycopg.errors.RaiseException (P0001)" in of_it[0]["error"]
    assert "app/coding/notes.py" in of_it[0]["error"]


def test_the_access_log_of_the_server_is_not_kept_beside_it(sitting: Sitting) -> None:
    assert not [line for line in sitting.lines if line["logger"] == "uvicorn.access"]
