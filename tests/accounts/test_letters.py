"""A forgotten password by letter, over a real mail server, and without one."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.engine import URL
from starlette.testclient import TestClient

import app.worker
from app.accounts.actions import add_person
from app.accounts.letters import Letter, LetterNotSent, send
from app.accounts.throttle import MOST_LETTERS_OF_ACCOUNT
from app.db.base import now
from app.db.session import Database
from app.jobs.running import run_waiting_jobs
from app.main import create_app
from app.settings import Settings
from tests.support.clients import ClientFor
from tests.support.smtp_server import MailServer, running_mail_server

PASSWORD = "four words in a row"
NEW = "another four words in a row"
ADDRESS = "https://tandem.example.org"
LETTER = Letter("ada@example.org", "Hello", "Words.")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with running_mail_server(MailServer()) as server:
        yield server


@pytest.fixture
def settings(own_database: URL, mail: MailServer) -> Settings:
    return Settings(
        database_url=own_database.render_as_string(hide_password=False), **addressed(f"smtp://127.0.0.1:{mail.port}")
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database.at(settings.database_url or "")
    with database.transaction() as session:
        add_person(session, email="ada@example.org", name="Ada Lind", password=PASSWORD)
        gone = add_person(session, email="gone@example.org", name="Gone", password=PASSWORD)
        gone.deactivated_at = now()
    yield database
    database.dispose()


@pytest.fixture
def client(settings: Settings, database: Database) -> TestClient:
    return TestClient(create_app(settings, database), follow_redirects=False)


def addressed(smtp_url: str) -> dict[str, str]:
    return {"smtp_url": smtp_url, "smtp_from": "Tandem <tandem@example.org>", "public_url": ADDRESS}


def ask(client: TestClient, email: str):
    return client.post("/forgotten-password", data={"email": email})


def test_a_letter_brings_a_link_to_a_new_password(client: TestClient, settings: Settings, mail: MailServer) -> None:
    assert app.worker.TASKS
    assert ask(client, "ADA@example.org").status_code == 200
    run_waiting_jobs(settings)

    (letter,) = mail.letters
    assert letter.to == ["ada@example.org"] and letter.message["From"] == "Tandem <tandem@example.org>"
    found = re.search(rf"{ADDRESS}(/password-links/[\w-]+)", letter.message.get_content())
    assert found, letter.message.get_content()
    assert client.post(found[1], data={"password": NEW}).headers["location"] == "/"
    assert client.post("/sign-in", data={"email": "ada@example.org", "password": NEW}).status_code == 303


def test_asking_is_answered_alike_whether_somebody_is_here_or_not(
    client: TestClient, settings: Settings, database: Database, mail: MailServer
) -> None:
    answers = [ask(client, email) for email in ("ada@example.org", "eve@example.org", "gone@example.org", "junk", "")]

    assert len({(one.status_code, one.text) for one in answers}) == 1
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == len(answers)
    run_waiting_jobs(settings)
    assert [letter.to for letter in mail.letters] == [["ada@example.org"]]


def test_the_queue_holds_neither_the_link_nor_an_address(client: TestClient, database: Database) -> None:
    ask(client, "ada@example.org")

    with database.reading() as session:
        told = session.scalars(text("SELECT args::text FROM procrastinate_jobs")).one()
    assert re.fullmatch(r'\{"person_id": \d+\}', told)


def test_asking_too_often_waits_alike_for_known_and_unknown(client: TestClient) -> None:
    for email in ("ada@example.org", "eve@example.org"):
        for _ in range(MOST_LETTERS_OF_ACCOUNT):
            assert ask(client, email).status_code == 200
    refused = [ask(client, email) for email in ("ada@example.org", "eve@example.org")]

    assert {one.status_code for one in refused} == {429} and "retry-after" in refused[0].headers
    assert refused[0].text.replace("ada@", "eve@") == refused[1].text


def test_a_mail_server_that_is_busy_is_asked_again(
    client: TestClient, settings: Settings, database: Database, mail: MailServer
) -> None:
    mail.refuses = 1
    ask(client, "ada@example.org")
    run_waiting_jobs(settings)
    assert mail.letters == []

    with database.transaction() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    run_waiting_jobs(settings)

    (letter,) = mail.letters
    assert client.get(letter.message.get_content().split(ADDRESS)[2].split()[0]).status_code == 200


def test_without_a_mail_server_the_page_says_whom_to_ask(client_for: ClientFor) -> None:
    client = client_for(None)

    assert 'href="/forgotten-password"' in client.get("/sign-in").text
    for answer in (client.get("/forgotten-password"), ask(client, "ada@example.org")):
        assert answer.status_code == 200 and "Ask the lead of your study" in answer.text
        assert 'name="email"' not in answer.text


def test_the_server_is_signed_in_to_where_the_address_has_a_password() -> None:
    with running_mail_server(MailServer(password="se/cret")) as server:
        at = f"127.0.0.1:{server.port}"
        send(Settings(**addressed(f"smtp://tandem:se%2Fcret@{at}")), LETTER)
        with pytest.raises(LetterNotSent):
            send(Settings(**addressed(f"smtp://tandem:wrong@{at}")), LETTER)

    assert [letter.signed_in_as for letter in server.letters] == ["tandem"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("There is no openssl here to make a certificate with.")
    made = tmp_path / "certificate.pem"
    key = tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    named = [*command.split(), "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)]
    subprocess.run(named, check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


def test_a_password_travels_only_to_a_server_whose_certificate_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_mail_server(MailServer(password="secret", certificate=certificate)) as server:
        settings = Settings(**addressed(f"smtp+starttls://tandem:secret@localhost:{server.port}"))
        with pytest.raises(LetterNotSent):
            send(settings, LETTER)
        assert server.passwords == [] and server.letters == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # what an operator with an authority of their own does
        send(settings, LETTER)

    (letter,) = server.letters
    assert letter.encrypted and letter.signed_in_as == "tandem"


def test_a_server_that_offers_no_encryption_is_not_told_the_password() -> None:
    with running_mail_server(MailServer(password="secret")) as server, pytest.raises(LetterNotSent) as problem:
        send(Settings(**addressed(f"smtp+starttls://tandem:secret@127.0.0.1:{server.port}")), LETTER)

    assert server.passwords == [] and "secret" not in str(problem.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"smtp_url": "mail.example.org"}, "smtp\\+starttls"),
        ({"smtp_url": "http://mail.example.org"}, "smtp\\+starttls"),
        ({**addressed("smtp://a:b@mail.example.org")}, "readable"),
        ({**addressed("smtps://a:b@mail.example.org"), "smtp_from": ""}, "TANDEM_SMTP_FROM"),
        ({**addressed("smtps://a:b@mail.example.org"), "public_url": None}, "TANDEM_PUBLIC_URL"),
    ],
)
def test_settings_by_which_no_letter_can_leave_are_refused(given: dict, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as problem:
        Settings(**given)
    assert "a:b" not in str(problem.value)
