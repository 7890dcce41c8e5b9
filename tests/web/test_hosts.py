"""By which names this Tandem may be asked, and that links never come from a name that a visitor chose."""

import pytest
from starlette.testclient import TestClient

from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.web.hosts import KnownHosts


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
