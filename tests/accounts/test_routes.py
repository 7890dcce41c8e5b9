"""Signing in and out, and the links that open accounts, as a browser meets them."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import actions
from app.accounts.models import AccountEvent, Invitation, Person, SignIn
from app.accounts.viewer import COOKIE
from app.db.base import now
from app.problems import NotFound
from tests import makers
from tests.accounts.conftest import PASSWORD
from tests.support.clients import HTMX, ClientFor


def owner_token(session: Session) -> str:
    link = actions.make_owner_link(session, "http://testserver")
    session.flush()
    return link.rsplit("/", 1)[1]


def sign_in(client, password: str = PASSWORD, email: str = "ada@example.org", **more: str):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def test_signing_in_leads_on_and_keeps_a_cookie_that_scripts_cannot_read(client_for: ClientFor, ada: Person) -> None:
    client = client_for(None)

    answer = sign_in(client, next="/studies/new?x=1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/new?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert client.get("/").status_code == 200


def test_an_address_is_the_same_in_capitals(client_for: ClientFor, ada: Person) -> None:
    assert sign_in(client_for(None), email="ADA@example.org").status_code == 303


def test_the_cookie_is_secure_where_the_site_is(client_for: ClientFor, ada: Person) -> None:
    client = client_for(None)
    client.app.state.settings.public_url = "https://tandem.example.org"

    assert "Secure" in sign_in(client).headers["set-cookie"]


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.org", "not her password"), ("eve@example.org", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    client_for: ClientFor, ada: Person, email: str, password: str
) -> None:
    answer = sign_in(client_for(None), password, email)

    assert answer.status_code == 422
    assert "do not belong together" in answer.text and f'value="{email}"' in answer.text
    assert password not in answer.text and "set-cookie" not in answer.headers


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_signing_in_never_leads_to_another_site(client_for: ClientFor, ada: Person, elsewhere: str) -> None:
    client = client_for(None)

    assert f'value="{elsewhere}"' not in client.get("/sign-in", params={"next": elsewhere}).text
    assert sign_in(client, next=elsewhere).headers["location"] == "/"


def test_who_is_signed_in_is_led_on_from_the_sign_in_page(client_for: ClientFor, ada: Person) -> None:
    assert client_for(ada).get("/sign-in?next=/studies/new").headers["location"] == "/studies/new"


def test_before_anybody_is_here_the_sign_in_page_tells_of_the_first_link(client_for: ClientFor) -> None:
    assert "printed a one-time link" in client_for(None).get("/sign-in").text


def test_a_post_from_another_site_is_refused(client_for: ClientFor, session: Session, ada: Person) -> None:
    client = client_for(None)

    answer = client.post(
        "/sign-in", data={"email": ada.email, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403 and "another site" in answer.text
    assert session.scalar(select(func.count()).select_from(SignIn)) == 0


def test_signing_out_ends_the_sign_in_and_not_only_the_cookie(client_for: ClientFor, ada: Person) -> None:
    client = client_for(ada)
    token = client.cookies[COOKIE]

    assert client.post("/sign-out").headers["location"] == "/sign-in"

    client.cookies.set(COOKIE, token)
    assert client.get("/").status_code == 303


def test_a_page_asks_to_sign_in_and_remembers_where_to(client_for: ClientFor) -> None:
    answer = client_for(None).get("/studies/a-study/codebook?find=x")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=/studies/a-study/codebook%3Ffind%3Dx",
    )


def test_htmx_is_told_to_go_to_the_sign_in_page_itself(client_for: ClientFor) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://testserver/studies/a-study/members"}
    answer = client_for(None).get("/studies/a-study/members", headers=headers)

    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=/studies/a-study/members")


def test_a_form_sent_after_the_sign_in_ended_is_handed_back_whole(client_for: ClientFor) -> None:
    typed = {"name": "Ada <b>", "reason": "one\n\ntwo & three", "codes": ["1", "2"]}
    answer = client_for(None).post("/studies/a-study/members?page=2", data=typed)

    assert answer.status_code == 401 and "nothing was saved" in answer.text
    form = LexborHTMLParser(answer.text).css_first("form[action='/studies/a-study/members?page=2']")
    assert form is not None and form.attributes["method"] == "post"
    kept = [(field.attributes["name"], field.text()) for field in form.css("textarea")]
    assert kept == [("name", "Ada <b>"), ("reason", "one\n\ntwo & three"), ("codes", "1"), ("codes", "2")]
    assert "<b>" not in answer.text


def test_a_password_or_a_file_is_not_handed_back(client_for: ClientFor) -> None:
    nobody = client_for(None)
    for answer in (
        nobody.post("/studies/a-study/members", data={"name": "Ada", "password": "secret"}),
        nobody.post("/studies/a-study/members", data={"name": "Ada"}, files={"file": ("a.csv", b"x")}),
        nobody.post("/studies/a-study/members"),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_page_that_sends_by_htmx_keeps_what_was_typed(client_for: ClientFor) -> None:
    answer = client_for(None).post("/studies/a-study/members", data={"name": "Ada"}, headers=HTMX)

    assert (answer.status_code, answer.headers["hx-retarget"]) == (401, "#notice")
    assert "still on this page" in answer.text and "hx-redirect" not in answer.headers


def test_a_script_is_told_that_nobody_is_signed_in(client_for: ClientFor) -> None:
    answer = client_for(None).get("/", headers={"Accept": "application/json"})

    assert answer.status_code == 401 and answer.json()["detail"] == "Sign in to see this page."


def test_a_sign_in_that_ran_out_opens_nothing(client_for: ClientFor, session: Session, ada: Person) -> None:
    client = client_for(ada)
    session.execute(update(SignIn).values(expires_at=now() - timedelta(seconds=1)))

    assert client.get("/").status_code == 303


def test_the_first_link_makes_the_owner_once(client_for: ClientFor, session: Session) -> None:
    token = owner_token(session)
    client = client_for(None)
    typed = {"name": "Ada Lind", "email": "ada@example.org", "password": PASSWORD}

    assert client.get(f"/first-owner/{token}").status_code == 200
    answer = client.post(f"/first-owner/{token}", data=typed)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/").status_code == 200
    assert session.scalars(select(Person)).one().is_owner
    assert client_for(None).get(f"/first-owner/{token}").status_code == 404
    again = client_for(None).post(f"/first-owner/{token}", data={**typed, "email": "eve@example.org"})
    assert again.status_code == 404 and "used already" in again.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "short"}, "too short"),
        ({"password": "x" * 513}, "longer than 512"),
        ({"name": " "}, "A name is missing"),
        ({"name": "n" * 121}, "longer than 120"),
        ({"email": "nowhere"}, "does not look like an e-mail address"),
        ({"email": f"{'e' * 300}@example.org"}, "does not look like an e-mail address"),
    ],
)
def test_a_form_that_cannot_be_used_keeps_the_link_and_what_was_typed(
    client_for: ClientFor, session: Session, wrong: dict[str, str], sentence: str
) -> None:
    token = owner_token(session)
    typed = {"name": "Ada Lind", "email": "ada@example.org", "password": PASSWORD, **wrong}

    answer = client_for(None).post(f"/first-owner/{token}", data=typed)

    assert answer.status_code == 422 and sentence in answer.text and 'aria-invalid="true"' in answer.text
    assert f'value="{typed["password"]}"' not in answer.text
    assert client_for(None).get(f"/first-owner/{token}").status_code == 200
    assert session.scalars(select(Person)).all() == []


def test_a_sign_in_link_is_used_up_by_its_button_and_not_by_looking(
    client_for: ClientFor, session: Session, ada: Person
) -> None:
    path = actions.make_sign_in_link(session, ada, "")
    session.flush()
    client = client_for(None)

    for _ in range(2):
        assert client.get(path).status_code == 200
    assert session.scalars(select(Invitation)).one().used_at is None
    assert client.post(path).headers["location"] == "/"

    assert client.get("/").status_code == 200
    assert client_for(None).get(path).status_code == 404
    assert client_for(None).post(path).status_code == 404


def test_a_link_that_ran_out_opens_nothing(client_for: ClientFor, session: Session, ada: Person) -> None:
    path = actions.make_sign_in_link(session, ada, "")
    session.flush()
    session.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))

    assert client_for(None).post(path).status_code == 404


def test_a_link_of_one_purpose_does_not_serve_another(client_for: ClientFor, session: Session, ada: Person) -> None:
    token = actions.make_sign_in_link(session, ada, "").rsplit("/", 1)[1]
    session.flush()

    assert client_for(None).get(f"/first-owner/{token}").status_code == 404
    assert client_for(None).get(f"/invitations/{token}").status_code == 404


def test_the_demo_is_entered_by_a_link_made_anew_each_start(client_for: ClientFor, session: Session) -> None:
    actions.add_person(session, email=actions.DEMO_EMAIL, name="Lena Ruf", password=None)
    session.flush()
    first = actions.demo_sign_in_link(session, "")
    second = actions.demo_sign_in_link(session, "")
    session.flush()

    assert client_for(None).post(first).status_code == 404
    assert client_for(None).post(second).status_code == 303


def test_without_the_sample_study_there_is_no_demo_link(session: Session) -> None:
    with pytest.raises(NotFound):
        actions.demo_sign_in_link(session, "")


def test_nobody_signs_in_by_password_as_somebody_who_has_none(client_for: ClientFor, session: Session) -> None:
    lead = makers.make_study(session)
    session.flush()

    assert sign_in(client_for(None), "", lead.person.email).status_code == 422


def test_account_acts_are_logged(client_for: ClientFor, session: Session, ada: Person) -> None:
    client = client_for(None)
    sign_in(client)
    client.post("/sign-out")

    kinds = set(session.scalars(select(AccountEvent.kind).where(AccountEvent.subject_id == ada.id)))
    assert kinds >= {"person.added", "signed_in", "signed_out"}


def test_a_nul_byte_is_refused_at_the_edge(client_for: ClientFor) -> None:
    assert sign_in(client_for(None), "a\0b").status_code == 422
