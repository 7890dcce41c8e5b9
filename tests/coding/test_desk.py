"""The coding screen as values: one's own work and nobody else's."""

import pytest

from app.coding.desk import desk
from app.coding.queries import own_queue, own_rounds, progress, progress_by_coder
from app.db.session import Database
from app.problems import NotFound
from tests import makers
from tests.coding.conftest import make_bench


def test_promise_1_a_desk_holds_nothing_of_another_coder(bench):
    ben = (bench.session, bench.ben, bench.bens)
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    makers.act(*ben, "add_evidence", **where, start=0, end=3, quote="The")
    makers.act(*ben, "create_code", dimension_id=bench.cause.id, name="Ben's own word", definition="Ben's meaning")
    makers.act(*ben, "write_memo", text="Ben's thought")
    makers.act(*ben, "flag", note="Ben's doubt")
    before = repr(bench.adas_desk())
    makers.act(*ben, "submit", incomplete=True)

    assert "Ben's" not in before
    assert all(not card.applied and not card.is_answered for card in bench.adas_desk().cards)
    assert bench.adas_desk().state_word == "Pending"


def test_promise_1_the_desk_of_another_coder_is_not_found(bench):
    for viewer in (bench.ben, bench.lead):
        with pytest.raises(NotFound):
            desk(bench.session, viewer, bench.adas.id)


def test_chips_stand_in_tree_order_with_their_category_and_the_first_nine_have_digits(bench):
    category = makers.make_code(bench.session, bench.lead, bench.cause, "Change", is_category=True)
    for number in range(9):
        makers.make_code(bench.session, bench.lead, bench.cause, f"Change {number}", parent_id=category.id)
    chips = bench.adas_card(bench.cause).chips

    assert [chip.code.name for chip in chips][:3] == ["Configuration", "Network", "Change 0"]
    assert [chip.digit for chip in chips] == [*"123456789", "", ""]
    assert chips[2].category is not None and chips[2].category.id == category.id
    assert chips[0].category is None


def test_the_desk_knows_its_place_in_the_coder_s_own_queue(session):
    bench = make_bench(session)
    first, second = own_queue(session, bench.ada, bench.coding_round)
    start = desk(session, bench.ada, first.assignment_id).place
    end = desk(session, bench.ada, second.assignment_id).place

    assert (start.position, start.total, start.previous_id, start.next_id) == (1, 2, None, second.assignment_id)
    assert (end.position, end.previous_id, end.next_id) == (2, first.assignment_id, None)
    assert end.next_undone_id == first.assignment_id


def test_the_desk_says_what_was_saved_last_and_when(bench):
    assert bench.adas_desk().last_act_id is None
    answer = bench.ada_toggles(bench.cause, bench.config)

    assert bench.adas_desk().last_act_id == answer.act_id
    assert bench.adas_desk().saved_at == answer.saved_at
    assert [dimension.name for dimension in bench.adas_desk().open_dimensions] == ["Symptom"]


def test_the_desk_can_be_read_without_writing(own_database):
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        bench = make_bench(session)
    with database.reading() as session:
        assert desk(session, bench.ada, bench.adas.id).state == "pending"
    database.dispose()


def test_a_round_may_ask_some_dimensions_only(session):
    bench = make_bench(session)
    asked = makers.make_round(session, bench.lead, [bench.ada], bench.incidents, dimension_ids=[bench.cause.id])
    assignment = makers.assignment_of(session, bench.ada, asked)

    assert [card.dimension.id for card in desk(session, bench.ada, assignment.id).cards] == [bench.cause.id]
    with pytest.raises(NotFound):
        makers.act(session, bench.ada, assignment, "answer", dimension_id=bench.symptom.id, state="none_applies")


def test_progress_counts_pending_drafts_submitted_and_skipped(bench):
    other = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    makers.act(bench.session, bench.ada, other, "skip", reason="None")
    makers.act(bench.session, bench.ben, bench.bens, "flag", note="")

    everybody = progress(bench.session, bench.coding_round)
    assert (everybody.submitted, everybody.skipped, everybody.draft, everybody.pending) == (1, 1, 1, 1)
    assert (everybody.done, everybody.total) == (2, 4)
    assert progress(bench.session, bench.coding_round, bench.ada.member.id).done == 2
    assert progress_by_coder(bench.session, bench.coding_round)[bench.ben.member.id].draft == 1


def test_own_rounds_are_those_one_codes_in_and_lead_to_what_is_not_done(bench):
    makers.make_round(bench.session, bench.lead, [bench.ada], bench.incidents, phase="planned")
    makers.make_round(bench.session, bench.lead, [bench.ben], bench.incidents)
    queue = own_queue(bench.session, bench.ada, bench.coding_round)
    bench.session.flush()

    (only,) = own_rounds(bench.session, bench.ada)
    assert only.coding_round.id == bench.coding_round.id
    assert only.next_assignment_id == queue[0].assignment_id
    assert [line.state_word for line in queue] == ["Pending", "Pending"]


def test_the_queue_of_a_planned_round_or_of_another_study_is_not_found(session):
    planned = make_bench(session, phase="planned")
    elsewhere = make_bench(session)
    with pytest.raises(NotFound):
        own_queue(session, planned.ada, planned.coding_round)
    with pytest.raises(NotFound):
        own_queue(session, planned.ada, elsewhere.coding_round)
