"""Two connections at once. Each test has a database of its own, since nothing here is rolled back."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import URL, func, select

from app.coding.acts import ActAnswer, ActNotYours, ActRequest, StaleAct, perform
from app.coding.exposures import expose
from app.coding.models import Act, CodeApplication, Exposure, Submission
from app.coding.policy import Withdrawn, check_may_act
from app.coding.round_changes import NothingToMove, add_coder, reassign, remove_coder
from app.db.session import Database
from app.problems import Problem
from app.rounds.actions import change_phase
from app.rounds.policy import RoundNotRunning
from app.rounds.queries import own_assignment
from app.studies.models import StudyEvent
from tests.coding.conftest import Bench, make_bench

SOON = 0.3  # seconds in which something that does not wait would be done


@dataclass
class Shared:
    database: Database
    bench: Bench  # made and committed by another connection
    threads: ThreadPoolExecutor

    def perform(self, request: ActRequest, *, by_ben: bool = False) -> ActAnswer | Problem:
        viewer, assignment = (self.bench.ben, self.bench.bens) if by_ben else (self.bench.ada, self.bench.adas)
        try:
            with self.database.transaction() as session:
                return perform(session, viewer, assignment.id, request)
        except Problem as problem:
            return problem

    def toggle(self, after: ActAnswer | None = None) -> ActRequest:
        payload = {"dimension_id": self.bench.cause.id, "code_id": self.bench.config.id}
        return ActRequest(uuid4(), after.act_id if after else None, "tab", "toggle_code", payload)

    def submit(self, after: ActAnswer) -> ActRequest:
        return ActRequest(uuid4(), after.act_id, "tab", "submit", {"incomplete": True})

    def saved(self) -> ActAnswer:
        answer = self.perform(self.toggle())
        assert isinstance(answer, ActAnswer)
        return answer


@pytest.fixture
def shared(own_database: URL) -> Iterator[Shared]:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        bench = make_bench(session, code_sharing="shared")
    with ThreadPoolExecutor(4) as threads:
        yield Shared(database, bench, threads)
    database.dispose()


def still_waits(future: "Future[object]") -> bool:
    try:
        future.result(timeout=SOON)
    except TimeoutError:
        return True
    return False


def test_promise_5_what_was_acknowledged_is_seen_by_a_second_connection(shared):
    answer = shared.saved()

    with shared.database.reading() as session:
        assert session.scalars(select(Act.act_id)).one() == answer.act_id
        assert session.scalars(select(CodeApplication.code_id)).one() == shared.bench.config.id


def test_promise_5_the_same_act_sent_twice_at_once_is_saved_once(shared):
    request = shared.toggle()
    answers = list(shared.threads.map(shared.perform, [request] * 4))

    assert sorted(answer.repeated for answer in answers) == [False, True, True, True]
    with shared.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(Act)).one() == 1
        assert session.scalars(select(CodeApplication.code_id)).one() == shared.bench.config.id


def test_promise_5_one_act_id_sent_by_two_people_at_once_is_saved_for_one(shared):
    request, gate = shared.toggle(), Barrier(2)

    def send(by_ben: bool) -> ActAnswer | Problem:
        gate.wait()
        return shared.perform(request, by_ben=by_ben)

    answers = list(shared.threads.map(send, [True, False]))

    assert sorted(type(answer) for answer in answers if isinstance(answer, ActNotYours)) == [ActNotYours]
    assert len([answer for answer in answers if isinstance(answer, ActAnswer)]) == 1


def test_promise_6_of_two_tabs_at_once_one_is_saved_and_one_is_told(shared):
    first, gate = shared.saved(), Barrier(2)

    def send(request: ActRequest) -> ActAnswer | Problem:
        gate.wait()
        return shared.perform(request)

    answers = list(shared.threads.map(send, [shared.toggle(first), shared.toggle(first)]))

    assert sorted(type(answer).__name__ for answer in answers) == ["ActAnswer", "StaleAct"]
    assert any(isinstance(answer, StaleAct) for answer in answers)
    with shared.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(CodeApplication)).one() == 0


def test_promise_7_an_act_that_failed_leaves_no_event(shared):
    shared.perform(shared.toggle(ActAnswer(uuid4(), "", "", None)))

    with shared.database.reading() as session:
        events = session.scalars(select(StudyEvent.kind).where(StudyEvent.kind.startswith("coding."))).all()
        assert list(events) == []


def test_promise_3_a_submission_waits_for_an_opening_and_is_not_independent(shared):
    answer = shared.saved()
    ada, incident = shared.bench.ada.member.id, shared.bench.adas.incident_id
    with shared.database.transaction() as opening:
        expose(opening, shared.bench.adas.study_id, ada, [(incident, "suggestion", 1)])
        submitting = shared.threads.submit(shared.perform, shared.submit(answer))
        assert still_waits(submitting)
    assert isinstance(submitting.result(), ActAnswer)

    with shared.database.reading() as session:
        assert session.scalars(select(Submission.independent)).one() is False


def test_promise_3_an_opening_waits_for_a_submission_that_was_independent(shared):
    answer = shared.saved()
    ada, incident, study_id = shared.bench.ada.member.id, shared.bench.adas.incident_id, shared.bench.adas.study_id

    def open_it() -> None:
        with shared.database.transaction() as opening:
            expose(opening, study_id, ada, [(incident, "suggestion", 1)])

    with shared.database.transaction() as submitting:
        perform(submitting, shared.bench.ada, shared.bench.adas.id, shared.submit(answer))
        opened = shared.threads.submit(open_it)
        assert still_waits(opened)
    opened.result()

    with shared.database.reading() as session:
        submitted_at = session.scalars(select(Submission.at).where(Submission.independent)).one()
        assert submitted_at < session.scalars(select(Exposure.at)).one()


def test_promise_1_no_act_slips_in_behind_the_end_of_the_coding(shared):
    with shared.database.transaction() as ending:
        change_phase(ending, shared.bench.lead, shared.bench.coding_round.number, "settling")
        acting = shared.threads.submit(shared.perform, shared.toggle())
        assert still_waits(acting)
    assert isinstance(acting.result(), RoundNotRunning)


def test_promise_1_the_end_of_the_coding_waits_for_what_was_allowed_before_it(shared):
    """What is no act of its own, such as the opening of suggestions, holds the round, too."""
    bench = shared.bench

    def end() -> None:
        with shared.database.transaction() as session:
            change_phase(session, bench.lead, bench.coding_round.number, "settling")

    with shared.database.transaction() as allowed:
        own = own_assignment(allowed, bench.ada.study.id, bench.ada.member.id, bench.adas.id)
        check_may_act(allowed, bench.ada, own[1], own[0])
        ending = shared.threads.submit(end)
        assert still_waits(ending)
    assert ending.exception() is None


def test_no_act_slips_in_behind_a_reassignment_and_none_that_came_first_is_lost(shared):
    bench = shared.bench
    with shared.database.transaction() as changing:
        number, ada = bench.coding_round.number, bench.ada.member.id
        remove_coder(changing, bench.lead, number, ada, pending_to="nobody")
        acting = shared.threads.submit(shared.perform, shared.toggle())
        assert still_waits(acting)
    assert isinstance(acting.result(), Withdrawn)

    def give_back() -> None:
        with shared.database.transaction() as session:
            add_coder(session, bench.lead, number, ada, takes="gaps")
            reassign(session, bench.lead, number, bench.ben.member.id, ada)

    with shared.database.transaction() as acting_first:
        begun = ActRequest(uuid4(), None, "tab", "flag", {"note": "mine"})
        perform(acting_first, bench.ben, bench.bens.id, begun)
        giving = shared.threads.submit(give_back)
        assert still_waits(giving)
    assert isinstance(giving.exception(), NothingToMove), "what Ben has begun stays his"


def test_two_coders_who_coin_the_same_shared_code_at_once_get_one(shared):
    gate = Barrier(2)

    def coin(by_ben: bool) -> ActAnswer | Problem:
        gate.wait()
        payload = {"dimension_id": shared.bench.cause.id, "name": "Expired certificate"}
        return shared.perform(ActRequest(uuid4(), None, "tab", "create_code", payload), by_ben=by_ben)

    answers = list(shared.threads.map(coin, [True, False]))

    assert len({answer.code_id for answer in answers if isinstance(answer, ActAnswer)}) == 1
    with shared.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(CodeApplication)).one() == 2
