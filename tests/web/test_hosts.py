"""By which names this Tandem may be asked, and that links never come from a name that a visitor chose."""

import re

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import start_sign_in
from app.accounts.viewer import COOKIE
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.web.hosts import KnownHosts
from tests import makers


@pytest.mark.parametrize(
    ("host", "alone", "behind_a_proxy"),
    [
        ("localhost:8000", True, True),
        ("127.0.0.1", True, True),
        ("[::1]:8000", True, True),
        ("tandem.localhost", True, True),
        ("192.168.1.7:8000", True, False),
        ("tandem.example.org", False, True),
        ("TANDEM.example.org:443", False, True),
        ("also.example.org", True, True),
        ("evil.example", False, False),
        ("tandem.example.org.evil.example", False, False),
        ("127.0.0.1.evil.example", False, False),
        ("localhost.evil.example", False, False),
        ("[::1", False, False),
        ("", False, False),
    ],
)
def test_which_hosts_are_known(host: str, alone: bool, behind_a_proxy: bool) -> None:
    allowed = ["also.example.org"]
    assert KnownHosts(None, allowed).knows(host) is alone
    assert KnownHosts("https://tandem.example.org", allowed).knows(host) is behind_a_proxy


@pytest.mark.parametrize("path", ["/sign-in", "/", "/static/favicon.svg", "/no/such/page"])
def test_a_request_by_another_name_is_turned_away(database: Database, path: str) -> None:
    settings = Settings(database_url="postgresql+psycopg://nowhere", public_url="https://tandem.example.org")
    client = TestClient(create_app(settings, database), follow_redirects=False)

    answer = client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 421 and "TANDEM_ALLOWED_HOSTS" in answer.text
    assert client.get(path, headers={"Host": "tandem.example.org"}).status_code != 421
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 200


PUBLIC = "https://tandem.example.org"


def client_of(database: Database, **settings: str) -> TestClient:
    settings = {"database_url": "postgresql+psycopg://nowhere", **settings}
    return TestClient(create_app(Settings(**settings), database), follow_redirects=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:8000"},
        {"Host": "other.example.org"},
        {"Host": "tandem.example.org", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    ],
)
def test_links_are_made_from_the_public_address_alone(
    session: Session, database: Database, headers: dict[str, str]
) -> None:
    lead = makers.make_study(session, slug="genai")
    client = client_of(database, public_url=PUBLIC, allowed_hosts="other.example.org")
    cookie = f"{COOKIE}={start_sign_in(session, lead.person, user_agent='', days=1)}"
    session.flush()

    shown = client.post(
        "/studies/genai/members", data={"name": "Ben", "role": "coder"}, headers={**headers, "Cookie": cookie}
    ).text

    assert re.search(rf"{PUBLIC}/invitations/[\w-]+", shown)
    assert "evil.example" not in shown and "http://127.0.0.1" not in shown and "other.example" not in shown


def test_a_redirect_of_the_framework_keeps_the_scheme_of_the_public_address(database: Database) -> None:
    client = client_of(database, public_url=PUBLIC)

    answer = client.get("/sign-in/", headers={"Host": "tandem.example.org"})

    assert answer.headers["location"] == f"{PUBLIC}/sign-in"


ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\n/evil.example",
    "/a\x00b",
    "/\u2028/evil.example",
    "javascript:alert(1)",
    "evil.example",
    " //evil.example",
    "",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_redirect_leads_to_another_site(session: Session, database: Database, elsewhere: str) -> None:
    lead = makers.make_study(session)
    client = client_of(database, allowed_hosts="testserver")
    client.cookies.set(COOKIE, start_sign_in(session, lead.person, user_agent="", days=1))
    session.flush()

    if "\0" not in elsewhere:  # refused before, as in every address
        assert client.get("/sign-in", params={"next": elsewhere}).headers["location"] == "/"
    assert client.post("/theme", data={"theme": "dark", "back": elsewhere}).headers.get("location", "/") == "/"
