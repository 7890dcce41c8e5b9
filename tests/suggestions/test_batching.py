"""Runs as batches: a real worker's steps over a local server that takes files and batches as documented."""

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from app.db.session import Database
from app.jobs.running import run_waiting_jobs
from app.ledger.accounts import account_of
from app.ledger.budget import spending
from app.ledger.endpoint_actions import retire_endpoint
from app.ledger.models import CallUnderWay, ModelCall
from app.llm.openai_batch import OpenAIBatches
from app.llm.openai_model import OpenAIModel
from app.settings import Settings
from app.studies.models import Study
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.batch_filling import fill
from app.suggestions.batch_models import BatchLine, ModelBatch
from app.suggestions.batch_taking import Taker, take_in
from app.suggestions.batching import Batcher, go_on
from app.suggestions.jobs import defer_run
from app.suggestions.material import material_of
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.steering import cancel_run, pause_run, resume_run
from app.worker import TASKS
from tests import makers
from tests.suggestions.conftest import Table, make_table
from tests.support.batch_server import BatchServer
from tests.support.coding_replies import first_codes
from tests.support.endpoints import make_endpoint, settings_with
from tests.support.openai_server import Behaviour, Broken, Cut, Refuses, Response, Says
from tests.support.workers import started, wait_until, working

HALF = Decimal("0.5")
assert TASKS  # the tasks are known to the queue


class Killed(BaseException):
    """What SIGKILL leaves: nothing more is done, and no transaction is committed."""


@dataclass
class Place:
    table: Table
    database: Database
    server: BatchServer
    run_id: int

    def batcher(self, **changes: Any) -> Batcher:
        with self.database.transaction() as session:
            material = material_of(session, session.get_one(SuggestionRun, self.run_id))
        taker = Taker(material, self.model, OpenAIBatches(self.model), HALF)
        return replace(Batcher(self.database, taker, first_look_seconds=0.001, step_seconds=0.001), **changes)

    def goes_on(self, times: int = 12, **changes: Any) -> None:
        """As a worker would, each time with a new one."""
        for _ in range(times):
            with self.database.transaction() as session:
                session.execute(update(ModelBatch).values(due_at=func.clock_timestamp()))
            if go_on(self.batcher(**changes)) is None:
                return

    def all(self, kind: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            found = list(session.scalars(select(kind).order_by(kind.id)))
            session.expunge_all()
            return found

    def states(self) -> dict[str, int]:
        with self.database.reading() as session:
            rows = session.execute(select(RunIncident.state, func.count()).group_by(RunIncident.state))
            return dict(rows.all())

    @cached_property
    def model(self) -> OpenAIModel:
        return OpenAIModel(base_url=self.server.base_url, api_key=self.server.api_key, model="small")

    @property
    def run(self) -> SuggestionRun:
        return self.all(SuggestionRun)[0]  # type: ignore[no-any-return]

    def steer(self, how: Callable[..., None]) -> None:
        with self.database.transaction() as session:
            how(session, self.table.lead, session.merge(self.table.coding_round), self.run_id)

    def assert_settled(self) -> None:
        """Nothing is under way or reserved, and the ledger has what the server was paid for, once each."""
        with self.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(CallUnderWay)) == 0
            account = account_of(session, self.table.lead.study.id, "suggestion_run", self.run_id)
            calls = session.scalars(select(ModelCall)).all()
            paid = [call for call in calls if call.input_tokens is not None]
            assert account is not None and account.reserved_tokens == 0 and account.untold_tokens == 0
            assert account.calls == len(calls)
            assert account.input_tokens + account.output_tokens == sum(
                (call.input_tokens or 0) + (call.output_tokens or 0) for call in paid
            )
        assert len(self.server.said) == len(set(self.server.said)) == len(paid)


Making = Callable[..., Place]


