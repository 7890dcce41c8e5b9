"""The words of a study are changed by its leads, and never over somebody else's change unseen."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.studies.models import Study, StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import ClientFor

AT = "/studies/genai/settings"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


def seen(client: TestClient) -> str:
    found = re.search(r'name="seen" value="(\w+)"', client.get(AT).text)
    assert found
    return found[1]


def test_a_lead_rewords_the_study(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    client = client_for(lead)

    answer = client.post(AT, data={"title": "GenAI incidents", "about": "Two clouds.", "seen": seen(client)})

    assert answer.status_code == 303
    study = session.get_one(Study, lead.study.id, populate_existing=True)
    assert (study.title, study.about) == ("GenAI incidents", "Two clouds.")
    assert session.scalars(select(StudyEvent.kind).order_by(StudyEvent.id.desc())).first() == "study.reworded"


def test_promise_6_the_later_of_two_leads_sees_both(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    client = client_for(lead)
    stale = seen(client)
    client.post(AT, data={"title": "Theirs", "about": "", "seen": stale})

    answer = client.post(AT, data={"title": "Mine", "about": "", "seen": stale})

    assert answer.status_code == 409
    assert "Theirs" in answer.text and 'value="Mine"' in answer.text
    assert session.get_one(Study, lead.study.id, populate_existing=True).title == "Theirs"
    again = re.search(r'name="seen" value="(\w+)"', answer.text)
    assert again and client.post(AT, data={"title": "Mine", "about": "", "seen": again[1]}).status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [({"title": " "}, "title is missing"), ({"title": "x" * 201}, "longer than 200"), ({"about": "x" * 2001}, "2,000")],
)
def test_what_cannot_be_used_is_said_and_kept(
    client_for: ClientFor, lead: Viewer, typed: dict[str, str], sentence: str
) -> None:
    client = client_for(lead)

    answer = client.post(AT, data={"title": "T", "about": "kept", "seen": seen(client), **typed})

    assert answer.status_code == 422 and sentence in answer.text and 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("role", ["coder", "adjudicator", "reader"])
def test_others_see_no_settings(client_for: ClientFor, session: Session, lead: Viewer, role: str) -> None:
    client = client_for(makers.make_member(session, lead, role=role))

    assert client.get(AT).status_code == 403
    assert client.post(AT, data={"title": "Mine"}).status_code == 403
    assert "/studies/genai/settings" not in client.get("/studies/genai/").text
