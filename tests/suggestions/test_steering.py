"""Pausing, resuming, cancelling a run and asking again for what came to nothing: each an event, heeded at once."""

import pytest
from sqlalchemy import select

from app.ledger.endpoint_actions import EndpointPlan, change_endpoint, fingerprint_of, retire_endpoint
from app.llm.problems import ReplyRefused
from app.llm.scripted import ScriptedModel
from app.problems import NotAllowed, NotFound
from app.studies.models import Study, StudyEvent
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import SuggestionRun
from app.suggestions.policy import NothingToAsk, NotPaused, NotRunning, RoundIsOver, RunIsOver
from app.suggestions.queries import counts_of
from app.suggestions.run_plan import RunPlan
from app.suggestions.shown_runs import shown_runs
from app.suggestions.steering import cancel_run, pause_run, resume_run, retry_failed
from tests import makers
from tests.suggestions.conftest import Table
from tests.suggestions.test_asking import answered
from tests.support.endpoints import make_endpoint, settings_with


def begun(table: Table, *, limit: int | None = None) -> SuggestionRun:
    table.model = ScriptedModel(otherwise=table.reply(), name="small")
    return ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=limit)


def events(table: Table) -> list[str]:
    wanted = select(StudyEvent.kind).where(StudyEvent.kind.like("suggestions.%")).order_by(StudyEvent.id)
    return list(table.session.scalars(wanted))


def test_a_paused_run_asks_nothing_until_it_is_resumed(table: Table) -> None:
    run = begun(table)
    steer = (table.session, table.lead, table.coding_round, run.id)
    pause_run(*steer)
    table.work(run)
    assert run.state == "paused" and table.model.questions == []
    with pytest.raises(NotRunning):
        pause_run(*steer)

    resume_run(*steer)
    table.work(run)
    assert run.state == "done" and len(table.model.questions) == 2
    assert events(table) == ["suggestions.asked", "suggestions.paused", "suggestions.resumed"]


def test_a_run_that_is_paused_while_a_call_is_under_way_keeps_its_answer_and_stops(table: Table) -> None:
    run = begun(table)

    def pausing(_: object) -> dict[str, object]:
        pause_run(table.session, table.lead, table.coding_round, run.id)
        return table.reply()

    table.model = ScriptedModel(pausing, name="small")  # a second question would be an error
    table.work(run)
    assert run.state == "paused" and counts_of(table.session, run) | {"done": 1, "waiting": 1} == counts_of(
        table.session, run
    )


def test_a_cancelled_run_is_over_and_keeps_what_was_suggested(table: Table) -> None:
    run = begun(table)
    steer = (table.session, table.lead, table.coding_round, run.id)

    def cancelling(_: object) -> dict[str, object]:
        cancel_run(*steer)
        return table.reply()

    table.model = ScriptedModel(table.reply(), cancelling, name="small")
    table.work(run)
    counts = counts_of(table.session, run)
    assert run.state == "cancelled" and run.ended_at and (counts["done"], counts["cancelled"]) == (1, 1)
    assert [call.outcome for call in table.calls()] == ["valid", "valid"]  # paid for, so the ledger has it
    assert len(table.suggestions(table.incidents[0])) == 2 and table.suggestions(table.incidents[1]) == []
    for steered in (cancel_run, retry_failed):
        with pytest.raises(RunIsOver):
            steered(*steer)
    with pytest.raises(NotPaused):
        resume_run(*steer)


def test_what_came_to_nothing_is_asked_again_and_nothing_else(table: Table) -> None:
    run = begun(table)
    steer = (table.session, table.lead, table.coding_round, run.id)
    table.model = ScriptedModel(ReplyRefused(answered("", refusal="No")), otherwise=table.reply(), name="small")
    table.work(run)
    assert (run.state, counts_of(table.session, run)["refused"]) == ("done", 1)

    retry_failed(*steer)
    table.work(run)
    assert (run.state, counts_of(table.session, run)["done"], len(table.model.questions)) == ("done", 2, 3)
    with pytest.raises(NothingToAsk):
        retry_failed(*steer)
    assert events(table)[-1] == "suggestions.retried"


@pytest.mark.parametrize("change", ["retired", "moved", "capped"])
def test_promise_10_what_a_lead_changes_about_a_model_or_a_cap_is_heeded_by_the_next_call(
    table: Table, change: str
) -> None:
    session, lead = table.session, table.lead
    endpoint = make_endpoint(session, lead, model="small")
    plan = RunPlan("small", endpoint_id=endpoint.id, samples=3)
    run = ask_for_suggestions(session, lead, table.coding_round, plan)

    def changing(_: object) -> dict[str, object]:
        if change == "retired":
            retire_endpoint(session, lead, endpoint.id)
        elif change == "moved":
            moved = EndpointPlan(endpoint.name, "http://127.0.0.1:10/v1", "small")
            change_endpoint(session, lead, settings_with(), endpoint.id, moved, seen=fingerprint_of(endpoint))
        else:
            session.get_one(Study, lead.study.id).token_cap = 10**9
        session.flush()
        return table.reply()

    model = ScriptedModel(changing, name="small")  # a second question would be an error
    incident_id = table.incidents[0].id
    suggest_for_incident(table.database, model, study_id=run.study_id, run_id=run.id, incident_id=incident_id)
    assert (run.state, len(model.questions), counts_of(session, run)["waiting"]) == ("running", 1, 2)


def test_only_leads_steer_and_only_runs_of_the_round(table: Table) -> None:
    run = begun(table)
    for steered in (pause_run, resume_run, cancel_run, retry_failed):
        with pytest.raises(NotAllowed):
            steered(table.session, table.ada, table.coding_round, run.id)
        with pytest.raises(NotFound):
            steered(table.session, table.lead, table.coding_round, run.id + 999)


def test_what_coders_are_offered_is_not_asked_for_after_they_have_coded(table: Table) -> None:
    run = begun(table)
    pause_run(table.session, table.lead, table.coding_round, run.id)
    makers.move_round(table.session, table.lead, table.coding_round, "settling")
    with pytest.raises(RoundIsOver):
        resume_run(table.session, table.lead, table.coding_round, run.id)
    run.is_offered = False
    resume_run(table.session, table.lead, table.coding_round, run.id)
    table.work(run)
    assert run.state == "done"
    assert shown_runs(table.session, table.adas, table.ada.member.id, [table.cause.id]) == {}
