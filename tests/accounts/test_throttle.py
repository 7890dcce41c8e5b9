"""Tries at passwords: counted alike for known and unknown accounts, over any number of servers, also all at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.accounts import actions
from app.accounts.models import Person, Try
from app.accounts.throttle import MOST_OF_ACCOUNT, MOST_OF_ADDRESS, WINDOW, count_try
from app.db.base import now
from app.db.session import Database
from app.problems import TooOften
from tests.support.clients import ClientFor

PASSWORD = "four words in a row"


@pytest.fixture
def ada(session: Session) -> Person:
    person = actions.add_person(session, email="ada@example.org", name="Ada Lind", password=PASSWORD)
    session.flush()
    return person


def sign_in(client, email: str, password: str):
    return client.post("/sign-in", data={"email": email, "password": password})


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_after_too_many_tries_known_and_unknown_accounts_are_told_the_same(
    client_for: ClientFor, ada: Person, email: str
) -> None:
    answers = [sign_in(client_for(None), email, "not the password") for _ in range(MOST_OF_ACCOUNT + 1)]

    assert [answer.status_code for answer in answers] == [422] * MOST_OF_ACCOUNT + [429]
    last = answers[-1]
    assert "There were too many tries. Wait 15 minutes" in last.text and f'value="{email}"' in last.text
    assert 0 < int(last.headers["retry-after"]) <= WINDOW.total_seconds()
    assert sign_in(client_for(None), email.upper(), PASSWORD).status_code == 429


def test_the_right_password_works_once_the_window_is_over(client_for: ClientFor, ada: Person, session: Session) -> None:
    for _ in range(MOST_OF_ACCOUNT + 1):
        sign_in(client_for(None), "ada@example.org", "not the password")
    session.execute(update(Try).values(at=now() - WINDOW - timedelta(seconds=1)))

    assert sign_in(client_for(None), "ada@example.org", PASSWORD).status_code == 303


def test_signing_in_forgives_the_tries_before_it(client_for: ClientFor, ada: Person) -> None:
    for _ in range(3):
        for _ in range(MOST_OF_ACCOUNT - 1):
            assert sign_in(client_for(None), "ada@example.org", "not the password").status_code == 422
        assert sign_in(client_for(None), "ada@example.org", PASSWORD).status_code == 303


def test_one_address_cannot_go_through_many_accounts(session: Session) -> None:
    for number in range(MOST_OF_ADDRESS):
        count_try(session, email=f"person{number}@example.org", address="192.0.2.7")
    with pytest.raises(TooOften):
        count_try(session, email="another@example.org", address="192.0.2.7")
    count_try(session, email="another@example.org", address="192.0.2.8")


def test_twenty_tries_at_once_on_two_servers_are_counted_each(own_database: URL) -> None:
    servers = [Database.at(own_database.render_as_string(hide_password=False)) for _ in range(2)]
    start = threading.Barrier(20)

    def tried(number: int) -> bool:
        start.wait()
        try:
            with servers[number % 2].transaction() as session:
                count_try(session, email="ada@example.org", address=f"192.0.2.{number}")
        except TooOften:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(tried, range(20))) == MOST_OF_ACCOUNT
    for server in servers:
        server.dispose()
