"""What a lead changes about a member, and what stays as it was."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actions import add_person
from app.accounts.models import Invitation
from app.coding.models import SubmittedCode
from app.db.base import now
from app.studies import member_actions
from app.studies.actions import add_member
from app.studies.models import Membership, StudyEvent
from app.studies.viewer import LeadOnly, Viewer
from tests import makers
from tests.support.clients import ClientFor

PASSWORD = "four words in a row"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


def address(member: Membership, act: str = "") -> str:
    return f"/studies/genai/members/{member.id}" + (f"/{act}" if act else "")


def newest_event(session: Session, lead: Viewer) -> StudyEvent:
    found = select(StudyEvent).where(StudyEvent.study_id == lead.study.id).order_by(StudyEvent.id.desc())
    return session.scalars(found.limit(1)).one()


def link_in(shown: str) -> str:
    found = re.search(r"http://testserver(/invitations/[\w-]+)", shown)
    assert found, "no link is shown"
    return found[1]


def test_a_lead_changes_a_role_and_the_history_tells_from_what_to_what(
    client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    ben = makers.make_member(session, lead)

    answer = client_for(lead).post(address(ben.member, "role"), data={"role": "adjudicator", "seen": "coder"})

    assert answer.status_code == 303
    assert session.get_one(Membership, ben.member.id, populate_existing=True).role == "adjudicator"
    event = newest_event(session, lead)
    assert (event.kind, event.details) == ("member.role_changed", {"before": "coder", "after": "adjudicator"})
    assert client_for(ben).get("/studies/genai/members").status_code == 200


def test_promise_6_two_leads_who_change_one_role_are_told(
    client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    ben = makers.make_member(session, lead)
    client_for(lead).post(address(ben.member, "role"), data={"role": "reader", "seen": "coder"})

    answer = client_for(lead).post(address(ben.member, "role"), data={"role": "adjudicator", "seen": "coder"})

    assert answer.status_code == 409 and "changed this role in the meantime" in answer.text
    assert session.get_one(Membership, ben.member.id, populate_existing=True).role == "reader"


def test_a_role_that_does_not_exist_is_refused_and_the_page_stays(
    client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    ben = makers.make_member(session, lead)

    answer = client_for(lead).post(address(ben.member, "role"), data={"role": "owner", "seen": "coder"})

    assert answer.status_code == 422 and "Choose one of lead" in answer.text


@pytest.mark.parametrize(("act", "typed"), [("role", {"role": "coder", "seen": "lead"}), ("departure", {})])
def test_a_study_keeps_a_lead(
    client_for: ClientFor, session: Session, lead: Viewer, act: str, typed: dict[str, str]
) -> None:
    invited = add_member(session, lead, name="Not here yet", role="lead")  # nobody is behind this lead
    assert invited.person_id is None

    answer = client_for(lead).post(address(lead.member, act), data=typed)

    assert answer.status_code == 409 and "would have no lead" in answer.text
    assert session.get_one(Membership, lead.member.id, populate_existing=True).role == "lead"


def test_with_another_lead_the_first_one_may_go(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    makers.make_member(session, lead, role="lead")

    answer = client_for(lead).post(address(lead.member, "departure"), data={"reason": "Leaves the university"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client_for(lead).get("/studies/genai/").status_code == 404


def test_who_leaves_keeps_the_codes_they_gave_and_may_come_back(
    client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    ben = makers.make_member(session, lead)
    cause = makers.make_dimension(session, lead, "Cause")
    network = makers.make_code(session, lead, cause, "Network")
    coding_round = makers.make_round(session, lead, [ben], makers.make_incidents(session, lead, 1))
    makers.code_and_submit(session, ben, makers.assignment_of(session, ben, coding_round), {cause.id: [network]})
    session.flush()

    answer = client_for(lead).post(address(ben.member, "departure"), data={"reason": "A new job"})

    assert answer.status_code == 303
    assert client_for(ben).get("/studies/genai/").status_code == 404
    assert session.scalars(select(SubmittedCode.member_id)).all() == [ben.member.id]
    assert newest_event(session, lead).details == {"reason": "A new job"}
    assert "left" in client_for(lead).get("/studies/genai/members").text

    assert client_for(lead).post(address(ben.member, "return")).status_code == 303
    assert client_for(ben).get("/studies/genai/").status_code == 200
    assert client_for(lead).post(address(ben.member, "return")).status_code == 409


def test_a_new_link_takes_the_place_of_the_one_before(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    first = link_in(client_for(lead).post("/studies/genai/members", data={"name": "Ben", "role": "coder"}).text)
    ben = session.scalars(select(Membership).where(Membership.name == "Ben")).one()

    second = link_in(client_for(lead).post(address(ben, "invitation")).text)

    assert client_for(None).get(first).status_code == 404
    assert client_for(None).get(second).status_code == 200
    assert second not in client_for(lead).get(address(ben)).text


def test_a_link_taken_back_opens_nothing(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = link_in(client_for(lead).post("/studies/genai/members", data={"name": "Ben", "role": "coder"}).text)
    ben = session.scalars(select(Membership).where(Membership.name == "Ben")).one()

    assert client_for(lead).post(address(ben, "invitation/revocation")).status_code == 303

    assert client_for(None).get(path).status_code == 404
    assert client_for(lead).post(address(ben, "invitation/revocation")).status_code == 409
    assert "Take the link back" not in client_for(lead).get(address(ben)).text


def test_an_invitation_runs_out(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = link_in(client_for(lead).post("/studies/genai/members", data={"name": "Ben", "role": "coder"}).text)
    session.scalars(select(Invitation)).one().expires_at = now() - timedelta(seconds=1)
    session.flush()

    assert client_for(None).get(path).status_code == 404
    answer = client_for(None).post(path, data={"name": "Ben", "email": "b@example.org", "password": PASSWORD})
    assert answer.status_code == 404 and "run out" in answer.text


def test_who_left_before_joining_cannot_use_the_link(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    path = link_in(client_for(lead).post("/studies/genai/members", data={"name": "Ben", "role": "coder"}).text)
    ben = session.scalars(select(Membership).where(Membership.name == "Ben")).one()

    client_for(lead).post(address(ben, "departure"))

    assert client_for(None).get(path).status_code == 404
    assert client_for(lead).post(address(ben, "invitation")).status_code == 409


def test_an_imported_rater_who_takes_a_link_becomes_that_member(
    client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    rater = add_member(session, lead, name="rater_B", role="coder", kind="placeholder")
    path = link_in(client_for(lead).post(address(rater, "invitation")).text)
    bea = add_person(session, email="bea@example.org", name="Bea", password=None)
    session.flush()

    assert client_for(bea).post(path).status_code == 303

    session.refresh(rater)
    assert (rater.kind, rater.person_id, rater.name) == ("human", bea.id, "Bea")


def test_an_imported_rater_is_said_to_be_a_member(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    rater = add_member(session, lead, name="rater_B", role="coder", kind="placeholder")
    ben = makers.make_member(session, lead)

    answer = client_for(lead).post(address(rater, "person"), data={"same_as": str(ben.member.id)})

    assert answer.status_code == 303
    assert f"is {ben.member.name}" in client_for(lead).get(address(rater)).text
    assert newest_event(session, lead).details == {"same_as_id": ben.member.id}
    assert client_for(lead).post(address(rater, "person"), data={"same_as": ""}).status_code == 303
    assert session.get_one(Membership, rater.id, populate_existing=True).same_as_id is None


def test_an_imported_rater_is_nobody_of_another_study(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    rater = add_member(session, lead, name="rater_B", role="coder", kind="placeholder")
    other = makers.make_study(session)

    assert client_for(lead).post(address(rater, "person"), data={"same_as": str(other.member.id)}).status_code == 404
    answer = client_for(lead).post(address(rater, "person"), data={"same_as": str(rater.id)})
    assert answer.status_code == 422 and "Choose a member who has joined" in answer.text


def test_a_model_has_no_role_and_no_link(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    model = add_member(session, lead, name="gpt", role="reader", kind="model")

    assert client_for(lead).post(address(model, "role"), data={"role": "lead", "seen": "reader"}).status_code == 422
    assert client_for(lead).post(address(model, "invitation")).status_code == 422
    shown = client_for(lead).get(address(model)).text
    assert "Change the role" not in shown and "Make a new link" not in shown


@pytest.mark.parametrize("role", ["coder", "adjudicator", "reader"])
def test_others_change_no_member(client_for: ClientFor, session: Session, lead: Viewer, role: str) -> None:
    ben = makers.make_member(session, lead, role=role)
    client = client_for(ben)

    assert client.get(address(ben.member)).status_code == 403
    for act in ("role", "departure", "return", "invitation", "invitation/revocation", "person"):
        assert client.post(address(ben.member, act), data={"role": "lead", "seen": role}).status_code == 403
    with pytest.raises(LeadOnly):
        member_actions.change_role(session, ben, ben.member.id, "lead", seen=role)


def test_promise_12_members_of_another_study_are_not_found(
    client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    other = makers.make_study(session)

    assert client_for(lead).get(address(other.member)).status_code == 404
    assert client_for(lead).post(address(other.member, "departure")).status_code == 404
    assert session.get_one(Membership, other.member.id, populate_existing=True).ended_at is None