class Holds(BatchServer):
    """Has done what it was asked, and does not say so until it is let go on: once at each of these acts, in turn."""

    def __init__(self, *behaviours: Behaviour, acts: list[str], **options: Any) -> None:
        super().__init__(*behaviours, **options)
        self._acts = acts
        self.reached, self.let_go = threading.Event(), threading.Event()

    def respond_to(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        response = super().respond_to(method, path, headers, body)
        if self._acts and re.fullmatch(self._acts[0], f"{method} {path}"):
            self._acts.pop(0)
            self.reached.set()
            self.let_go.wait(30)
        return response


@pytest.fixture
def place(own_database: URL) -> Iterator[Making]:
    database = Database.at(own_database.render_as_string(hide_password=False))
    servers: list[BatchServer] = []

    def made(
        *behaviours: Behaviour,
        incidents: int = 4,
        samples: int = 1,
        kind: type[BatchServer] = BatchServer,
        **server: Any,
    ) -> Place:
        started = kind(*behaviours, otherwise=Says(first_codes), **server)
        servers.append(started)
        started.__enter__()
        with database.transaction() as session:
            table = make_table(session, database)
            more = makers.make_incidents(session, table.lead, incidents - 2) if incidents > 2 else []
            coding_round = makers.make_round(session, table.lead, [table.ada], [*table.incidents, *more])
            run = ask_for_suggestions(session, table.lead, coding_round, model="small")
            run.mode, run.samples = "batch", samples
            table.coding_round = coding_round
            session.flush()
            return Place(table, database, started, run.id)

    yield made
    for each in servers:
        each.__exit__(None, None, None)
    database.dispose()


def test_a_run_as_a_batch_ends_with_every_incident_suggested_for_at_its_share_of_the_price(place: Making) -> None:
    there = place(looks=2)
    there.goes_on()

    assert there.run.state == "done" and there.states() == {"done": 4}
    there.assert_settled()
    [batch] = there.all(ModelBatch)
    assert (batch.state, batch.status, batch.problem) == ("ended", "completed", "")
    assert (batch.questions, batch.answered, batch.unpriced, batch.lost) == (4, 4, 4, 0)
    calls = there.all(ModelCall)
    assert {call.outcome for call in calls} == {"valid"} and len(calls) == 4
    assert all("× 0.5 as a batch" in call.price_table and call.request_id for call in calls)
    assert calls[0].parameters["temperature"] == 0 and calls[0].parameters["schema"] == "incident_codes"
    assert all(line.question == "" and line.answered_at for line in there.all(BatchLine))
    assert there.server.files == {}  # nothing is left at the endpoint
    assert {one.model_call_id for one in there.all(Suggestion)} == {call.id for call in calls}
    systems = {request["messages"][0]["content"] for request in there.server.requests}
    assert len(systems) == 1


def test_what_cannot_be_read_is_mended_in_the_next_batch_and_refusals_are_states(place: Making) -> None:
    there = place(Says("no JSON"), Refuses(), Cut(), looks=0)
    there.goes_on()

    assert there.run.state == "done" and there.states() == {"done": 2, "refused": 1, "cut": 1}
    assert len(there.all(ModelBatch)) == 2
    assert sorted(call.purpose for call in there.all(ModelCall)) == ["repair", *["suggest"] * 4]
    there.assert_settled()


def test_expired_failed_and_forgotten_lines_go_back_to_the_queue(place: Making) -> None:
    there = place(Broken(500), Says(first_codes), Says(first_codes), looks=0, expire_after=3, forget_lines=[1])
    there.goes_on()

    assert there.run.state == "done" and there.states() == {"done": 4}
    first, second = there.all(ModelBatch)
    assert (first.questions, first.answered, first.failed, first.expired) == (4, 1, 1, 2)
    assert (second.questions, second.answered) == (3, 3)
    outcomes = [call.outcome for call in there.all(ModelCall)]
    assert sorted(outcomes) == ["failed"] * 3 + ["valid"] * 4
    there.assert_settled()


def test_several_samples_of_an_incident_go_in_one_batch(place: Making) -> None:
    there = place(incidents=2, samples=3, looks=0)
    there.goes_on()

    assert there.run.state == "done" and len(there.all(ModelBatch)) == 1
    assert sorted(call.sample for call in there.all(ModelCall)) == [1, 1, 2, 2, 3, 3]
    assert {(one.held_by, one.samples) for one in there.all(Suggestion)} == {(3, 3)}
    there.assert_settled()


def test_files_are_of_bounded_size(place: Making) -> None:
    there = place(incidents=5, looks=0)
    there.goes_on(most_incidents=2)

    assert len(there.all(ModelBatch)) == 3 and there.states() == {"done": 5}
    there.assert_settled()


def test_the_results_of_a_file_are_taken_in_once_however_often_it_is_read(place: Making) -> None:
    there = place(looks=0)
    there.goes_on(times=1)  # uploaded and created; the first look comes later
    batcher, [batch] = there.batcher(), there.all(ModelBatch)
    file_id = batcher.taker.batches.look(batch.batch_id).output_file_id
    results = list(batcher.taker.batches.results(file_id))
    seen = []
    for _ in range(2):
        with there.database.transaction() as session:
            take_in(session, batcher.taker, batch, [*results, *results])
        seen.append((len(there.all(ModelCall)), len(there.all(Suggestion)), there.states()))

    assert seen[0] == seen[1] == (4, len(there.all(Suggestion)), {"done": 4})
    there.goes_on()
    assert there.run.state == "done"
    there.assert_settled()


@pytest.mark.parametrize("where", ["after the upload", "after the creation", "in the middle of taking in"])
def test_a_worker_killed_between_two_steps_loses_nothing_and_pays_nothing_twice(place: Making, where: str) -> None:
    there = place(incidents=6, looks=0)
    batcher = there.batcher()
    killed = KilledAt(batcher.taker.batches, where)
    with pytest.raises(Killed):
        for _ in range(5):
            with there.database.transaction() as session:
                session.execute(update(ModelBatch).values(due_at=func.clock_timestamp()))
            go_on(replace(batcher, taker=replace(batcher.taker, batches=killed)))
    there.goes_on()

    assert there.run.state == "done" and there.states() == {"done": 6}
    assert len(there.server.batches) == 1 and there.server.asked.count("POST /v1/files") == 1
    assert len(there.all(ModelCall)) == 6
    there.assert_settled()


class KilledAt:
    """The endpoint's batches, seen by a worker that dies right after an act there and before it can write it down."""

    def __init__(self, batches: OpenAIBatches, where: str) -> None:
        self._batches, self._where = batches, where

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batches, name)

    def upload(self, *args: Any) -> str:
        return self._then_dies(self._batches.upload(*args), "after the upload")

    def create(self, *args: Any) -> Any:
        return self._then_dies(self._batches.create(*args), "after the creation")

    def results(self, file_id: str) -> Iterator[Any]:
        for place, result in enumerate(self._batches.results(file_id)):
            if place == 3 and self._where == "in the middle of taking in":
                raise Killed
            yield result

    def _then_dies(self, done: Any, where: str) -> Any:
        if self._where == where:
            raise Killed
        return done


