"""Acts one by one: saved once, in order, by their own coder, with an event each."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.coding.acts import ActNotYours, ActRequest, StaleAct, apply_offered, perform
from app.coding.applying import QuoteDoesNotFit
from app.coding.models import Act, AssignmentWork, CodeApplication, WorkingAnswer
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers
from tests.coding.conftest import Bench, make_bench


def toggle(bench: Bench, after: object = None) -> ActRequest:
    payload = {"dimension_id": bench.cause.id, "code_id": bench.config.id}
    return ActRequest(uuid4(), after, "tab", "toggle_code", payload)


def test_promise_5_the_same_act_twice_changes_nothing_and_gets_the_first_answer(bench):
    request = toggle(bench)
    first = perform(bench.session, bench.ada, bench.adas.id, request)
    later = perform(bench.session, bench.ada, bench.adas.id, toggle(bench, first.act_id))
    again = perform(bench.session, bench.ada, bench.adas.id, request)

    assert again == replace(first, repeated=True)
    assert bench.adas_desk().last_act_id == later.act_id
    assert bench.session.scalars(select(func.count()).select_from(Act)).one() == 2


def test_promise_5_an_acknowledged_act_is_answered_after_the_round_ended_too(bench):
    request = toggle(bench)
    first = perform(bench.session, bench.ada, bench.adas.id, request)
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")

    assert perform(bench.session, bench.ada, bench.adas.id, request) == replace(first, repeated=True)


def test_promise_5_an_act_of_somebody_else_is_refused(bench):
    request = toggle(bench)
    perform(bench.session, bench.ada, bench.adas.id, request)

    with pytest.raises(ActNotYours):
        perform(bench.session, bench.ben, bench.bens.id, request)
    with pytest.raises(NotFound):
        perform(bench.session, bench.ben, bench.adas.id, request)
    other = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    with pytest.raises(ActNotYours):
        perform(bench.session, bench.ada, other.id, request)


def test_an_assignment_of_another_study_is_not_found(bench, session):
    elsewhere = make_bench(session)
    with pytest.raises(NotFound):
        perform(session, bench.ada, elsewhere.adas.id, toggle(elsewhere))
    with pytest.raises(NotFound):
        bench.ada_toggles(bench.cause, elsewhere.config)


def test_promise_6_an_act_built_on_an_old_state_is_refused_and_overwrites_nothing(bench):
    first = perform(bench.session, bench.ada, bench.adas.id, toggle(bench))

    for after in (None, uuid4()):
        with pytest.raises(StaleAct):
            perform(bench.session, bench.ada, bench.adas.id, toggle(bench, after))
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}
    assert bench.adas_desk().last_act_id == first.act_id


def test_twenty_acts_queued_in_one_tab_arrive_in_order(bench):
    queued: list[ActRequest] = []
    for number in range(20):
        after = queued[-1].act_id if queued else None
        queued.append(ActRequest(uuid4(), after, "tab", "write_memo", {"text": f"Thought {number}"}))
    for request in queued:
        perform(bench.session, bench.ada, bench.adas.id, request)

    assert bench.adas_desk().memo == "Thought 19"
    kept = bench.session.scalars(select(Act.act_id).order_by(Act.id)).all()
    assert list(kept) == [request.act_id for request in queued]


def test_acts_of_two_coders_on_one_incident_do_not_meet(bench):
    bench.ada_toggles(bench.cause, bench.config)
    makers.act(
        bench.session, bench.ben, bench.bens, "toggle_code", dimension_id=bench.cause.id, code_id=bench.network.id
    )

    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}


EVERY_KIND: list[tuple[str, Callable[[Bench], dict[str, object]]]] = [
    ("toggle_code", lambda b: {"dimension_id": b.symptom.id, "code_id": b.slow.id}),
    ("set_main", lambda b: {"dimension_id": b.symptom.id, "code_id": b.slow.id}),
    ("answer", lambda b: {"dimension_id": b.cause.id, "state": "none_applies"}),
    ("create_code", lambda b: {"dimension_id": b.cause.id, "name": "Coined"}),
    (
        "add_evidence",
        lambda b: {"dimension_id": b.symptom.id, "code_id": b.slow.id, "start": 0, "end": 3, "quote": "The"},
    ),
    ("remove_evidence", lambda b: {"evidence_id": b.adas_card(b.symptom).evidence[0].evidence_id}),
    ("write_memo", lambda b: {"text": "A thought that is nobody else's"}),
    ("flag", lambda b: {"note": "Look"}),
    ("unflag", lambda b: {}),
    ("submit", lambda b: {}),
    ("take_back", lambda b: {}),
    ("skip", lambda b: {"reason": "No incident"}),
]


def coding_events(bench: Bench) -> list[StudyEvent]:
    query = select(StudyEvent).where(StudyEvent.kind.startswith("coding.")).order_by(StudyEvent.id)
    return list(bench.session.scalars(query))


def test_promise_7_each_kind_of_act_leaves_its_event_veiled_while_the_round_runs(bench):
    for number, (kind, payload) in enumerate(EVERY_KIND, start=1):
        answer = bench.ada_does(kind, **payload(bench))
        events = coding_events(bench)
        assert len(events) == number
        assert (events[-1].kind, events[-1].member_id) == (f"coding.{kind}", bench.ada.member.id)
        assert (events[-1].subject_kind, events[-1].subject_id) == ("assignment", bench.adas.id)
        assert events[-1].veiled_by_round_id == bench.coding_round.id
        assert events[-1].details["act_id"] == str(answer.act_id)
    assert "nobody else" not in str([event.details for event in coding_events(bench)])
    created = select(StudyEvent).where(StudyEvent.kind == "code.created").order_by(StudyEvent.id)
    coined = bench.session.scalars(created).all()
    assert coined[-1].veiled_by_round_id == bench.coding_round.id


def test_promise_7_a_suggestion_that_was_taken_over_leaves_its_event(bench):
    payload = {"dimension_id": bench.cause.id, "code_id": bench.config.id, "origin": "accepted"}
    request = makers.next_request(bench.session, bench.adas, "", **payload)
    apply_offered(bench.session, bench.ada, bench.adas.id, request)

    assert [event.kind for event in coding_events(bench)] == ["coding.apply_offered"]


def test_promise_7_an_act_that_is_rolled_back_leaves_neither_event_nor_change(bench):
    savepoint = bench.session.begin_nested()
    bench.ada_toggles(bench.cause, bench.config)
    savepoint.rollback()
    savepoint = bench.session.begin_nested()
    with pytest.raises(QuoteDoesNotFit):
        bench.ada_does(
            "add_evidence", dimension_id=bench.cause.id, code_id=bench.config.id, start=0, end=3, quote="not"
        )
    savepoint.rollback()

    assert coding_events(bench) == []
    for table in (Act, AssignmentWork, CodeApplication, WorkingAnswer):
        assert bench.session.scalars(select(func.count()).select_from(table)).one() == 0


def test_acts_are_never_rewritten(bench):
    bench.ada_toggles(bench.cause, bench.config)
    with pytest.raises(IntegrityError, match="append-only"), bench.session.begin_nested():
        bench.session.execute(update(Act).values(kind="answer"))
