"""Tries at passwords: counted alike for known and unknown accounts, over any number of servers, also all at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import median

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.accounts import actions
from app.accounts.models import Person, SignIn, Try
from app.accounts.throttle import MOST_OF_ACCOUNT, MOST_OF_ADDRESS, WINDOW, count_try
from app.db.base import now
from app.db.session import Database
from app.problems import TooOften
from tests.accounts.conftest import PASSWORD
from tests.support.clients import ClientFor
from tests.support.served import served


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


def test_known_and_unknown_accounts_are_answered_alike_until_the_last_try(
    client_for: ClientFor, session: Session, ada: Person
) -> None:
    gone = actions.add_person(session, email="gone@example.org", name="Gone", password=PASSWORD)
    gone.deactivated_at = now()
    session.flush()
    answers = {}
    for email in ("ada@example.org", "eve@example.org", "gone@example.org"):
        client = client_for(None)
        tries = [sign_in(client, email, "a wrong password") for _ in range(MOST_OF_ACCOUNT + 1)]
        answers[email] = [(one.status_code, one.text.replace(email, "")) for one in tries]

    assert answers["ada@example.org"] == answers["eve@example.org"] == answers["gone@example.org"]


def test_known_and_unknown_accounts_take_equally_long(client_for: ClientFor, ada: Person) -> None:
    """The hash of a password takes tens of milliseconds; without it an unknown account would be told by its speed."""
    client = client_for(None)
    seconds: dict[str, list[float]] = {"ada@example.org": [], "eve@example.org": []}
    sign_in(client, "first@example.org", "a wrong password")  # what is made once
    for _ in range(MOST_OF_ACCOUNT):
        for email, taken in seconds.items():
            began = time.process_time()
            sign_in(client, email, "a wrong password")
            taken.append(time.process_time() - began)

    known, unknown = (median(taken) for taken in seconds.values())
    assert 0.6 < known / unknown < 1.7


def test_the_addresses_of_one_ipv6_network_count_as_one(session: Session) -> None:
    for number in range(MOST_OF_ADDRESS):
        count_try(session, email=f"{number}@example.org", address=f"2001:db8::{number:x}")

    with pytest.raises(TooOften):
        count_try(session, email="another@example.org", address="2001:db8::ffff")
    count_try(session, email="another@example.org", address="2001:db8:0:1::1")


def test_whose_address_it_is_a_trusted_proxy_alone_may_say(own_database: URL, tmp_path: Path) -> None:
    """Of the server that `tandem serve` runs, over a socket."""
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    with database.transaction() as session:
        actions.add_person(session, email="ada@example.org", name="Ada Lind", password=PASSWORD)
    seen = []
    for trusted in ("127.0.0.1", "192.0.2.1"):
        settings = {"TANDEM_DATABASE_URL": url, "TANDEM_TRUSTED_PROXIES": trusted}
        with served(tmp_path, "--no-worker", settings=settings) as running:
            answer = httpx2.post(
                f"{running.address}/sign-in",
                data={"email": "ada@example.org", "password": PASSWORD},
                headers={"X-Forwarded-For": "203.0.113.9"},
            )
            assert answer.status_code == 303
        with database.reading() as session:
            seen.append(session.scalars(select(SignIn.address).order_by(SignIn.id.desc())).first())
    database.dispose()

    assert seen == ["203.0.113.9", "127.0.0.1"]
