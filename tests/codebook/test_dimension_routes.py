"""The page of dimensions."""

import re

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.codebook.queries import visible_codebook
from app.codebook.tree import DimensionEntry
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import HTMX, ClientFor

PAGE = "/studies/genai/codebook/dimensions"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def dimensions(session: Session, lead: Viewer) -> list[DimensionEntry]:
    return [makers.make_dimension(session, lead, name) for name in ("Symptom", "Impact", "Detection")]


@pytest.fixture
def client(client_for: ClientFor, lead: Viewer, dimensions: list[DimensionEntry]) -> TestClient:
    return client_for(lead)


def asked(session: Session, lead: Viewer) -> list[str]:
    return [d.name for d in visible_codebook(session, lead.study.id, lead.member.id).dimensions]


def typed(dimension: DimensionEntry, **changed: str) -> dict[str, str]:
    return {
        "name": dimension.name,
        "question": dimension.question,
        "takes": dimension.takes,
        "openness": dimension.openness,
        "seen_seq": str(dimension.codebook_seq),
        "reason": "clearer",
        **changed,
    }


def test_the_lead_adds_a_dimension(client: TestClient, session: Session, lead: Viewer) -> None:
    posted = {"name": "Root cause", "question": "Why?", "takes": "many", "has_main": "yes", "openness": "closed"}
    assert client.post(PAGE, data=posted).headers["location"] == PAGE

    made = visible_codebook(session, lead.study.id, lead.member.id).dimensions[-1]
    assert (made.name, made.question, made.takes, made.has_main, made.openness) == (
        "Root cause", "Why?", "many", True, "closed",
    )  # fmt: skip


def test_a_name_taken_is_refused_and_the_question_kept(client: TestClient) -> None:
    answer = client.post(PAGE, data={"name": "IMPACT", "question": "Typed", "takes": "one", "openness": "open"})

    assert answer.status_code == 422 and "has a dimension with this name" in answer.text and "Typed" in answer.text


def test_a_choice_that_is_none_is_refused(client: TestClient) -> None:
    assert client.post(PAGE, data={"name": "X", "takes": "some", "openness": "open"}).status_code == 422


@pytest.mark.parametrize(
    ("name", "direction", "order"),
    [
        ("Impact", "up", ["Impact", "Symptom", "Detection"]),
        ("Impact", "down", ["Symptom", "Detection", "Impact"]),
        ("Symptom", "up", ["Symptom", "Impact", "Detection"]),
        ("Detection", "down", ["Symptom", "Impact", "Detection"]),
    ],
)
def test_a_dimension_moves_by_one_place(
    client: TestClient,
    session: Session,
    lead: Viewer,
    dimensions: list[DimensionEntry],
    name: str,
    direction: str,
    order: list[str],
) -> None:
    moved = next(d for d in dimensions if d.name == name)

    answer = client.post(f"{PAGE}/{moved.id}/moves", data={"direction": direction}, headers=HTMX)

    assert answer.text.lstrip().startswith('<ol class="card asked" id="dimensions">')
    assert re.findall(r"<h2>(\w+)</h2>", answer.text) == order == asked(session, lead)
    assert client.post(f"{PAGE}/{moved.id}/moves", data={"direction": "up"}).status_code == 303


def test_a_change_is_a_new_revision_with_its_reason(
    client: TestClient, session: Session, lead: Viewer, dimensions: list[DimensionEntry]
) -> None:
    impact = dimensions[1]
    assert 'value="Impact"' in client.get(f"{PAGE}/{impact.id}").text

    assert client.post(f"{PAGE}/{impact.id}/revisions", data=typed(impact, name="Harm")).status_code == 303

    assert asked(session, lead) == ["Symptom", "Harm", "Detection"]
    assert client.post(f"{PAGE}/{impact.id}/revisions", data=typed(impact, reason="")).status_code == 422


def test_two_who_change_one_dimension_see_both_states(
    client: TestClient, session: Session, lead: Viewer, dimensions: list[DimensionEntry]
) -> None:
    impact = dimensions[1]
    client.post(f"{PAGE}/{impact.id}/revisions", data=typed(impact, question="Theirs"))

    answer = client.post(f"{PAGE}/{impact.id}/revisions", data=typed(impact, question="Mine"))

    assert answer.status_code == 409 and "<td>Theirs</td><td>Mine</td>" in answer.text
    assert visible_codebook(session, lead.study.id, lead.member.id).dimensions[1].question == "Theirs"


def test_a_dimension_is_retired_with_a_reason(
    client: TestClient, session: Session, lead: Viewer, dimensions: list[DimensionEntry]
) -> None:
    impact = dimensions[1]
    assert "Say why" in client.post(f"{PAGE}/{impact.id}/retirement", data={"reason": " "}).text

    assert client.post(f"{PAGE}/{impact.id}/retirement", data={"reason": "not in the texts"}).status_code == 303

    assert asked(session, lead) == ["Symptom", "Detection"]
    assert client.get(f"{PAGE}/{impact.id}").status_code == 404
    assert "Retired" in client.get(PAGE).text