def test_a_cancelled_run_cancels_its_batch_and_settles_what_was_reserved(place: Making) -> None:
    there = place(looks=5)
    there.goes_on(times=2)
    assert there.all(CallUnderWay)
    there.steer(cancel_run)
    there.goes_on()

    assert "POST /v1/batches/batch_1/cancel" in there.server.asked
    assert there.run.state == "cancelled" and there.states() == {"cancelled": 4}
    assert there.all(Suggestion) == [] and {call.outcome for call in there.all(ModelCall)} == {"failed"}
    there.assert_settled()


def test_promise_10_a_cancelled_run_whose_endpoint_is_gone_reserves_nothing_for_ever(
    place: Making, own_database: URL
) -> None:
    there = place(looks=5)
    with there.database.transaction() as session:
        endpoint = make_endpoint(session, there.table.lead, base_url=there.server.base_url, takes_batches=True)
        session.get_one(SuggestionRun, there.run_id).endpoint_id = endpoint.id
    there.goes_on(times=2)
    assert there.all(CallUnderWay)
    with there.database.transaction() as session:
        retire_endpoint(session, there.table.lead, endpoint.id)
    there.steer(cancel_run)
    with there.database.transaction() as session:
        defer_run(session, session.get_one(SuggestionRun, there.run_id), incidents=4)
    run_waiting_jobs(settings_with().model_copy(update={"database_url": own_database.render_as_string(False)}))

    with there.database.reading() as session:
        held = spending(session, there.table.lead.study.id)
    assert (held.reserved, held.untold > 0, there.all(CallUnderWay)) == (0, True, [])
    assert {call.outcome for call in there.all(ModelCall)} == {"lost"} and there.all(ModelBatch)[0].state == "ended"


