"""The pages of runs: one, those of a round and of the study, two beside each other, and the instructions."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.base import now
from app.db.session import Database
from app.ledger.accounts import Purse
from app.ledger.actions import CallContext
from app.ledger.gates import Gate, hold_back
from app.ledger.models import CallUnderWay
from app.ledger.under_way import begin
from app.llm.port import Question
from app.settings import Settings
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.batch_models import ModelBatch
from app.suggestions.choosing import Choice
from app.suggestions.comparison import FEWEST_COUNTED
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.queries import PURSE
from app.suggestions.run_plan import RunPlan
from app.suggestions.steering import pause_run
from tests import makers
from tests.suggestions.conftest import SAID, SECRET_NAME, SECRET_REASON, Table, make_table
from tests.support.clients import ClientFor

QUESTION = Question("You code.", "A report of an incident.", {"type": "object"}, "codes")
HTMX = {"HX-Request": "true"}


def measured(table: Table, **says: object) -> SuggestionRun:
    """A second run about the same incidents, whose model says something else."""
    plan = RunPlan("small", choice=Choice(which="all"), is_offered=False)
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, plan)
    table.model = type(table.model)(otherwise=table.reply(**says), name="small")
    table.session.flush()
    table.work(run)
    return run


def two_runs(table: Table) -> tuple[SuggestionRun, SuggestionRun]:
    first = table.ask()
    none = {"quotes": [], "reasoning": "It says so.", "codes": [f"c{table.config.id}"], "new_codes": []}
    return first, measured(table, **{f"d{table.cause.id}": none})


def test_a_run_tells_what_it_froze_and_how_far_it_is(table: Table, client_for: ClientFor) -> None:
    table.ask()
    lead = client_for(table.lead)
    page = lead.get(table.run_url).text
    fragment = lead.get(table.run_url, headers=HTMX).text

    for words in ("temperature 0", "coding-1", "sha256 of the instructions", "only measured", "2 of 2", "Calls"):
        assert (words in page) == (words != "only measured"), words
    assert 'id="run-progress"' in fragment and "<html" not in fragment
    assert SECRET_REASON not in page and SECRET_NAME not in page


def test_incidents_that_came_to_nothing_are_listed_by_state_a_page_at_a_time(
    table: Table, client_for: ClientFor
) -> None:
    run = table.ask()
    for row, state in zip(table.rows(run), ("refused", "cut"), strict=True):
        row.state, row.problem = state, f"It was {state} by the endpoint."
    table.session.flush()
    lead = client_for(table.lead)
    page = lead.get(f"{table.run_url}?state=cut&at=9").text

    assert "0 waiting, 2 failed" in page and "Declined 1" in page and "Cut off 1" in page
    assert "It was cut by the endpoint." in page and "It was refused" not in page
    assert "It was refused" in lead.get(f"{table.run_url}?state=nonsense").text


def test_a_run_is_paused_resumed_and_cancelled_for_good_by_plain_forms(table: Table, client_for: ClientFor) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small")
    lead = client_for(table.lead)
    for act, state in (("pause", "paused"), ("resumption", "running"), ("cancellation", "cancelled")):
        answer = lead.post(f"{table.run_url}/{act}")
        table.session.expire_all()
        assert (answer.status_code, answer.headers["location"], run.state) == (303, table.run_url, state)
    assert "Cancelled 2" in lead.get(table.run_url).text
    assert lead.post(f"{table.run_url}/resumption").status_code == 409


def test_the_studys_page_lists_runs_of_every_round(table: Table, client_for: ClientFor) -> None:
    two_runs(table)
    lead = client_for(table.lead)
    page = lead.get(f"/studies/{table.lead.study.slug}/suggestions").text

    assert page.count("Incidents done, run") == 2 and table.coding_round.name in page and "only measured" in page
    assert "Compare two runs" in lead.get(table.runs_url).text
    assert client_for(table.ada).get(f"/studies/{table.lead.study.slug}/suggestions").status_code == 403


def test_two_runs_beside_each_other_tell_counts_and_agreement_with_n_and_interval(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, how_many=FEWEST_COUNTED)
    first, second = two_runs(table)
    url = f"{table.runs_url}/comparison?one={first.id}&other={second.id}"
    page = client_for(table.lead).get(url).text

    assert "10 incidents done in both" in page and "Krippendorff’s alpha" in page
    assert "10 incidents on which they differ" in page and "Network" in page and "Configuration" in page
    assert SECRET_REASON not in page and "told when the coding of the round has ended" in page
    symptom = client_for(table.lead).get(f"{url}&dimension={table.symptom.id}").text
    assert "They say the same of every incident" in symptom and SECRET_NAME.lower() in symptom


def test_promise_3_counts_of_few_incidents_do_not_tell_what_was_said_of_one(
    table: Table, client_for: ClientFor
) -> None:
    first, second = two_runs(table)
    url = f"{table.runs_url}/comparison?one={first.id}&other={second.id}"
    page = client_for(table.lead).get(url).text
    symptom = client_for(table.lead).get(f"{url}&dimension={table.symptom.id}").text

    assert "2 incidents on which they differ" in page and "told from 10 incidents on" in page
    assert "Network" not in page and "Configuration" not in page and SECRET_NAME.lower() not in symptom


def test_promise_3_what_both_runs_said_is_shown_behind_a_post_that_records_it(
    table: Table, client_for: ClientFor
) -> None:
    first, second = two_runs(table)
    incident = table.incidents[0]
    lead = client_for(table.lead)
    url = f"{table.runs_url}/comparison?one={first.id}&other={second.id}"
    assert SECRET_REASON not in lead.get(f"{url}&opened={incident.id}").text

    form = {"one": first.id, "other": second.id, "incident_id": incident.id, "dimension": table.cause.id}
    answer = lead.post(f"{table.runs_url}/comparison/openings", data=form)
    assert SECRET_REASON in lead.get(answer.headers["location"].split("#")[0]).text
    exposed = {one.subject_id for one in table.exposures(table.lead)} - {None}
    assert exposed == {one.id for one in table.suggestions(incident)}
    assert lead.post(f"{table.runs_url}/comparison/openings", data=form | {"incident_id": 1}).status_code == 404


def test_promise_3_a_prompt_with_examples_is_on_the_page_of_a_run_once_its_reply_was_opened(
    table: Table, client_for: ClientFor
) -> None:
    run = table.ask(limit=1)
    lead, url = client_for(table.lead), f"{table.runs_url}/{run.id}"
    assert SAID in lead.get(url).text
    run.example_incident_ids = [table.incidents[1].id]
    table.session.flush()
    assert SAID not in lead.get(url).text

    lead.post(f"{table.runs_url}/openings", data={"call_id": table.calls()[0].id})
    assert SAID in lead.get(url).text


def test_promise_3_a_lead_who_codes_is_told_nothing_of_what_two_runs_said_while_the_round_runs(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, lead_codes=True)
    first, second = two_runs(table)
    lead = client_for(table.lead)
    url = f"{table.runs_url}/comparison?one={first.id}&other={second.id}"
    form = {"one": first.id, "other": second.id, "incident_id": table.incidents[0].id}

    assert "You code in this round" in lead.get(url).text and "Network" not in lead.get(url).text
    assert lead.post(f"{table.runs_url}/comparison/openings", data=form).status_code == 404
    makers.move_round(session, table.lead, table.coding_round, "settling")
    assert "told from 10" in lead.get(url).text and "nobody decided about any" in lead.get(url).text


@pytest.mark.parametrize("ids", ["one=0&other=0", "one=x&other=y", "", "one=999999999&other=1"])
def test_promise_12_runs_that_are_none_of_the_round_are_not_found(
    table: Table, client_for: ClientFor, ids: str
) -> None:
    table.ask()
    assert client_for(table.lead).get(f"{table.runs_url}/comparison?{ids}").status_code == 404


def test_instructions_are_written_compared_and_previewed(table: Table, client_for: ClientFor) -> None:
    lead: TestClient = client_for(table.lead)
    url = f"/studies/{table.lead.study.slug}/suggestions/templates"
    assert "As Tandem ships it" in lead.get(url).text

    written = lead.post(url, data={"name": "Short", "instructions": "Read the report.\nBe strict."})
    assert written.status_code == 303
    page = lead.get(url).text
    key = page.split("templates/new?version=")[1].split('"')[0]
    assert "Version 1: Short" in page and "Be strict." in page and "&lt;&lt;&lt;report" in page
    altered = lead.get(f"{url}?version={key}&beside=").text
    assert "<ins>" in altered and "From As Tandem ships it to Version 1: Short" in altered
    assert "Be strict." in lead.get(f"{url}/new?version={key}").text

    again = lead.post(url, data={"name": "", "instructions": "Read the report.\nBe strict."})
    blank = lead.post(url, data={"name": "Kept name", "instructions": "  "})
    assert (again.status_code, blank.status_code) == (409, 422) and "Kept name" in blank.text
    assert lead.get(f"{url}?version=99999").status_code == 404


def test_a_run_of_many_incidents_is_a_page_of_counts(table: Table, client_for: ClientFor) -> None:
    incidents = makers.make_incidents(table.session, table.lead, 60)
    many = makers.make_round(table.session, table.lead, [table.ada, table.ben], incidents)
    run = ask_for_suggestions(table.session, table.lead, many, model="small")
    url = f"/studies/{table.lead.study.slug}/rounds/{many.number}/suggestions/{run.id}"
    page = client_for(table.lead).get(url).text

    assert "60 waiting" in page and page.count('<li class="small">') == 50 and "Page 1 of 2" in page
    assert table.session.query(RunIncident).filter_by(run_id=run.id).count() == 60


def test_a_run_whose_endpoint_wants_nobody_says_until_when_and_one_without_a_place_says_so(
    table: Table, client_for: ClientFor
) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small")
    lead = client_for(table.lead)
    pages = (f"{table.runs_url}/{run.id}", table.runs_url, f"/studies/{table.lead.study.slug}/suggestions")
    assert not any("Its endpoint" in lead.get(page).text or "are taken" in lead.get(page).text for page in pages)

    holder, gate = uuid4(), Gate("server", Settings().llm_most_at_once)
    for subject in range(gate.most_at_once):
        context = CallContext(run.study_id, None, "suggest", "run_incident", subject, 1, purse=Purse(PURSE, run.id + 1))
        begin(table.session, context, QUESTION, table.model, holder=holder, lease_seconds=60, gate=gate)
    for page in pages:
        assert f"All {gate.most_at_once} places at its endpoint are taken by other runs" in lead.get(page).text
    table.session.execute(update(CallUnderWay).where(CallUnderWay.subject_id == 0).values(purse_id=run.id))
    assert "are taken by other runs" not in lead.get(pages[0]).text  # it is at work itself

    hold_back(table.session, gate, 90)
    for page in pages:
        assert "asked everybody to wait until <time" in lead.get(page).text
    pause_run(table.session, table.lead, table.coding_round, run.id)
    assert "asked everybody" not in lead.get(pages[0]).text


def test_a_run_as_a_batch_shows_its_batches(table: Table, client_for: ClientFor) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small")
    run.mode = "batch"
    lead, url = client_for(table.lead), f"{table.runs_url}/{run.id}"
    assert "None is filled yet" in lead.get(url).text
    many = [
        ModelBatch(
            study_id=run.study_id, run_id=run.id, token=uuid4(), state="ended", status="completed", questions=500,
            answered=498, failed=1, lost=1, cost_usd=Decimal("1.25"), sent_at=now(), ended_at=now(),
        )
        for _ in range(27)
    ]  # fmt: skip
    out = ModelBatch(
        study_id=run.study_id, run_id=run.id, token=uuid4(), state="created", status="in_progress", questions=312,
        sent_at=now(), due_at=now(), problem="The endpoint is busy.",
    )  # fmt: skip
    table.session.add_all([out, *many])
    table.session.flush()
    table.session.add(
        ModelBatch(study_id=run.study_id, run_id=run.id, token=uuid4(), state="ended", status="expired", expired=4)
    )
    table.session.flush()
    page, fragment = lead.get(url).text, lead.get(url, headers=HTMX).text

    for words in ("in progress", "312", "not known yet", "The endpoint is busy.", "4 expired", "at least $1.25"):
        assert words in page and words in fragment, words
    assert page.index("in progress") < page.index("4 expired")
    assert "498 done, 1 failed, 1 lost" in page
    assert "4 earlier batches: 1,992 done, 4 failed, 4 lost" in page
