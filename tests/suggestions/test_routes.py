"""The lead's page and the coder's decisions by plain forms, and who may press them."""

from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from app.suggestions.queries import runs_of
from tests.suggestions.conftest import SAID, SECRET_REASON, Table
from tests.support.clients import ClientFor


def test_promise_10_the_page_shows_what_would_be_sent_and_where_to(lead: TestClient, table: Table) -> None:
    page = lead.get(f"{table.runs_url}/new").text

    assert "small" in page and "127.0.0.1:9" in page and "sk-very-secret" not in page
    assert SAID in page and "&lt;&lt;&lt;report" in page and "Slow answers" in page


def test_a_lead_asks_by_a_plain_form(lead: TestClient, table: Table) -> None:
    answer = lead.post(table.runs_url, data={"limit": "1"})

    assert (answer.status_code, answer.headers["location"]) == (303, table.run_url)
    (run,) = runs_of(table.session, table.coding_round)
    assert run.model == "small" and "1 waiting" in lead.get(table.runs_url).text


@pytest.mark.parametrize("typed", ["0", "-3", "many"])
def test_a_number_that_cannot_be_used_comes_back_with_a_sentence(lead: TestClient, table: Table, typed: str) -> None:
    answer = lead.post(table.runs_url, data={"limit": typed})

    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text and f'value="{typed}"' in answer.text


def test_asking_for_what_is_asked_for_already_is_a_conflict(lead: TestClient, table: Table) -> None:
    lead.post(table.runs_url)
    assert lead.post(table.runs_url).status_code == 409


def test_a_suggestion_is_opened_and_accepted_by_plain_forms(table: Table, client_for: ClientFor) -> None:
    table.ask()
    ada = client_for(table.ada)
    opened = ada.post(f"{table.desk_url}/suggestions/openings", data={"dimension_id": str(table.cause.id)})
    assert opened.status_code == 303
    assert SECRET_REASON in ada.get(opened.headers["location"]).text

    form = {"decision": "accept", "act_id": str(uuid4()), "after_act_id": "", "member": str(table.ada.member.id)}
    url = f"{table.desk_url}/suggestions/{table.of_cause().id}/decisions"
    assert ada.post(url, data=form).status_code == 303
    assert "Accepted" in ada.get(f"{table.desk_url}/suggestions").text
    assert ada.post(url, data=form | {"act_id": "x"}).status_code == 422


def test_promise_5_a_page_left_open_saves_nothing_under_the_next_persons_name(
    table: Table, client_for: ClientFor
) -> None:
    table.ask()
    table.ada_opens()
    form = {"decision": "reject", "act_id": str(uuid4()), "member": str(table.ben.member.id)}
    url = f"{table.desk_url}/suggestions/{table.of_cause().id}/decisions"

    assert client_for(table.ada).post(url, data=form).status_code == 409


def test_nobody_who_is_signed_out_gets_anything(table: Table, client_for: ClientFor) -> None:
    table.ask()
    nobody = client_for(None)
    for path in (f"{table.desk_url}/suggestions", table.runs_url, f"{table.runs_url}/progress"):
        assert nobody.get(path).status_code in (303, 401)
