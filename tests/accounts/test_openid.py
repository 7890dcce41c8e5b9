"""Signing in at a provider, against one that runs here: what it may open, and what it must not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from httpx2 import Response
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts import actions, identities, own_account, queries
from app.accounts.models import AccountEvent, Person, PersonIdentity, SignIn
from app.accounts.viewer import COOKIE
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.studies.actions import invite_member
from app.studies.models import Membership
from tests import makers
from tests.accounts.conftest import PASSWORD
from tests.support.openid_provider import OTHER_KEY, OpenIdProvider

HOME = "http://testserver"
ADA = {"sub": "17", "email": "ada@example.org", "email_verified": True, "name": "Ada Lind"}
DATABASE = "postgresql+psycopg://nowhere"


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider(person=dict(ADA)) as provider:
        yield provider


@pytest.fixture
def client(database: Database, provider: OpenIdProvider) -> TestClient:
    return client_of(database, provider)


def client_of(database: Database, provider: OpenIdProvider, **settings: Any) -> TestClient:
    given = Settings(database_url=DATABASE, public_url=HOME, **provider.settings() | settings)
    return TestClient(create_app(given, database), follow_redirects=False)


def at_provider(client: TestClient, wanted: str = "/") -> str:
    """Where the provider sends the browser back to."""
    there = client.get("/sign-in/openid", params={"next": wanted})
    assert there.status_code == 303, there.text
    return httpx2.get(there.headers["location"]).headers["location"]


def sign_in(client: TestClient, wanted: str = "/") -> Response:
    return client.get(at_provider(client, wanted))


def sign_ins(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(SignIn)) or 0


def refused(answer: Response, words: str) -> None:
    assert answer.status_code in (422, 502)
    assert words in answer.text
    assert COOKIE not in answer.headers.get("set-cookie", "")


def test_who_has_the_address_that_the_provider_vouches_for_is_signed_in(client, session, ada: Person) -> None:
    answer = sign_in(client, "/studies/new?x=1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/new?x=1")
    assert client.get("/account").status_code == 200
    assert "ada@example.org" in client.get("/account").text
    assert "Joined to a sign-in at the provider" in client.get("/account").text
    linked = session.scalars(select(AccountEvent).where(AccountEvent.kind == "identity.linked")).one()
    assert linked.subject_id == ada.id


def test_who_was_linked_is_known_by_the_subject_when_the_address_changes(client, session, provider, ada) -> None:
    sign_in(client)
    provider.person |= {"email": "lind@example.org", "email_verified": False}

    assert sign_in(client).status_code == 303
    assert session.scalars(select(PersonIdentity.person_id)).all() == [ada.id]
    assert set(session.scalars(select(SignIn.person_id))) == {ada.id}


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_nobody_vouches_for_opens_nothing(client, session, provider, ada, verified) -> None:
    provider.person["email_verified"] = verified

    refused(sign_in(client), "You have no account here yet")
    assert sign_ins(session) == 0


def test_the_operator_may_vouch_for_every_address(database, provider, ada) -> None:
    del provider.person["email_verified"]

    assert sign_in(client_of(database, provider, oidc_trust_every_email=True)).status_code == 303


def test_somebody_who_got_the_address_of_another_gets_no_account_with_it_until_it_is_unlinked(
    client, session, provider, ada
) -> None:
    sign_in(client)
    provider.person["sub"] = "18"

    refused(sign_in(client), "by another name")
    assert identities.unlink(session, ada) == 1
    session.flush()
    assert sign_in(client).status_code == 303
    assert session.scalars(select(PersonIdentity.subject)).all() == ["18"]


def test_who_had_made_the_account_with_an_address_that_is_not_theirs_is_out(client, session, ada) -> None:
    """Somebody typed Ada's address on an invitation before Ada came; now Ada comes, by the provider."""
    squatter = TestClient(client.app, follow_redirects=False)
    squatter.cookies.set(COOKIE, actions.start_sign_in(session, ada, user_agent="test", days=1))
    link = own_account.make_password_link(session, ada, by=None)
    session.flush()

    assert sign_in(client).status_code == 303
    session.expire_all()

    assert squatter.get("/account").status_code == 303
    assert squatter.post("/sign-in", data={"email": ada.email, "password": PASSWORD}).status_code == 422
    assert squatter.post(f"/password-links/{link}", data={"password": PASSWORD}).status_code == 404
    assert client.get("/account").status_code == 200


