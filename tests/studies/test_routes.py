"""The list of studies, members and invitations, as a browser meets them."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import add_person
from app.accounts.models import Person
from app.studies.models import Membership, StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import HTMX, ClientFor

PASSWORD = "four words in a row"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


def invite(client: TestClient, name: str = "Ben Ode", role: str = "coder") -> str:
    """The path of the link."""
    answer = client.post("/studies/genai/members", data={"name": name, "role": role})
    assert answer.status_code == 200
    return re.search(r"http://testserver(/invitations/[\w-]+)", answer.text)[1]


def join(client: TestClient, path: str, **typed: str):
    return client.post(path, data={"name": "Ben Ode", "email": "ben@example.org", "password": PASSWORD, **typed})


def kinds(session: Session, lead: Viewer) -> list[str]:
    return list(
        session.scalars(select(StudyEvent.kind).where(StudyEvent.study_id == lead.study.id).order_by(StudyEvent.id))
    )


def test_somebody_sees_their_own_studies_and_no_others(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    other = makers.make_study(session)

    shown = client_for(lead).get("/").text

    assert lead.study.title in shown and other.study.title not in shown


def test_without_a_study_the_page_says_how_to_get_one(client_for: ClientFor, session: Session) -> None:
    person = add_person(session, email="new@example.org", name="New", password=None)
    session.flush()

    assert "No study yet" in client_for(person).get("/").text


def test_a_new_person_joins_by_the_link_and_is_signed_in(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = invite(client_for(lead), role="adjudicator")
    client = client_for(None)

    assert "You join as its adjudicator" in client.get(path).text
    answer = join(client, path, name="Ben O.")

    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/genai/")
    assert "Ben O." in client.get("/studies/genai/members").text
    member = session.scalars(select(Membership).where(Membership.name == "Ben O.")).one()
    assert (member.role, member.person_id is not None) == ("adjudicator", True)
    assert kinds(session, lead)[-2:] == ["member.added", "member.joined"]


def test_somebody_signed_in_joins_with_one_button(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = invite(client_for(lead))
    ben = add_person(session, email="ben@example.org", name="Ben Ode", password=None)
    session.flush()
    client = client_for(ben)

    shown = client.get(path).text
    assert "signed in as" in shown and "Password" not in shown
    assert client.get("/studies/genai/members").status_code == 404
    assert client.post(path).headers["location"] == "/studies/genai/"
    assert client.get("/studies/genai/members").status_code == 200


def test_looking_at_an_invitation_does_not_use_it_up(client_for: ClientFor, lead: Viewer) -> None:
    path = invite(client_for(lead))

    for _ in range(2):
        assert client_for(None).get(path).status_code == 200


def test_an_invitation_opens_once(client_for: ClientFor, lead: Viewer) -> None:
    path = invite(client_for(lead))
    join(client_for(None), path)

    assert client_for(None).get(path).status_code == 404
    answer = join(client_for(None), path, email="eve@example.org")
    assert answer.status_code == 404 and "used already" in answer.text


def test_who_is_a_member_already_does_not_join_twice(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = invite(client_for(lead))

    answer = client_for(lead).post(path)

    assert answer.status_code == 409 and "member of this study already" in answer.text
    assert client_for(None).get(path).status_code == 200


def test_an_address_that_is_here_already_asks_to_sign_in(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = invite(client_for(lead))

    answer = join(client_for(None), path, email=lead.person.email)

    assert answer.status_code == 422 and "is here already" in answer.text and 'value="Ben Ode"' in answer.text
    assert client_for(None).get(path).status_code == 200


def test_a_short_password_keeps_the_invitation(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = invite(client_for(lead))

    assert join(client_for(None), path, password="short").status_code == 422
    assert session.scalars(select(Person).where(Person.email == "ben@example.org")).all() == []


def test_the_link_is_shown_once_only(client_for: ClientFor, lead: Viewer) -> None:
    path = invite(client_for(lead))

    assert path not in client_for(lead).get("/studies/genai/members").text


def test_htmx_gets_the_members_alone(client_for: ClientFor, lead: Viewer) -> None:
    answer = client_for(lead).post("/studies/genai/members", data={"name": "Ben", "role": "coder"}, headers=HTMX)

    assert answer.text.lstrip().startswith('<div class="columns" id="members">') and "/invitations/" in answer.text


@pytest.mark.parametrize(
    ("name", "role", "sentence"), [("", "coder", "Say who is invited"), ("Ben", "owner", "Choose one of")]
)
def test_an_invitation_without_name_or_role_is_refused(
    client_for: ClientFor, session: Session, lead: Viewer, name: str, role: str, sentence: str
) -> None:
    answer = client_for(lead).post("/studies/genai/members", data={"name": name, "role": role})

    assert answer.status_code == 422 and sentence in answer.text
    assert kinds(session, lead) == ["study.created"]


@pytest.mark.parametrize("role", ["coder", "adjudicator", "reader"])
def test_others_see_the_members_but_invite_nobody(
    client_for: ClientFor, session: Session, lead: Viewer, role: str
) -> None:
    client = client_for(makers.make_member(session, lead, role=role))

    shown = client.get("/studies/genai/members")
    assert shown.status_code == 200 and "Invite somebody" not in shown.text
    answer = client.post("/studies/genai/members", data={"name": "Eve", "role": "lead"})
    assert answer.status_code == 403 and "Only the lead" in answer.text


def test_who_is_no_member_finds_no_study(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    stranger = client_for(makers.make_study(session))

    assert stranger.get("/studies/genai/members").status_code == 404
    assert stranger.post("/studies/genai/members", data={"name": "Eve", "role": "lead"}).status_code == 404
    assert stranger.get("/studies/no-such-study/members").status_code == 404


def test_who_left_the_study_finds_it_no_more(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    ben = makers.make_member(session, lead)
    session.get_one(Membership, ben.member.id).ended_at = lead.member.created_at
    session.flush()

    assert client_for(ben).get("/studies/genai/members").status_code == 404
