"""`tandem doctor` tells what is well and what to do where it is not, and touches nothing."""

import http.server
import json
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.cli.public_address import address_seen
from app.db.embedded import EmbeddedPostgres
from app.db.session import Database
from app.settings import Settings
from tests.conftest import make_database
from tests.makers import make_study
from tests.support.endpoints import SECRET, make_endpoint
from tests.support.openai_server import OpenAIServer, OutOfQuota, Says
from tests.support.openid_provider import OpenIdProvider
from tests.support.served import CHECKOUT, TANDEM, bare_environment, served
from tests.support.smtp_server import MailServer, running_mail_server

Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


@pytest.fixture
def doctor(own_database: URL, tmp_path: Path) -> Doctor:
    """(exit, checks by name) of a look at the test's own database."""

    def look(*words: str, **settings: str) -> tuple[int, dict[str, dict[str, Any]]]:
        known = {"TANDEM_DATABASE_URL": own_database.render_as_string(hide_password=False)} | settings
        ran = tandem_doctor("--json", *words, **known)
        document = json.loads(ran.stdout)
        assert document["ok"] == (ran.returncode == 0) == all(check["ok"] for check in document["checks"])
        return ran.returncode, {check["name"]: check for check in document["checks"]}

    return look


def tandem_doctor(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = bare_environment(**settings)
    command = [*TANDEM, "doctor", *words]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)


def sql(url: URL, statement: str) -> None:
    database = Database.at(url.render_as_string(hide_password=False), pool_size=1)
    with database.transaction() as session:
        session.execute(text(statement))
    database.dispose()


def test_of_a_running_tandem_all_is_well(own_database: URL, doctor: Doctor, tmp_path: Path) -> None:
    settings = {"TANDEM_DATABASE_URL": own_database.render_as_string(hide_password=False)}
    with served(tmp_path, settings=settings, nobody_yet=True) as running:
        heard = False
        while not heard:  # the worker begins a moment after the server
            code, checks = doctor(TANDEM_PUBLIC_URL=running.address)
            heard = checks["worker"]["ok"] or running.process.poll() is not None
    assert code == 0, checks
    parts = ["database", "migrations", "disk", "clock", "worker", "model", "keys", "mail", "provider", "address"]
    assert list(checks) == parts
    assert "Postgres 18" in checks["database"]["sentence"]
    assert checks["address"]["sentence"] == f"{running.address} leads to Tandem."
    assert all(check["remedy"] == "" for check in checks.values())


def test_without_a_worker_it_says_what_waits_and_how_to_start_one(own_database: URL, doctor: Doctor) -> None:
    sql(own_database, "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'x')")
    code, checks = doctor("--only", "worker", "--only", "disk")
    assert code == 1 and list(checks) == ["worker", "disk"]
    assert checks["worker"]["sentence"] == "No worker is alive, and 1 job waits."
    assert checks["worker"]["remedy"] == "Start one: tandem worker"


def test_keys_of_models_that_cannot_be_opened_are_told_with_what_to_do(own_database: URL, doctor: Doctor) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        make_endpoint(session, make_study(session), key="sk-very-secret-0123456789")
    database.dispose()

    def looked(**settings: str) -> tuple[int, dict[str, Any]]:
        code, checks = doctor("--only", "keys", **settings)
        return code, checks["keys"]

    code, check = looked(TANDEM_SECRET_KEY=SECRET)
    assert code == 0 and check["sentence"] == "The API keys that leads enter can be kept and read; kept so far: 1."
    newer = "another secret that is just as long"
    assert "sealed with a former TANDEM_SECRET_KEY" in looked(TANDEM_SECRET_KEY=f"{newer},{SECRET}")[1]["sentence"]
    for settings in ({}, {"TANDEM_SECRET_KEY": newer}):
        code, check = looked(**settings)
        assert code == 1 and check["sentence"] == "Of the API keys that leads entered (1 in all), 1 cannot be read."
        assert "Put the former TANDEM_SECRET_KEY back" in check["remedy"]