def test_an_owner_who_signs_in_there_alone_is_still_somebody(client, session, ada) -> None:
    """Else the next start would print a link to become the owner."""
    ada.is_owner = True
    session.flush()
    sign_in(client)
    session.expire_all()

    assert ada.password_hash is None
    assert queries.anybody_here(session)
    client.cookies.clear()
    assert "Nobody has an account here yet" not in client.get("/sign-in").text


def test_a_stranger_is_told_to_ask_for_an_invitation(client, session) -> None:
    refused(sign_in(client), "Ask the lead of your study for an invitation")
    assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_stranger_with_an_open_invitation_comes_in_and_joins(client, session) -> None:
    lead = makers.make_study(session)
    _, token = invite_member(session, lead, name="Ada", role="coder")
    session.flush()
    page = client.get(f"/invitations/{token}")
    assert "Go on with Example University" in page.text

    answer = sign_in(client, f"/invitations/{token}")

    assert answer.headers["location"] == f"/invitations/{token}"
    assert "You are signed in as <b>Ada Lind</b>" in client.get(f"/invitations/{token}").text
    assert client.post(f"/invitations/{token}").status_code == 303
    person = session.scalars(select(Person).where(Person.email == "ada@example.org")).one()
    assert person.password_hash is None
    assert session.scalars(select(Membership).where(Membership.person_id == person.id)).one().role == "coder"


def test_an_invitation_that_was_used_lets_no_stranger_in(client, session, provider) -> None:
    lead = makers.make_study(session)
    _, token = invite_member(session, lead, name="Ada", role="coder")
    session.flush()
    sign_in(client, f"/invitations/{token}")
    client.post(f"/invitations/{token}")
    client.cookies.clear()
    provider.person |= {"sub": "99", "email": "eve@example.org"}

    refused(sign_in(client, f"/invitations/{token}"), "You have no account here yet")
    refused(sign_in(client, "/invitations/no-such"), "You have no account here yet")


def test_a_deactivated_account_stays_closed(client, session, ada) -> None:
    sign_in(client)
    owner = actions.add_person(session, email="o@example.org", name="Owner", password=PASSWORD)
    owner.is_owner = True
    own_account.deactivate(session, ada.id, by=owner)
    session.flush()

    refused(sign_in(client), "This account is deactivated")


SPOILT: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://evil.example"},
    "for another program": {"aud": "somebody else"},
    "for others too, and not said to be ours": {"aud": ["tandem", "other"], "azp": "other"},
    "of another sign-in": {"nonce": "another"},
    "of no sign-in": {"nonce": None},
    "run out": {"exp": 1_600_000_000},
    "without end": {"exp": None},
    "of nobody": {"sub": None},
}


@pytest.mark.parametrize("claims", SPOILT.values(), ids=SPOILT)
def test_a_token_that_is_not_ours_opens_nothing(client, session, provider, ada, claims) -> None:
    provider.broken = claims

    refused(sign_in(client), "did not go through")
    assert sign_ins(session) == 0


def test_a_token_signed_by_another_opens_nothing(client, session, provider, ada) -> None:
    provider.signs_with = OTHER_KEY
    refused(sign_in(client), "did not go through")
    provider.unsigned = True
    refused(sign_in(client), "did not go through")
    assert sign_ins(session) == 0


def test_a_way_back_opens_only_in_the_browser_that_was_sent_there(client, database, provider, ada, session) -> None:
    back = at_provider(client)
    elsewhere = client_of(database, provider)

    refused(elsewhere.get(back), "begun in another browser")
    at_provider(elsewhere)  # with a sign-in of its own under way
    refused(elsewhere.get(back), "begun in another browser")
    assert sign_ins(session) == 0


