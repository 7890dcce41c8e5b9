"""Composing a run: what is typed stays, what is wrong is said, and what starts is what was shown."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.ledger.models import ModelEndpoint
from app.studies.models import StudyEvent
from app.suggestions.models import RunIncident
from app.suggestions.prompt_templates import add_template
from app.suggestions.queries import runs_of
from tests import makers
from tests.suggestions.conftest import SAID, Table

HTMX = {"HX-Request": "true"}


def typed(table: Table, **changes: object) -> dict[str, object]:
    dimensions = [str(table.cause.id), str(table.symptom.id)]
    return {"composed": "yes", "dimension_ids": dimensions, "temperature": "0", "samples": "1", **changes}


def started(lead: TestClient, table: Table, **changes: object):
    return lead.post(table.runs_url, data=typed(table, **changes))


def newest(table: Table):
    table.session.expire_all()
    return runs_of(table.session, table.coding_round)[0]


def test_all_that_was_typed_is_frozen_in_the_run(lead: TestClient, table: Table) -> None:
    written = add_template(table.session, table.lead, name="Shorter", instructions="Read the report. Choose codes.")
    answer = started(
        lead, table, dimension_ids=[str(table.cause.id)], temperature="0.5", parameter_seed="7", length="900",
        effort="low", template=str(written.id), samples="3", token_cap="50,000", cost_cap="$1.25", use="measured",
        take="sample", sample_size="1", seed="4", words="gateway",
    )  # fmt: skip

    run = newest(table)
    assert answer.headers["location"] == f"{table.runs_url}/{run.id}"
    assert run.parameters == {
        "temperature": 0.5, "seed": 7, "max_completion_tokens": 900, "reasoning_effort": "low"
    }  # fmt: skip
    assert (run.dimension_ids, run.prompt_template_id, run.samples) == ([table.cause.id], written.id, 3)
    assert (run.token_cap, str(run.cost_cap_usd), run.is_offered) == (50_000, "1.25000000", False)
    assert run.chosen == {"which": "new", "words": "gateway", "sample": 1, "seed": 4}
    assert table.session.query(RunIncident).count() == 1


def test_only_parameters_that_are_given_are_sent(lead: TestClient, table: Table) -> None:
    started(lead, table, temperature="")
    assert newest(table).parameters == {}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", "hot", "from 0 to 2"),
        ("temperature", "2.5", "from 0 to 2"),
        ("temperature", "1e0", "from 0 to 2"),  # else 1e999999999 is written out in full and fills the memory
        ("parameter_seed", "-1", "zero or more"),
        ("length", "0", "from 1 to 200,000"),
        ("effort", "huge", "none, minimal, low"),
        ("samples", "6", "up to five times"),
        ("samples", "", "up to five times"),
        ("examples", "2", "Take no more than these"),
        ("token_cap", "0", "at least one"),
        ("cost_cap", "much", "amount of dollars"),
        ("cost_cap", "-1", "amount of dollars"),
        ("cost_cap", "1e-99999", "amount of dollars"),
        ("cost_cap", "0.000000001", "amount of dollars"),
        ("cost_cap", "٥", "amount of dollars"),
        ("template", "999999", "no such version"),
        ("mode", "batch", "take batches"),
        ("words", "nothingholdsthis", "No incident of this round fits"),
        ("source", "999999", "not there any more"),
    ],
)
def test_what_cannot_be_had_is_said_beside_it_and_the_form_is_kept(
    lead: TestClient,
    table: Table,
    field: str,
    value: str,
    words: str,
) -> None:
    answer = started(lead, table, **{"token_cap": "777", field: value})

    assert answer.status_code == 422 and words in answer.text
    assert field == "token_cap" or 'value="777"' in answer.text
    assert runs_of(table.session, table.coding_round) == []


def test_without_a_dimension_and_without_so_many_incidents_no_run_starts(
    lead: TestClient,
    table: Table,
) -> None:
    none = lead.post(table.runs_url, data={**typed(table), "dimension_ids": []})
    many = started(lead, table, take="sample", sample_size="3")

    assert none.status_code == 422 and "Tick at least one dimension" in none.text
    assert many.status_code == 422 and "3 of 2 incidents" in many.text


def test_promise_10_the_preview_is_what_is_sent_but_for_the_mark(lead: TestClient, table: Table) -> None:
    second = table.incidents[1]
    page = lead.post(f"{table.runs_url}/preview", data=typed(table, incident=str(second.number))).text
    fragment = lead.post(f"{table.runs_url}/preview", data=typed(table), headers=HTMX).text

    assert SAID in page and second.label in page and "2 of 2" in page
    assert 'id="foreseen"' in fragment and "<html" not in fragment and "Tokens sent" in fragment
    table.ask()
    sent = table.calls()[0]
    mark = sent.user_prompt.split()[1].removesuffix(">>>")
    shown = sent.user_prompt.replace(mark, "0" * 16).replace("<", "&lt;").replace(">", "&gt;")
    assert shown in fragment and f"{len(sent.system_prompt.encode()):,} bytes" in fragment


def test_a_run_starts_only_behind_a_page_that_says_what_it_takes(lead: TestClient, table: Table) -> None:
    page = lead.post(f"{table.runs_url}/confirmation", data=typed(table, samples="2", token_cap="10"))

    assert page.status_code == 200 and "Start this run?" in page.text and "asked 2 times" in page.text
    assert "This may pass the run’s own cap of 10 tokens" in page.text and "unknown: no price" in page.text
    assert 'name="samples" value="2"' in page.text and 'name="seen" value="2"' in page.text
    assert runs_of(table.session, table.coding_round) == []


def test_sent_twice_one_run_starts(lead: TestClient, table: Table) -> None:
    form = typed(table, form_key=str(uuid4()), seen="2", which="all")
    first, second = lead.post(table.runs_url, data=form), lead.post(table.runs_url, data=form)

    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(runs_of(table.session, table.coding_round)) == 1


def test_when_other_incidents_fit_by_now_the_page_asks_again(lead: TestClient, table: Table) -> None:
    answer = started(lead, table, seen="7")

    assert answer.status_code == 409 and "they are 2 now" in answer.text
    assert runs_of(table.session, table.coding_round) == []


def test_a_measured_run_is_asked_for_at_any_time_and_covers_nothing_for_the_coders(
    lead: TestClient,
    table: Table,
) -> None:
    started(lead, table, use="measured")
    started(lead, table)
    assert len(runs_of(table.session, table.coding_round)) == 2
    makers.move_round(table.session, table.lead, table.coding_round, "settling")

    assert started(lead, table, which="all").status_code == 422
    assert started(lead, table, which="all", use="measured").status_code == 303


def test_a_model_of_the_study_is_asked_by_its_own_name(lead: TestClient, table: Table) -> None:
    endpoint = ModelEndpoint(
        study_id=table.lead.study.id, name="Big one", base_url="http://127.0.0.1:8/v1", model="big",
        added_by=table.lead.member.id, takes_batches=True,
    )  # fmt: skip
    table.session.add(endpoint)
    table.session.flush()
    assert "Big one: big at 127.0.0.1:8" in lead.get(f"{table.runs_url}/new").text
    started(lead, table, source=str(endpoint.id), mode="batch")

    run = newest(table)
    assert (run.endpoint_id, run.model, run.mode) == (endpoint.id, "big", "batch")
    table.lead.study.local_models_only = True
    endpoint.base_url = "https://api.example.org/v1"
    table.session.flush()
    assert started(lead, table, source=str(endpoint.id), which="all").status_code == 422


def test_promise_7_what_was_asked_is_in_the_history(lead: TestClient, table: Table) -> None:
    started(lead, table, take="sample", sample_size="1", use="measured")
    asked = table.session.scalars(select(StudyEvent).where(StudyEvent.kind == "suggestions.asked")).one()
    assert asked.details["incidents"] == 1 and asked.details["model"] == "small"
