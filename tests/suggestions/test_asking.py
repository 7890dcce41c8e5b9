"""One incident of a run: every attempt is in the ledger, and what was paid for is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from hashlib import sha256

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.db.session import Database
from app.jobs import Workplace
from app.ledger.budget import spending
from app.ledger.models import CallUnderWay
from app.llm.port import Answer
from app.llm.problems import ModelBroken, ModelBusy, QuotaExhausted, ReplyCut, ReplyRefused, TextTooLong, WrongKey
from app.llm.scripted import ScriptedModel
from app.problems import NotAllowed
from app.studies.models import Membership, StudyEvent
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.jobs import MOST_PUMPS
from app.suggestions.models import Suggestion
from app.suggestions.policy import LimitNotUsable, NothingToAsk, RoundIsOver
from app.suggestions.pumping import pump
from app.suggestions.queries import counts_of, spent_of
from app.suggestions.steering import cancel_run, pause_run, resume_run
from tests import makers
from tests.suggestions.conftest import SECRET_NAME, Table, words_of
from tests.support.endpoints import settings_with


def answered(words: str, **more: object) -> Answer:
    return Answer(words, "small", {}, output_tokens=7, input_tokens=9, **more)


def test_a_run_offers_codes_for_every_incident_of_the_round(table: Table) -> None:
    run = table.ask()

    assert (run.state, run.source, run.model) == ("done", "model", "small")
    assert [row.state for row in table.rows(run)] == ["done", "done"]
    assert {one.incident_id for one in table.session.scalars(select(Suggestion))} == {i.id for i in table.incidents}
    assert table.of_cause().code_id == table.network.id
    assert table.of_symptom().new_code_name == SECRET_NAME


def test_the_model_becomes_a_member_once_and_the_asking_is_an_event(table: Table) -> None:
    table.ask(limit=1)
    table.ask()

    models = table.session.scalars(select(Membership).where(Membership.kind == "model")).all()
    assert [(one.name, one.role) for one in models] == [("small", "reader")]
    asked = select(func.count()).select_from(StudyEvent).where(StudyEvent.kind == "suggestions.asked")
    assert table.session.scalar(asked) == 2


def test_a_run_is_rows_and_a_few_jobs_however_many_incidents_it_has(table: Table) -> None:
    incidents = makers.make_incidents(table.session, table.lead, 40)
    large = makers.make_round(table.session, table.lead, [table.ada], incidents, name="Large", arm="on_request")
    run = ask_for_suggestions(table.session, table.lead, large, model="small")

    jobs = table.session.execute(text("SELECT task_name, queueing_lock FROM procrastinate_jobs")).all()
    assert {name for name, _ in jobs} == {"suggestions.pump_run"}
    assert len({lock for _, lock in jobs}) == len(jobs) == MOST_PUMPS
    assert [row.incident_id for row in table.rows(run)] == [one.id for one in incidents]


def test_who_asks_again_asks_for_what_is_left(table: Table) -> None:
    first = table.ask(limit=1)
    second = table.ask()

    assert {row.incident_id for row in table.rows(first)}.isdisjoint({row.incident_id for row in table.rows(second)})
    with pytest.raises(NothingToAsk):
        table.ask()


def test_a_limit_is_at_least_one(table: Table) -> None:
    with pytest.raises(LimitNotUsable):
        table.ask(limit=0)


def test_only_the_lead_asks(table: Table) -> None:
    with pytest.raises(NotAllowed):
        ask_for_suggestions(table.session, table.ada, table.coding_round, model="small")


def test_a_round_that_has_left_running_is_not_asked_about(table: Table) -> None:
    makers.move_round(table.session, table.lead, table.coding_round, "settling")
    with pytest.raises(RoundIsOver):
        table.ask()


def test_the_ledger_holds_the_exact_prompts_and_their_hash(table: Table) -> None:
    table.ask(limit=1)

    (call,) = table.calls()
    (question,) = table.model.questions
    assert (call.system_prompt, call.user_prompt) == (question.system, question.user)
    assert call.prompt_sha256 == sha256(question.system.encode() + b"\0" + question.user.encode()).hexdigest()
    assert (call.attempt, call.outcome, call.member_id) == (1, "valid", table.lead.member.id)
    assert call.raw_answer and call.input_tokens and call.output_tokens and call.seconds is not None
    assert call.price_table.startswith("genai-prices")
    assert call.cost_usd is None or isinstance(call.cost_usd, Decimal)


def test_a_code_that_is_still_private_does_not_leave_to_the_model(table: Table) -> None:
    bens = makers.assignment_of(table.session, table.ben, table.coding_round, table.incidents[0])
    makers.act(table.session, table.ben, bens, "create_code", dimension_id=table.symptom.id, name="Bens secret idea")
    table.ask()

    assert "Slow answers" in words_of(table.model.questions[0])
    assert not any("Bens secret idea" in words_of(question) for question in table.model.questions)


def test_what_was_malformed_is_asked_for_once_more_and_the_rest_is_kept(table: Table) -> None:
    broken = table.reply(**{f"d{table.cause.id}": {"codes": {"c1": True}}})
    table.ask(broken, limit=1)

    calls = table.calls()
    assert [(call.purpose, call.outcome, call.attempt) for call in calls] == [
        ("suggest", "partly_valid", 1),
        ("repair", "valid", 2),
    ]
    assert table.of_symptom().model_call_id == calls[0].id
    assert table.of_cause().model_call_id == calls[1].id


def test_a_reply_that_stays_unreadable_is_kept_and_the_incident_fails(table: Table) -> None:
    run = table.ask("No JSON at all", "Nor here", limit=1)

    assert [(call.outcome, call.raw_answer) for call in table.calls()] == [
        ("invalid", "No JSON at all"),
        ("invalid", "Nor here"),
    ]
    assert [row.state for row in table.rows(run)] == ["invalid"]
    assert table.suggestions() == [] and run.state == "done"


def test_a_busy_model_is_asked_again_when_it_says(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    table.model = ScriptedModel(ModelBusy(retry_after_seconds=7), otherwise=table.reply(), name="small")

    assert table.work(run) == [7]
    assert [(row.state, row.attempts) for row in table.rows(run)] == [("waiting", 1)]
    assert table.work(run) == []
    assert [(call.outcome, call.attempt) for call in table.calls()] == [("failed", 1), ("valid", 2)]
    assert run.state == "done"


def test_a_broken_model_is_given_up_after_five_attempts(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    table.model = ScriptedModel(otherwise=ModelBroken("boom"), name="small")

    waits = [wait for _ in range(6) for wait in table.work(run)]

    assert waits == [2, 4, 8, 16]
    (row,) = table.rows(run)
    assert (row.state, row.attempts, len(table.calls())) == ("failed", 5, 5)
    assert "boom" in row.problem and run.state == "done"


@pytest.mark.parametrize("problem", [QuotaExhausted("nothing left"), WrongKey()])
def test_no_quota_or_a_wrong_key_pauses_the_run_and_says_why(table: Table, problem: Exception) -> None:
    run = table.ask(problem)

    assert run.state == "paused" and run.problem == problem.sentence
    assert {row.state for row in table.rows(run)} == {"waiting"}
    assert len(table.calls()) == 1

    resume_run(table.session, table.lead, table.coding_round, run.id)
    table.work(run)
    assert run.state == "done" and len(table.suggestions()) == 2


def test_another_model_in_the_settings_pauses_the_run(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="large", limit=1)
    table.work(run)

    assert run.state == "paused" and "large" in run.problem and "small" in run.problem
    assert table.calls() == []


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (ReplyRefused(answered("", refusal="I would rather not"), "I would rather not"), "refused"),
        (ReplyCut(answered('{"d1')), "cut"),
        (TextTooLong(), "failed"),
    ],
)
def test_what_cannot_be_had_fails_at_once_with_a_sentence(table: Table, problem: Exception, outcome: str) -> None:
    run = table.ask(problem, limit=1)

    (row,), (call,) = table.rows(run), table.calls()
    assert (row.state, call.outcome) == (outcome, outcome)
    assert row.problem and "rather not" not in row.problem
    if outcome != "failed":
        assert call.output_tokens == 7


def test_failed_ones_are_asked_again_when_the_lead_wants_it(table: Table) -> None:
    run = table.ask("No JSON", "No JSON", limit=1)
    resume_run(table.session, table.lead, table.coding_round, run.id)
    table.work(run)

    assert [row.state for row in table.rows(run)] == ["done"]
    assert [call.attempt for call in table.calls()] == [1, 2, 3]


def test_a_job_run_twice_asks_once(table: Table) -> None:
    run = table.ask(limit=1)
    (row,) = table.rows(run)
    suggest_for_incident(table.database, table.model, study_id=run.study_id, run_id=run.id, incident_id=row.incident_id)

    assert len(table.calls()) == 1 and len(table.suggestions()) == 2


UNTIL_IT_LEAVES, UNTIL_FIRST_ANSWER = 4, 5  # transactions


class Killed(Exception):
    """The worker was killed here."""


class DyingDatabase(Database):
    """Its process is killed when it begins one transaction too many."""

    def __init__(self, alive: Database, transactions: int) -> None:
        super().__init__(alive.bind)
        self.left = transactions

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        if not self.left:
            raise Killed
        self.left -= 1
        with super().transaction() as session:
            yield session


def test_after_a_crash_between_answer_and_writing_the_paid_reply_is_read_from_the_ledger(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    (row,) = table.rows(run)
    broken, mending = table.reply(**{f"d{table.cause.id}": {"codes": {"c1": True}}}), table.reply()
    share = {"study_id": run.study_id, "run_id": run.id, "incident_id": row.incident_id}

    table.model = ScriptedModel(broken, mending, name="small")  # a third question would be an error
    with pytest.raises(Killed):
        suggest_for_incident(DyingDatabase(table.database, UNTIL_FIRST_ANSWER), table.model, **share)
    table.session.expire_all()
    assert table.suggestions() == [] and row.state == "waiting"

    suggest_for_incident(table.database, table.model, **share)
    table.session.expire_all()
    assert row.state == "done" and [call.outcome for call in table.calls()] == ["partly_valid", "valid"]
    offered_by = (table.of_symptom().model_call_id, table.of_cause().model_call_id)
    assert offered_by == tuple(call.id for call in table.calls())


def test_a_call_whose_worker_was_killed_is_lost_counted_and_made_again(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    (row,) = table.rows(run)
    table.model = ScriptedModel(otherwise=table.reply(), name="small")
    share = {"study_id": run.study_id, "run_id": run.id, "incident_id": row.incident_id}
    for _ in range(2):
        with pytest.raises(Killed):
            suggest_for_incident(DyingDatabase(table.database, UNTIL_IT_LEAVES), table.model, **share)
    held = spending(table.session, run.study_id)
    assert held.reserved > 0 and len(table.calls()) == 1  # of the second nobody knows yet that it was lost

    suggest_for_incident(table.database, table.model, **share)
    table.session.expire_all()
    assert [(call.outcome, call.attempt) for call in table.calls()] == [("lost", 1), ("lost", 2), ("valid", 3)]
    assert [call.user_prompt for call in table.calls()] == [question.user for question in table.model.questions]
    spent = spending(table.session, run.study_id)
    assert spent.reserved == 0 and spent.untold > 2 * 8_000 and (row.state, row.attempts) == ("done", 3)
    counted = spent_of(table.session, run)
    assert (counted.calls, counted.lost) == (3, 2) and counted.is_partial
    assert counts_of(table.session, run)["done"] == 1


@pytest.mark.parametrize("steered", [pause_run, cancel_run])
def test_promise_10_what_was_under_way_in_a_run_that_nobody_goes_on_with_reserves_nothing_for_ever(
    table: Table, steered: Callable[..., None]
) -> None:
    """Its worker was killed, and a lead paused or cancelled the run before anybody took the incident up again."""
    session = table.session
    run = ask_for_suggestions(session, table.lead, table.coding_round, model="small", limit=1)
    (row,) = table.rows(run)
    table.model = ScriptedModel(otherwise=table.reply(), name="small")
    share = {"study_id": run.study_id, "run_id": run.id, "incident_id": row.incident_id}
    with pytest.raises(Killed):
        suggest_for_incident(DyingDatabase(table.database, UNTIL_IT_LEAVES), table.model, **share)
    steered(session, table.lead, table.coding_round, run.id)
    work = partial(pump, Workplace(table.database, settings_with()), study_id=run.study_id, run_id=run.id)

    assert work() is not None and table.calls() == [], "its maker may be alive"
    session.execute(update(CallUnderWay).values(leased_until=func.clock_timestamp()))
    assert work() is None
    session.expire_all()
    (lost,) = table.calls()
    held = spending(session, run.study_id)
    assert (lost.outcome, row.attempts, held.reserved) == ("lost", 1, 0) and held.untold > 8_000
    if steered is pause_run:
        resume_run(session, table.lead, table.coding_round, run.id)
        suggest_for_incident(table.database, table.model, **share)
        session.expire_all()
        assert (row.state, [call.attempt for call in table.calls()]) == ("done", [1, 2])


def test_who_is_killed_each_time_gives_the_incident_up(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    (row,) = table.rows(run)
    table.model = ScriptedModel(otherwise=table.reply(), name="small")
    share = {"study_id": run.study_id, "run_id": run.id, "incident_id": row.incident_id}
    for _ in range(5):
        with pytest.raises(Killed):
            suggest_for_incident(DyingDatabase(table.database, UNTIL_IT_LEAVES), table.model, **share)
    suggest_for_incident(table.database, table.model, **share)
    table.session.expire_all()
    assert row.state == "failed" and [call.outcome for call in table.calls()] == ["lost"] * 5


def test_a_code_id_that_nobody_knows_is_kept_as_what_it_is(table: Table) -> None:
    strange = {"quotes": [], "reasoning": "r", "codes": ["c999999"], "new_codes": []}
    table.ask(table.reply(**{f"d{table.cause.id}": strange}), limit=1)

    assert table.of_cause().code_id is None and table.of_cause().new_code_name == "c999999"