def test_a_worker_long_silent_is_not_alive(own_database: URL, doctor: Doctor) -> None:
    sql(own_database, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 minutes')")
    assert not doctor("--only", "worker")[1]["worker"]["ok"]
    sql(own_database, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '7 seconds')")
    heard = doctor("--only", "worker")[1]["worker"]["sentence"]
    assert re.fullmatch(r"A worker is alive, heard from ([7-9]|\d\d) s ago, and no job waits\.", heard)


@pytest.mark.parametrize(
    ("revision", "remedy"),
    [("2026_11_24_01", "Run: tandem migrate"), ("2099_01_01_01", "Install the newer Tandem that made it.")],
)
def test_an_older_and_a_newer_database_are_told_apart(
    own_database: URL, doctor: Doctor, revision: str, remedy: str
) -> None:
    sql(own_database, f"UPDATE alembic_version SET version_num = '{revision}'")
    assert doctor("--only", "migrations")[1]["migrations"]["remedy"] == remedy


def test_of_a_database_never_migrated_it_says_so_and_migrates_nothing(server_url: URL) -> None:
    url = make_database(server_url, "tandem_doctor_empty")
    ran = tandem_doctor(TANDEM_DATABASE_URL=url.render_as_string(hide_password=False))
    assert ran.returncode == 1 and "The database was never migrated." in ran.stdout
    again = tandem_doctor("--only", "migrations", TANDEM_DATABASE_URL=url.render_as_string(hide_password=False))
    assert again.returncode == 1


def test_where_the_database_is_away_the_rest_is_still_looked_at_and_no_password_said() -> None:
    ran = tandem_doctor("--json", TANDEM_DATABASE_URL="postgresql://ada:hidden@127.0.0.1:1/nowhere")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    assert ran.returncode == 1 and "hidden" not in ran.stdout + ran.stderr
    assert "does not answer" in checks["database"]["sentence"] and checks["disk"]["ok"] and checks["model"]["ok"]
    assert not checks["clock"]["ok"]


def test_an_embedded_postgres_is_looked_at_where_it_runs_and_never_started(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ran = tandem_doctor("--only", "database", TANDEM_DATA_DIR=str(folder))
    assert ran.returncode == 1 and "tandem serve" in ran.stdout and not folder.exists()
    with EmbeddedPostgres(folder):
        up = tandem_doctor("--only", "database", "--only", "clock", TANDEM_DATA_DIR=str(folder))
        assert up.returncode == 0 and "The embedded Postgres 18" in up.stdout
    ran = tandem_doctor("--only", "database", TANDEM_DATA_DIR=str(folder))
    assert ran.returncode == 1 and not (folder / "postgres" / "data" / "postmaster.pid").exists()


def test_for_people_it_is_a_line_each_and_talk_goes_to_stderr(own_database: URL) -> None:
    url = own_database.render_as_string(hide_password=False)
    ran = tandem_doctor("--only", "worker", "--only", "migrations", TANDEM_DATABASE_URL=url)
    worker, remedy, migrations = ran.stdout.splitlines()
    assert worker.startswith("NOT WELL") and remedy.strip() == "Start one: tandem worker"
    assert migrations.startswith("well") and ran.stderr == "Looking.\n"


@pytest.mark.parametrize("words", [("--only", "weather"), ("--nothing",)])
def test_wrong_usage_is_exit_2(words: tuple[str, ...]) -> None:
    assert tandem_doctor(*words).returncode == 2


def test_a_wrong_setting_is_exit_2() -> None:
    assert tandem_doctor(TANDEM_DATABASE_URL="mysql://here").returncode == 2


def test_a_model_is_asked_a_few_small_questions(doctor: Doctor) -> None:
    with OpenAIServer(*[Says({"word": "plum-17"})] * 2, otherwise=OutOfQuota()) as model:
        named = {
            "TANDEM_LLM_BASE_URL": model.base_url,
            "TANDEM_LLM_API_KEY": model.api_key,
            "TANDEM_LLM_MODEL": "small",
        }
        well, ill = (doctor("--only", "model", **named)[1]["model"] for _ in range(2))
        assert len(model.requests) == 3, "the form and the limit, then the quota alone"
    assert well["ok"] and "keeps to the form" in well["sentence"]
    assert not ill["ok"] and "quota" in ill["sentence"] and "TANDEM_LLM_MODEL" in ill["remedy"]


@contextmanager
def site(status: int, body: bytes, **headers: str) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def seen(**settings: Any) -> tuple[str, str]:
    return address_seen(Settings(**settings))


def test_an_address_that_leads_elsewhere_is_told_by_what_answers() -> None:
    with site(301, b"", Location="https://www.example.org/healthz") as url:
        assert seen(public_url=url)[0] == f"{url} sends people on to https://www.example.org."
    with site(200, b"<h1>Another site</h1>") as url:
        assert "is not Tandem" in seen(public_url=url)[0]
    with site(502, b"") as url:
        assert seen(public_url=url)[0] == f"{url} answers, but with 502."
    with site(200, b'{"app": "tandem", "ok": true}') as url:
        assert seen(public_url=url) == (f"{url} leads to Tandem.", "")


def test_an_address_where_nobody_listens_does_not_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        sentence, remedy = seen(public_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert "does not answer from here" in sentence and remedy


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"public_url": "http://tandem.example.org"}, "passwords would travel readable"),
        ({"public_url": "https://tandem.example.org", "secure_cookies": False}, "the sign-in cookie may leave without"),
        ({"public_url": "https://example.org/tandem"}, "serves from the root"),
        ({"host": "0.0.0.0"}, "no public address is named"),
    ],
)
def test_an_address_that_is_not_safe_is_told_without_asking_it(settings: dict[str, Any], words: str) -> None:
    sentence, remedy = seen(**settings)
    assert words in sentence and remedy