def test_a_batch_that_its_endpoint_does_not_know_any_more_is_lost_once_the_run_is_cancelled(place: Making) -> None:
    there = place(looks=0)
    there.goes_on(times=1)
    there.server.batches.clear()
    there.goes_on(times=2)
    assert there.run.state == "paused" and "does not know this batch" in there.run.problem
    assert len(there.all(CallUnderWay)) == 4  # the address or the key may be another one than before
    there.steer(cancel_run)
    there.goes_on()

    [batch] = there.all(ModelBatch)
    assert (batch.state, batch.questions, batch.lost) == ("ended", 4, 4)
    assert [call.outcome for call in there.all(ModelCall)] == ["lost"] * 4 and not there.all(CallUnderWay)
    with there.database.reading() as session:
        account = account_of(session, there.table.lead.study.id, "suggestion_run", there.run_id)
        assert account is not None and account.reserved_tokens == 0
        assert account.lost == 4 and account.untold_tokens > 4 * 8_000


def test_a_run_that_was_cancelled_before_its_batch_was_sent_sends_nothing(place: Making) -> None:
    there = place()
    batcher = there.batcher()
    with there.database.transaction() as session:
        fill(session, batcher.taker.material, batcher.taker.model, price_share=HALF)
    there.steer(cancel_run)
    there.goes_on()

    assert there.server.files == {} and there.server.batches == {}
    there.assert_settled()


def test_a_paused_run_takes_in_what_is_out_and_fills_nothing_more(place: Making) -> None:
    there = place(incidents=4, looks=1)
    there.goes_on(times=1, most_incidents=4)
    there.steer(pause_run)
    there.goes_on()

    assert there.run.state == "paused" and there.states() == {"done": 4}
    there.assert_settled()


def test_the_budget_is_reserved_for_the_whole_batch_and_never_passed(place: Making) -> None:
    there = place(incidents=6, looks=0)
    with there.database.transaction() as session:
        session.execute(update(Study).values(token_cap=30_000))  # a call may take some 9,500 at most
    there.goes_on(times=1)
    with there.database.reading() as session:
        account = account_of(session, there.table.lead.study.id, "study", there.table.lead.study.id)
        assert account is not None and 0 < account.reserved_tokens <= 30_000
    assert 1 <= len(there.all(CallUnderWay)) < 6
    there.goes_on()

    assert there.states()["done"] >= 3  # what came back left room for more
    there.assert_settled()


@pytest.mark.parametrize(("code", "state"), [("token_limit_exceeded", "done"), ("invalid_json_line", "paused")])
def test_a_batch_that_the_endpoint_does_not_take_puts_its_questions_back(place: Making, code: str, state: str) -> None:
    there = place(looks=0, refuse=[code])
    there.goes_on()

    assert there.run.state == state
    if state == "paused":
        assert code in there.run.problem and there.states() == {"waiting": 4}
        there.steer(resume_run)
        there.goes_on()
    assert there.states() == {"done": 4}
    there.assert_settled()


