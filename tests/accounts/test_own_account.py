"""One's own account, links for a new password, and what an owner may do to others' accounts."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts import actions
from app.accounts.browsers import browser_words
from app.accounts.models import AccountEvent, Invitation, Person, SignIn
from app.accounts.passwords import hash_password
from app.accounts.viewer import COOKIE, SEEN_EVERY
from app.db.base import now
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.studies.actions import add_member
from app.studies.models import Membership
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import ClientFor

OLD, NEW = "four words in a row", "five other words in a row"
HASH = hash_password(OLD)


def with_password(session: Session, viewer: Viewer) -> None:
    assert viewer.person is not None
    viewer.person.password_hash = HASH
    session.flush()


def signs_in(client: TestClient, email: str, password: str) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


@pytest.fixture
def lead(session: Session) -> Viewer:
    viewer = makers.make_study(session)
    with_password(session, viewer)
    return viewer


@pytest.fixture
def ada(session: Session, lead: Viewer) -> Viewer:
    viewer = makers.make_member(session, lead)
    with_password(session, viewer)
    return viewer


@pytest.fixture
def owner(session: Session) -> Person:
    person = actions.add_person(session, email="owner@example.org", name="Olga Owner", password=None)
    person.is_owner = True
    session.flush()
    return person


def link_in(page: str) -> str:
    found = re.search(r"http://testserver(/password-links/[\w-]+)", page)
    assert found, page
    return found[1]


def test_the_page_lists_own_sign_ins_and_ends_the_others(client_for: ClientFor, ada: Viewer, session: Session) -> None:
    here, there = client_for(ada), client_for(ada)
    page = here.get("/account").text
    assert page.count("this one") == 1 and "Sign out everywhere else" in page

    assert here.post("/account/sign-ins/others/end").headers["location"] == "/account?done=elsewhere"
    assert there.get("/account").status_code == 303 and here.get("/account").status_code == 200
    kinds = session.scalars(select(AccountEvent.kind).where(AccountEvent.subject_id == ada.person.id)).all()  # type: ignore[union-attr]
    assert "signed_out_elsewhere" in kinds


def test_one_sign_in_is_ended_by_itself_and_nobody_elses(
    client_for: ClientFor, lead: Viewer, ada: Viewer, session
) -> None:
    here, there = client_for(ada), client_for(ada)
    assert ada.person is not None
    own = select(SignIn).where(SignIn.person_id == ada.person.id).order_by(SignIn.id.desc())
    other = session.scalars(own).all()[0]

    assert client_for(lead).post(f"/account/sign-ins/{other.id}/end").status_code == 404
    assert there.get("/account").status_code == 200
    assert here.post(f"/account/sign-ins/{other.id}/end").status_code == 303
    assert there.get("/account").status_code == 303


def test_a_new_password_takes_the_present_one_and_ends_the_other_sign_ins(client_for: ClientFor, ada: Viewer) -> None:
    here, there = client_for(ada), client_for(ada)

    wrong = here.post("/account/password", data={"current": "something else", "new": NEW})
    assert wrong.status_code == 422 and "not your present password" in wrong.text
    short = here.post("/account/password", data={"current": OLD, "new": "short"})
    assert short.status_code == 422 and "too short" in short.text
    assert here.post("/account/password", data={"current": OLD, "new": NEW}).status_code == 303

    assert here.get("/account").status_code == 200 and there.get("/account").status_code == 303
    assert signs_in(client_for(None), ada.person.email, OLD) == 422  # type: ignore[union-attr]
    assert signs_in(client_for(None), ada.person.email, NEW) == 303  # type: ignore[union-attr]


def test_guessing_the_present_password_is_throttled_too(client_for: ClientFor, ada: Viewer) -> None:
    here = client_for(ada)
    statuses = [here.post("/account/password", data={"current": "x", "new": NEW}).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_a_name_is_changed_and_a_blank_one_refused(client_for: ClientFor, ada: Viewer, session: Session) -> None:
    here = client_for(ada)
    assert here.post("/account/name", data={"name": " \u200b "}).status_code == 422
    assert here.post("/account/name", data={"name": "Ada B. Lind"}).status_code == 303
    assert "Ada B. Lind" in here.get("/account?done=name").text
    assert session.get_one(Membership, ada.member.id).name != "Ada B. Lind"  # what stands beside codes stays


def test_signing_in_makes_a_new_sign_in_whatever_cookie_came_along(client_for: ClientFor, ada: Viewer) -> None:
    client = client_for(None)
    client.cookies.set(COOKIE, "chosen-by-somebody-else")
    answer = client.post("/sign-in", data={"email": ada.person.email, "password": OLD})  # type: ignore[union-attr]
    given = answer.headers["set-cookie"].split("=", 1)[1].split(";")[0]
    assert given != "chosen-by-somebody-else" and len(given) > 40
    another = client_for(None)
    another.cookies.set(COOKIE, "chosen-by-somebody-else")
    assert another.get("/account").status_code == 303


def test_a_lead_makes_a_link_that_sets_a_new_password_once(
    client_for: ClientFor, lead: Viewer, ada: Viewer, session: Session
) -> None:
    signed_in = client_for(ada)
    page = client_for(lead).post(f"/studies/{lead.study.slug}/members/{ada.member.id}/password-link")
    link = link_in(page.text)
    nobody = client_for(None)

    assert nobody.get(link).status_code == 200
    assert nobody.post(link, data={"password": "short"}).status_code == 422
    assert nobody.post(link, data={"password": NEW}).headers["location"] == "/"
    assert nobody.get("/account").status_code == 200  # signed in by it
    assert signed_in.get("/account").status_code == 303
    assert client_for(None).get(link).status_code == 404
    assert client_for(None).post(link, data={"password": OLD}).status_code == 404
    assert signs_in(client_for(None), ada.person.email, NEW) == 303  # type: ignore[union-attr]
    assert (
        session.scalars(select(Invitation.token_hash).where(Invitation.token_hash == link.rsplit("/", 1)[1])).all()
        == []
    )


def test_the_link_runs_out_and_a_newer_one_takes_its_place(
    client_for: ClientFor, lead: Viewer, ada: Viewer, session: Session
) -> None:
    address = f"/studies/{lead.study.slug}/members/{ada.member.id}/password-link"
    first, second = (link_in(client_for(lead).post(address).text) for _ in range(2))
    assert client_for(None).get(first).status_code == 404
    session.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    assert client_for(None).get(second).status_code == 404


def test_a_lead_gets_into_no_account_that_opens_more_than_theirs(
    client_for: ClientFor, lead: Viewer, ada: Viewer, owner: Person, session: Session
) -> None:
    elsewhere = makers.make_study(session)
    both = add_member(session, lead, name="Also a lead", role="coder", person=elsewhere.person)
    owning = add_member(session, lead, name="Olga", role="coder", person=owner)
    address = f"/studies/{lead.study.slug}/members"

    for member in (both, owning):
        refused = client_for(lead).post(f"{address}/{member.id}/password-link")
        assert refused.status_code == 403 and "/password-links/" not in refused.text
    assert client_for(ada).post(f"{address}/{lead.member.id}/password-link").status_code == 403
    assert client_for(elsewhere).post(f"{address}/{ada.member.id}/password-link").status_code == 403
    assert session.scalars(select(Invitation).where(Invitation.purpose == "password")).all() == []


def test_when_and_where_somebody_was_last_seen_is_noted(own_database: URL) -> None:
    """On a database of its own: a look has a read-only transaction, and what is noted one beside it."""
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    client = TestClient(create_app(Settings(database_url=url), database), follow_redirects=False)
    with database.transaction() as session:
        ada = actions.add_person(session, email="ada@example.org", name="Ada Lind", password=OLD)
        client.cookies.set(COOKIE, actions.start_sign_in(session, ada, user_agent="", address="203.0.113.9", days=1))

    assert (look_after(database, client, SEEN_EVERY / 2)) == ("203.0.113.9", False)
    assert (look_after(database, client, 2 * SEEN_EVERY)) == ("testclient", True)
    database.dispose()


def look_after(database: Database, client: TestClient, pause: timedelta) -> tuple[str, bool]:
    """The address that is noted then, and whether the time is noted anew."""
    before = now() - pause
    with database.transaction() as session:
        session.execute(update(SignIn).values(last_seen_at=before))
    assert client.get("/").status_code == 200
    with database.reading() as session:
        seen = session.scalars(select(SignIn)).one()
        return seen.address, seen.last_seen_at is not None and seen.last_seen_at > before


def test_people_are_the_owners_page_and_nobody_elses(client_for: ClientFor, lead: Viewer, owner: Person) -> None:
    assert client_for(lead).get("/people").status_code == 404
    page = client_for(owner).get("/people").text
    assert lead.person.email in page and lead.study.slug in page  # type: ignore[union-attr]
    assert client_for(None).get("/people").status_code == 303


@pytest.mark.parametrize("act", ["deactivation", "reactivation", "password-link"])
def test_only_an_owner_acts_on_accounts(client_for: ClientFor, lead: Viewer, ada: Viewer, act: str) -> None:
    assert client_for(lead).post(f"/people/{ada.person.id}/{act}").status_code == 404  # type: ignore[union-attr]


def test_a_deactivated_person_is_out_at_once_and_their_membership_stays(
    client_for: ClientFor, ada: Viewer, owner: Person, session: Session
) -> None:
    signed_in, owners = client_for(ada), client_for(owner)
    assert ada.person is not None
    link = link_in(owners.post(f"/people/{ada.person.id}/password-link").text)
    assert owners.post(f"/people/{ada.person.id}/deactivation").status_code == 303

    assert signed_in.get("/account").status_code == 303
    assert signs_in(client_for(None), ada.person.email, OLD) == 422
    assert session.get_one(Membership, ada.member.id).ended_at is None
    assert client_for(None).post(link, data={"password": NEW}).status_code == 404
    assert owners.post(f"/people/{ada.person.id}/password-link").status_code == 409
    assert owners.post(f"/people/{owner.id}/deactivation").status_code == 422
    assert owners.post(f"/people/{ada.person.id}/reactivation").status_code == 303
    assert signs_in(client_for(None), ada.person.email, OLD) == 303
    assert signed_in.get("/account").status_code == 303  # what was ended stays ended


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 Version/17 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/126 Safari/537 Edg/126", "Edge on Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "an unnamed program"),
    ],
)
def test_a_browser_is_named_in_words(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words
