"""Undo and redo: any chain of acts can be walked back and forth, and what was handed in is never undone."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.codebook.queries import visible_codebook
from app.coding.handing_in import QuotesMissing
from app.coding.models import Act
from app.coding.policy import HandedIn
from app.coding.submissions import first_submissions
from app.coding.undoing import NothingToRedo, NothingToUndo, history_of
from tests import makers
from tests.coding.conftest import Bench, make_bench


def stand(bench: Bench) -> object:
    """All of the working state, ids of quotes among it, as later acts may name them."""
    desk = bench.adas_desk()
    cards = [
        (card.state, sorted((c.code.id, c.is_main, c.code_application_id, c.evidence) for c in card.applied))
        for card in desk.cards
    ]
    return cards, desk.memo, desk.flag.note if desk.flag else None


def acts_of(bench: Bench) -> list[tuple[str, dict[str, object]]]:
    symptom, cause = bench.symptom.id, bench.cause.id
    return [
        ("toggle_code", {"dimension_id": symptom, "code_id": bench.slow.id}),
        ("toggle_code", {"dimension_id": symptom, "code_id": bench.down.id}),
        ("toggle_code", {"dimension_id": cause, "code_id": bench.config.id}),
        ("toggle_code", {"dimension_id": cause, "code_id": bench.network.id}),
        ("add_evidence", {"dimension_id": symptom, "code_id": bench.down.id, "start": 0, "end": 3, "quote": "The"}),
        ("add_evidence", {"dimension_id": cause, "code_id": bench.config.id, "start": 4, "end": 7}),
        ("answer", {"dimension_id": symptom, "state": "none_applies"}),
        ("answer", {"dimension_id": cause, "state": ""}),
        ("create_code", {"dimension_id": cause, "name": "Clock skew", "start": 0, "end": 3}),
        ("write_memo", {"text": "Ask about the push"}),
        ("write_memo", {"text": "", "sharing": "shared"}),
        ("flag", {"note": "odd"}),
        ("unflag", {}),
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(min_value=0, max_value=12), min_size=1, max_size=7), back=st.integers(1, 7))
def test_any_chain_of_acts_is_walked_back_and_forth(session, steps, back):
    savepoint = session.begin_nested()
    bench = make_bench(session)
    stands = [stand(bench)]
    for step in steps:
        kind, payload = acts_of(bench)[step]
        if "quote" not in payload and kind == "add_evidence":
            payload = payload | {"quote": (bench.incidents[0].text or "")[4:7]}
        bench.ada_does(kind, **payload)
        stands.append(stand(bench))
    far = min(back, len(steps))
    for place in range(far):
        bench.ada_does("undo")
        assert stand(bench) == stands[-2 - place]
    for place in range(far):
        bench.ada_does("redo")
        assert stand(bench) == stands[len(steps) - far + 1 + place]
    with pytest.raises(NothingToRedo):
        bench.ada_does("redo")
    savepoint.rollback()


def test_a_new_act_after_an_undo_leaves_nothing_to_redo(bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("undo")
    bench.ada_toggles(bench.cause, bench.network)

    with pytest.raises(NothingToRedo):
        bench.ada_does("redo")
    bench.ada_does("undo")
    assert not bench.adas_card(bench.cause).is_answered
    with pytest.raises(NothingToUndo):
        bench.ada_does("undo")


def test_promise_8_undo_ends_at_the_last_submission_and_rewrites_nothing_of_it(bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("submit", incomplete=True)
    with pytest.raises(HandedIn):
        bench.ada_does("undo")
    bench.ada_does("take_back")
    with pytest.raises(NothingToUndo):
        bench.ada_does("undo")

    bench.ada_toggles(bench.cause, bench.network)
    bench.ada_does("undo")
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    (first,) = first_submissions(bench.session, bench.coding_round)
    assert [code.code_id for code in first.answers[bench.cause.id].codes] == [bench.config.id]


def test_every_act_stays_on_record_whatever_was_undone(bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("undo")
    bench.ada_does("redo")

    kinds = bench.session.scalars(select(Act.kind).where(Act.assignment_id == bench.adas.id).order_by(Act.id)).all()
    assert kinds == ["toggle_code", "undo", "redo"]
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}


def test_a_code_that_was_coined_goes_with_its_undo_unless_it_is_used_elsewhere(bench):
    def is_offered(code_id: int) -> bool:
        codebook = visible_codebook(bench.session, bench.lead.study.id, bench.ada.member.id)
        return code_id in {code.id for code in codebook.appliable(bench.cause.id)}

    coined = bench.ada_does("create_code", dimension_id=bench.cause.id, name="Clok skew").code_id
    bench.ada_does("undo")
    assert not is_offered(coined)
    bench.ada_does("redo")
    assert is_offered(coined)
    assert bench.adas_card(bench.cause).applied_ids == {coined}

    other = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    makers.act(bench.session, bench.ada, other, "toggle_code", dimension_id=bench.cause.id, code_id=coined)
    bench.ada_does("undo")
    assert is_offered(coined)


def test_a_found_code_stays_when_finding_it_is_undone(bench):
    bench.ada_does("create_code", dimension_id=bench.cause.id, name="configuration")
    bench.ada_does("undo")

    assert bench.config.id in {chip.code.id for chip in bench.adas_card(bench.cause).chips}


def test_history_takes_an_undo_and_a_redo_as_one_step_each():
    assert history_of([(1, "flag"), (2, "flag"), (3, "undo"), (4, "undo"), (5, "redo")]) == ([5], [3])
    assert history_of([(1, "flag"), (2, "undo"), (3, "flag")]) == ([3], [])


def test_a_dimension_that_needs_evidence_is_handed_in_only_with_a_quote_for_each_code(session):
    bench = make_bench(session)
    strict = makers.make_dimension(session, bench.lead, "Trigger", takes="many", needs_evidence=True)
    push, drift = (makers.make_code(session, bench.lead, strict, name) for name in ("Push", "Drift"))
    bench.session.flush()
    for code in (push, drift):
        bench.ada_toggles(strict, code)
    bench.ada_does("add_evidence", dimension_id=strict.id, code_id=push.id, start=0, end=3, quote="The")

    with pytest.raises(QuotesMissing, match="In “Trigger” every code needs a quote, and “Drift” has none"):
        bench.ada_does("submit", incomplete=True)

    bench.ada_toggles(strict, drift)
    assert bench.ada_does("submit", incomplete=True).state == "submitted"


def test_an_answer_without_codes_needs_no_quote(session):
    bench = make_bench(session)
    strict = makers.make_dimension(session, bench.lead, "Trigger", needs_evidence=True)
    bench.ada_does("answer", dimension_id=strict.id, state="not_enough_information")

    assert bench.ada_does("submit", incomplete=True).state == "submitted"