def test_trouble_on_the_way_is_waited_out_and_a_wrong_key_pauses_the_run(place: Making) -> None:
    there = place(looks=0)
    broken = Response(500, {"error": {"message": "Broken."}})
    there.server.before_answer = {"POST /v1/files": [broken], "POST /v1/batches": [broken, broken]}
    there.goes_on()
    assert there.run.state == "done" and there.states() == {"done": 4}
    there.assert_settled()


def test_a_wrong_key_pauses_the_run_and_the_batch_waits(place: Making) -> None:
    there = place(looks=0)
    wrong = OpenAIModel(base_url=there.server.base_url, api_key="sk-wrong-key", model="small")
    batcher = there.batcher()
    go_on(replace(batcher, taker=replace(batcher.taker, model=wrong, batches=OpenAIBatches(wrong))))

    assert there.run.state == "paused" and "key" in there.run.problem
    there.steer(resume_run)
    there.goes_on()
    assert there.states() == {"done": 4}
    there.assert_settled()


def test_a_worker_works_the_batches_off_and_its_pumps_leave_them_alone(place: Making, own_database: URL) -> None:
    there = place(looks=1)
    url = own_database.render_as_string(hide_password=False)
    endpoint = {"llm_base_url": there.server.base_url, "llm_api_key": there.server.api_key, "llm_model": "small"}
    settings = Settings(database_url=url, worker_concurrency=1, llm_batch_look_seconds=0.05, **endpoint)  # type: ignore[arg-type]
    with there.database.transaction() as session:
        defer_run(session, session.get_one(SuggestionRun, there.run_id), incidents=4)
    deadline = time.monotonic() + 30
    while there.run.state == "running" and time.monotonic() < deadline:
        run_waiting_jobs(settings)

    assert there.run.state == "done" and there.states() == {"done": 4}
    assert there.server.asked.count("POST /v1/batches") == 1 and len(there.server.requests) == 4
    # Nobody told what a batch costs here, so the ledger says that it is not known.
    assert all(call.cost_usd is None and "not known" in call.price_table for call in there.all(ModelCall))
    there.assert_settled()


def test_batch_workers_that_are_killed_with_sigkill_between_two_steps_pay_nothing_twice(
    place: Making, own_database: URL
) -> None:
    """Right after the endpoint took the file, right after it made the batch, and while the results are on their way."""
    acts = ["POST /v1/files", "POST /v1/batches", "GET /v1/files/file-out-.*/content"]
    there = place(incidents=6, looks=0, kind=Holds, acts=list(acts))
    assert isinstance(there.server, Holds)
    endpoint = {"llm_base_url": there.server.base_url, "llm_api_key": there.server.api_key, "llm_model": "small"}
    quick = {"llm_batch_look_seconds": 0.05, "llm_batch_step_seconds": 0.5, "worker_concurrency": 1}
    settings = {**endpoint, **quick, "stalled_job_seconds": 1, "stalled_job_check_seconds": 0.2}
    with there.database.transaction() as session:
        defer_run(session, session.get_one(SuggestionRun, there.run_id), incidents=6)
    url = own_database.render_as_string(hide_password=False)
    with working(url, settings, how_many=1) as workers:
        for _ in acts:
            assert there.server.reached.wait(60)
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()
            there.server.reached.clear()
            workers[0] = started(url, settings)
        wait_until(lambda: there.run.state == "done", 60)
        there.server.let_go.set()

    assert there.states() == {"done": 6}
    assert [there.server.asked.count(act) for act in acts[:2]] == [1, 1] and len(there.server.batches) == 1
    calls = there.all(ModelCall)
    assert [call.outcome for call in calls] == ["valid"] * 6 and len(there.server.said) == 6
    [batch] = there.all(ModelBatch)
    assert (batch.questions, batch.answered, batch.lost) == (6, 6, 0)
    there.assert_settled()