@pytest.mark.parametrize("cookie", ["", "x", "e30=", "bnVsbA==", "W10=", '"', "=" * 4000])
def test_a_broken_cookie_is_as_none(client, ada, cookie) -> None:
    back = at_provider(client)
    client.cookies.clear()

    refused(client.get(back, headers={"Cookie": f"tandem_openid={cookie}"}), "begun in another browser")


def test_a_way_back_opens_once(client, ada) -> None:
    back = at_provider(client)
    kept = client.cookies["tandem_openid"]
    assert client.get(back).status_code == 303
    client.cookies.clear()
    client.cookies.set("tandem_openid", kept, domain="testserver.local", path="/sign-in/openid")

    refused(client.get(back), "did not go through")


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/" + "x" * 5000])
def test_it_leads_to_no_other_site(client, ada, wanted) -> None:
    assert sign_in(client, wanted).headers["location"] == "/"


def test_who_was_signed_in_before_is_signed_out_and_the_session_is_a_new_one(client, session, ada) -> None:
    other = actions.add_person(session, email="b@example.org", name="Ben", password=PASSWORD)
    before = actions.start_sign_in(session, other, user_agent="test", days=1)
    session.flush()
    client.cookies.set(COOKIE, before)

    answer = sign_in(client)

    assert before not in answer.headers["set-cookie"]
    assert session.scalars(select(SignIn.ended_at).where(SignIn.person_id == other.id)).one() is not None


def test_what_the_provider_refuses_is_said(client, provider, ada) -> None:
    provider.refuses = "access_denied"

    refused(sign_in(client), "did not go through at the provider")


def test_a_provider_that_does_not_answer_is_said(client, provider, ada) -> None:
    back = at_provider(client)
    provider.is_down = True

    refused(client.get("/sign-in/openid"), "does not answer")
    refused(client.get(back), "does not answer")


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": None}],
    ids=["another issuer", "an endpoint of another kind", "no keys"],
)
def test_a_provider_that_is_not_what_it_should_be_is_not_asked_further(client, provider, metadata) -> None:
    provider.metadata = metadata

    refused(client.get("/sign-in/openid"), "The provider at")
    assert not [path for path in provider.asked if path.endswith(("authorize", "token"))]


def test_the_secret_may_be_posted_and_a_public_client_has_none(database, provider, ada) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert sign_in(client_of(database, provider)).status_code == 303
    provider.client_secret = None
    assert sign_in(client_of(database, provider)).status_code == 303


def test_the_way_out_is_throttled_per_address(client, provider) -> None:
    answers = [client.get("/sign-in/openid").status_code for _ in range(101)]

    assert answers == [303] * 100 + [429]


def test_the_way_back_is_the_public_address_whatever_host_was_asked(client) -> None:
    there = client.get("/sign-in/openid", headers={"Host": "testserver"})

    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{HOME}/sign-in/openid/back"]
    assert "HttpOnly" in there.headers["set-cookie"] and "Path=/sign-in/openid" in there.headers["set-cookie"]


def test_without_a_provider_there_is_no_such_page(client_for) -> None:
    client = client_for(None)

    assert client.get("/sign-in/openid").status_code == 404
    assert client.get("/sign-in/openid/back?code=x&state=y").status_code == 404
    assert "Sign in with" not in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"oidc_issuer": "http://id.example.org", "oidc_client_id": "x", "public_url": HOME}, "https://"),
        ({"oidc_issuer": "https://id.example.org", "public_url": HOME}, "TANDEM_OIDC_CLIENT_ID"),
        ({"oidc_issuer": "https://id.example.org", "oidc_client_id": "x"}, "TANDEM_PUBLIC_URL"),
    ],
)
def test_settings_that_do_not_make_a_provider_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(database_url=DATABASE, **given)


def test_a_password_can_still_be_set_by_who_has_none(client, session, provider) -> None:
    lead = makers.make_study(session)
    _, token = invite_member(session, lead, name="Ada", role="coder")
    session.flush()
    sign_in(client, f"/invitations/{token}")

    assert client.post("/account/password", data={"new": PASSWORD}).status_code == 303
    client.cookies.clear()
    signed = client.post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD})
    assert signed.status_code == 303