def test_for_one_machine_no_address_is_needed() -> None:
    assert seen(host="127.0.0.1", port=8000)[1] == ""


def letters_by(port: int, password: str) -> dict[str, str]:
    named = {"TANDEM_SMTP_FROM": "tandem@example.org", "TANDEM_PUBLIC_URL": "http://127.0.0.1:1"}
    return named | {"TANDEM_SMTP_URL": f"smtp://tandem:{password}@127.0.0.1:{port}"}


def test_a_mail_server_is_tried_and_gets_no_letter(doctor: Doctor) -> None:
    with running_mail_server(MailServer(password="right")) as server:
        well = doctor("--only", "mail", **letters_by(server.port, "right"))
        wrong = doctor("--only", "mail", **letters_by(server.port, "wrong"))
    away = doctor("--only", "mail", **letters_by(1, "right"))

    assert well == (
        0,
        {"mail": {"name": "mail", "ok": True, "sentence": "127.0.0.1 would take letters.", "remedy": ""}},
    )
    assert server.letters == []
    assert wrong[0] == away[0] == 1
    assert wrong[1]["mail"]["sentence"] == "127.0.0.1: It does not let letters in: SMTPAuthenticationError."
    assert "TANDEM_SMTP_URL" in wrong[1]["mail"]["remedy"] and "wrong" not in str(wrong)
    assert "ConnectionRefusedError" in away[1]["mail"]["sentence"]


def test_the_provider_to_sign_in_at_is_asked_where_it_is(doctor: Doctor) -> None:
    here = {"TANDEM_PUBLIC_URL": "http://127.0.0.1:1", "TANDEM_OIDC_CLIENT_ID": "tandem"}
    with OpenIdProvider() as provider:
        well = doctor("--only", "provider", TANDEM_OIDC_ISSUER=provider.issuer, **here)
        other = doctor("--only", "provider", TANDEM_OIDC_ISSUER=f"{provider.issuer}/", **here)
    away = doctor("--only", "provider", TANDEM_OIDC_ISSUER=provider.issuer, **here)

    assert well[1]["provider"]["sentence"] == f"{provider.issuer} says where to sign in."
    assert "calls itself" in other[1]["provider"]["sentence"]
    assert away[1]["provider"]["sentence"] == f"{provider.issuer} does not say where to sign in."
    assert (well[0], other[0], away[0]) == (0, 1, 1)
