"""Who may make a link to a new password: it makes whoever opens it that person, in all their studies."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts import actions
from app.accounts.models import Person, SignIn
from app.accounts.own_account import deactivate, make_password_link
from app.db.base import now
from app.studies import member_actions
from app.studies.actions import add_member, create_study, invite_member, join_study
from app.studies.models import Membership, StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import ClientFor

PASSWORD = "four words in a row"
NEW = "five other words in a row"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def ada(session: Session) -> Person:
    return actions.add_person(session, email="ada@example.org", name="Ada Lind", password=PASSWORD)


@pytest.fixture
def member(session: Session, lead: Viewer, ada: Person) -> Membership:
    return add_member(session, lead, name="Ada Lind", role="coder", person=ada)


def ask(client_for: ClientFor, lead: Viewer, member: Membership):
    return client_for(lead).post(f"/studies/genai/members/{member.id}/password-link")


def is_refused(client_for: ClientFor, lead: Viewer, member: Membership) -> bool:
    answer = ask(client_for, lead, member)
    assert (answer.status_code == 403) == ("/password-links/" not in answer.text)
    return answer.status_code == 403


def link_for(session: Session, person: Person, by: Person | None = None) -> str:
    token = make_password_link(session, person, by=by)
    session.flush()
    return f"/password-links/{token}"


def use(client: TestClient, link: str) -> int:
    return client.post(link, data={"password": NEW}).status_code


@pytest.mark.parametrize("role", ["lead", "adjudicator", "coder", "reader"])
def test_promise_12_a_lead_cannot_become_somebody_who_belongs_to_another_study(
    client_for: ClientFor, session: Session, lead: Viewer, ada: Person, member: Membership, role: str
) -> None:
    """Else whoever makes a study and invites somebody to it would read the other one."""
    there = add_member(session, makers.make_study(session), name="Ada", role=role, person=ada)
    assert is_refused(client_for, lead, member)

    there.ended_at = now()
    session.flush()
    assert not is_refused(client_for, lead, member)


def test_a_lead_of_all_their_studies_may(
    client_for: ClientFor, session: Session, lead: Viewer, ada: Person, member: Membership
) -> None:
    other = create_study(session, lead.person, slug="other", title="Other")
    add_member(session, other, name="Ada", role="lead", person=ada)
    assert not is_refused(client_for, lead, member)

    other.member.role = "coder"
    session.flush()
    assert is_refused(client_for, lead, member)


def test_promise_12_a_link_made_before_somebody_joined_or_made_another_study_opens_nothing_after(
    client_for: ClientFor, session: Session, lead: Viewer, ada: Person, member: Membership
) -> None:
    link = link_for(session, ada, by=lead.person)
    _, token = invite_member(session, makers.make_study(session), name="Ada", role="coder")
    join_study(session, token, ada)
    assert use(client_for(None), link) == 404

    link = link_for(session, ada, by=lead.person)
    create_study(session, ada, slug="own", title="Own")
    assert use(client_for(None), link) == 404


def test_nobody_makes_a_link_for_themselves(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    """A browser left open would otherwise give out a new password without the present one."""
    assert is_refused(client_for, lead, lead.member)

    assert lead.person is not None
    lead.person.is_owner = True
    session.flush()
    assert client_for(lead).post(f"/people/{lead.person.id}/password-link").status_code == 403
    assert f"/people/{lead.person.id}/password-link" not in client_for(lead).get("/people").text


def test_promise_7_the_history_of_the_study_tells_who_made_a_link_for_whom(
    client_for: ClientFor, session: Session, lead: Viewer, member: Membership
) -> None:
    ask(client_for, lead, member)

    event = session.scalars(select(StudyEvent).where(StudyEvent.kind == "member.password_link_made")).one()
    assert (event.member_id, event.subject_id) == (lead.member.id, member.id)
    assert "made a link to a new password for" in client_for(lead).get("/studies/genai/history").text


def test_a_new_password_takes_back_every_other_link_to_the_account(
    client_for: ClientFor, session: Session, ada: Person
) -> None:
    sign_in_link = actions.make_sign_in_link(session, ada, "")
    assert use(client_for(None), link_for(session, ada)) == 303
    assert client_for(None).post(sign_in_link).status_code == 404

    link = link_for(session, ada)
    changed = client_for(ada).post("/account/password", data={"current": NEW, "new": PASSWORD})
    assert changed.status_code == 303 and use(client_for(None), link) == 404


def test_a_deactivated_account_is_entered_by_no_link_and_by_no_sign_in_made_meanwhile(
    client_for: ClientFor, session: Session, ada: Person
) -> None:
    links = actions.make_sign_in_link(session, ada, ""), link_for(session, ada)
    deactivate(session, ada.id, by=None)
    session.flush()

    assert [client_for(None).post(link, data={"password": NEW}).status_code for link in links] == [404, 404]
    assert session.scalars(select(SignIn).where(SignIn.person_id == ada.id)).all() == []


def test_signing_in_ends_what_the_browser_was_signed_in_to_before(
    client_for: ClientFor, session: Session, lead: Viewer, ada: Person
) -> None:
    client, left = client_for(lead), client_for(None)
    left.cookies.update(dict(client.cookies))
    assert left.get("/").status_code == 200

    assert client.post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD}).status_code == 303
    assert left.get("/").status_code == 303


def test_a_study_keeps_a_lead_who_can_sign_in(session: Session, lead: Viewer, ada: Person, member: Membership) -> None:
    member.role = "lead"
    deactivate(session, ada.id, by=None)
    session.flush()

    with pytest.raises(member_actions.LastLead):
        member_actions.end_membership(session, lead, lead.member.id, reason="")
