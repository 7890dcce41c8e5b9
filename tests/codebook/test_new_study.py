"""A new study and what it begins with."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import add_person
from app.codebook.new_study import suggested_slug
from app.codebook.queries import visible_codebook
from app.codebook.starter import incident_study
from app.codebook.tree import Codebook
from app.studies.models import Membership, Study
from tests import makers
from tests.support.clients import HTMX, ClientFor


@pytest.fixture
def client(client_for: ClientFor, session: Session) -> TestClient:
    person = add_person(session, email="ada@example.org", name="Ada Lind", password=None)
    session.flush()
    return client_for(person)


def new_study(client: TestClient, **typed: str):
    posted = {"title": "GenAI incidents", "slug": "", "template": "incident-study", "mode": "hybrid", **typed}
    return client.post("/studies/new", data=posted)


def codebook_of(session: Session, slug: str) -> Codebook:
    study = session.scalars(select(Study).where(Study.slug == slug)).one()
    lead = session.scalars(select(Membership).where(Membership.study_id == study.id)).one()
    assert (lead.role, lead.name) == ("lead", "Ada Lind")
    return visible_codebook(session, study.id, lead.id)


def test_a_hybrid_study_begins_with_starter_codes_and_takes_new_ones(client: TestClient, session: Session) -> None:
    answer = new_study(client)

    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/genai-incidents/")
    codebook = codebook_of(session, "genai-incidents")
    assert [d.name for d in codebook.dimensions] == [d.name for d in incident_study().dimensions]
    assert all(d.is_open for d in codebook.dimensions)
    wanted = {(d.name, code.name) for d in incident_study().dimensions for code in d.codes()}
    found = {(d.name, code.name) for d in codebook.dimensions for code in codebook.appliable(d.id)}
    assert found == wanted
    for code in codebook.codes.values():
        assert code.origin == "a_priori" and (code.is_category or code.source)
        assert code.is_category or codebook.category_of(code.id) is not None


def test_an_open_study_begins_with_questions_alone(client: TestClient, session: Session) -> None:
    new_study(client, mode="open")

    codebook = codebook_of(session, "genai-incidents")
    assert len(codebook.dimensions) == 5 and not codebook.codes
    assert all(d.is_open for d in codebook.dimensions)


def test_a_deductive_study_is_closed_to_new_codes(client: TestClient, session: Session) -> None:
    new_study(client, mode="deductive")

    codebook = codebook_of(session, "genai-incidents")
    assert codebook.codes and not any(d.is_open for d in codebook.dimensions)


def test_an_empty_study_has_no_dimensions(client: TestClient, session: Session) -> None:
    new_study(client, template="empty", slug="mine")

    assert codebook_of(session, "mine").dimensions == ()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "A title is missing"),
        ({"slug": "Not Usable"}, "small letters, digits and hyphens"),
        ({"slug": "new"}, "small letters, digits and hyphens"),
        ({"slug": "taken"}, "Another study has this short name"),
        ({"template": "other"}, "Choose the template"),
        ({"mode": "other"}, "Choose one of open"),
        ({"title": "事故"}, "small letters, digits and hyphens"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_made(
    client: TestClient, session: Session, wrong: dict[str, str], sentence: str
) -> None:
    makers.make_study(session, slug="taken")
    session.flush()

    answer = new_study(client, **{"slug": "mine", **wrong} if wrong.get("title") != "事故" else wrong)

    assert answer.status_code == 422 and sentence in answer.text
    assert session.scalars(select(Study.slug)).all() == ["taken"]


def test_the_short_name_is_suggested_from_the_title_but_what_was_typed_stays(client: TestClient) -> None:
    suggested = client.get("/studies/new/short-name", params={"title": "Störungen 2025"}, headers=HTMX).text
    kept = client.get("/studies/new/short-name", params={"title": "Störungen 2025", "slug": "mine"}, headers=HTMX).text

    assert 'value="storungen-2025"' in suggested and 'value="mine"' in kept


def test_a_suggested_short_name_is_never_too_long() -> None:
    assert suggested_slug("a " * 60) == "a-" * 29 + "a"


def test_nobody_makes_a_study_without_signing_in(client_for: ClientFor, session: Session) -> None:
    assert new_study(client_for(None)).status_code == 401
    assert session.scalars(select(Study)).all() == []


def test_the_page_explains_every_mode(client: TestClient) -> None:
    shown = client.get("/studies/new").text

    for words in ("every code grows out of your incidents", "marked a priori", "add none"):
        assert words in shown
