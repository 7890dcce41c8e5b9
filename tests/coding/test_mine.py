"""My codings: the grid of one's own incidents by dimensions."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.coding.mine_page import MineFilter, MinePage, mine_page
from app.db.base import now
from app.problems import NotFound
from app.rounds.models import Assignment
from tests import makers
from tests.coding.conftest import Bench
from tests.coding.test_routes import read
from tests.support.clients import client_for

__all__ = ["client_for"]  # a fixture


def grid(bench: Bench, **asked: object) -> MinePage:
    return mine_page(bench.session, bench.ada, MineFilter(**asked))  # type: ignore[arg-type]


def labels(bench: Bench, **asked: object) -> list[str]:
    return [line.incident_label for line in grid(bench, **asked).lines]


def other_of(bench: Bench) -> Assignment:
    return makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])


def test_a_cell_holds_own_codes_with_the_main_one_or_the_answer_that_no_code_is(bench):
    bench.ada_toggles(bench.symptom, bench.slow)
    bench.ada_toggles(bench.symptom, bench.down)
    bench.ada_does("set_main", dimension_id=bench.symptom.id, code_id=bench.down.id)
    bench.ada_does("answer", dimension_id=bench.cause.id, state="not_enough_information")
    page = grid(bench)
    line = next(each for each in page.lines if each.assignment_id == bench.adas.id)

    assert page.codes(line, bench.symptom) == [("Outage", True), ("Slow answers", False)]
    assert line.cell(bench.cause.id).state == "not_enough_information"
    assert line.state == "draft"


def test_it_is_narrowed_by_code_by_answer_by_what_is_not_coded_by_words_and_by_state(bench):
    first, second = bench.incidents[0].label, bench.incidents[1].label
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("answer", dimension_id=bench.symptom.id, state="none_applies")
    bench.ada_does("submit")
    where = {"dimension_id": bench.cause.id, "state": "not_enough_information"}
    makers.act(bench.session, bench.ada, other_of(bench), "answer", **where)

    assert labels(bench, found=str(bench.config.id)) == [first]
    assert labels(bench, found="not_enough_information") == [second]
    assert labels(bench, found="none_applies") == [first]
    assert labels(bench, found="none_applies", dimension=bench.cause.id) == []
    assert labels(bench, found="not_coded") == [second]
    assert labels(bench, words=bench.incidents[1].title) == [second]
    assert labels(bench, words="%") == []
    assert labels(bench, state="submitted") == [first]
    assert {words: count for _, words, count in grid(bench, state="submitted").counts} == {
        "All": 2, "Pending": 0, "Draft": 1, "Submitted": 1, "Skipped": 0,
    }  # fmt: skip


def test_promise_1_the_grid_holds_nothing_of_another_coder(bench, client_for):
    makers.act(bench.session, bench.ben, bench.bens, "create_code", dimension_id=bench.cause.id, name="Ben's own word")
    makers.code_and_submit(bench.session, bench.ben, bench.bens, {bench.symptom.id: [bench.down]})
    shown = client_for(bench.ada).get(f"/studies/{bench.lead.study.slug}/coding/mine").text

    assert "Ben's own word" not in shown and "Submitted <" in shown
    assert all(not line.cells for line in grid(bench).lines)
    assert labels(bench, found=str(bench.down.id)) == []


def test_a_cell_opens_its_dimension_at_the_desk_where_it_can_be_taken_back(bench, client_for):
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    client = client_for(bench.ada)
    page = read(client.get(f"/studies/{bench.lead.study.slug}/coding/mine?found={bench.config.id}").text)
    link = page.css("a.mine-cell")[1].attributes["href"]
    desk = read(client.get(link).text)

    assert desk.css_first("[data-dimension].is-focused h2").text() == "Symptom"
    assert desk.css_first("form[data-act=take_back]") is not None


def test_a_round_in_which_one_does_not_code_or_that_is_planned_is_not_found(bench):
    makers.make_round(bench.session, bench.lead, [bench.ben], bench.incidents)
    makers.make_round(bench.session, bench.lead, [bench.ada], bench.incidents, phase="planned")

    for number in (2, 3, 9):
        with pytest.raises(NotFound):
            grid(bench, round=number)
    assert grid(bench).coding_round.number == 1


def lines_of_the_first(bench: Bench, **asked: object) -> list[tuple[int, str]]:
    label = bench.incidents[0].label
    return [(line.assignment_id, line.state) for line in grid(bench, **asked).lines if line.incident_label == label]


def test_a_silent_repeat_is_no_second_line_while_the_round_runs(bench):
    again = bench.repeat_of_adas()
    assert lines_of_the_first(bench) == [(bench.adas.id, "pending")]
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    assert lines_of_the_first(bench) == [(bench.adas.id, "submitted")]

    makers.act(bench.session, bench.ada, again, "toggle_code", dimension_id=bench.cause.id, code_id=bench.network.id)
    assert lines_of_the_first(bench) == [(again.id, "draft")]
    assert lines_of_the_first(bench, found=str(bench.config.id)) == []  # would answer for the coder
    page = grid(bench)
    assert page.total == 2 and sum(count for state, _, count in page.counts if state) == 2


def test_a_first_pass_that_was_withdrawn_hides_nothing(bench):
    again = bench.repeat_of_adas()
    bench.adas.ending, bench.adas.ended_at = "withdrawn", now()
    bench.session.flush()

    assert lines_of_the_first(bench) == [(again.id, "pending")]


def test_once_the_round_settles_both_passes_are_shown_and_told_apart_by_nothing(bench, client_for):
    again = bench.repeat_of_adas()
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    page = read(client_for(bench.ada).get(f"/studies/{bench.lead.study.slug}/coding/mine").text)
    rows = [row for row in page.css("[data-rows] tr") if bench.incidents[0].label in row.text()]
    pair = [
        row.html.replace(f"/assignments/{key}", "") for row, key in zip(rows, (bench.adas.id, again.id), strict=True)
    ]

    assert pair[0] == pair[1]


def test_the_number_of_questions_does_not_grow_with_the_round(bench):
    makers.make_round(bench.session, bench.lead, [bench.ada], makers.make_incidents(bench.session, bench.lead, 120))
    with counted(bench) as small:
        assert len(grid(bench, round=1).lines) == 2
    with counted(bench) as large:
        page = grid(bench, round=2, at=3)

    assert (len(page.lines), page.total, page.pages) == (20, 120, 3)
    assert large[0] <= small[0] <= 14


@contextmanager
def counted(bench: Bench):
    bench.session.expire_all()
    count = [0]

    def tell(*_: object) -> None:
        count[0] += 1

    connection = bench.session.connection()
    event.listen(connection, "before_cursor_execute", tell)
    yield count
    event.remove(connection, "before_cursor_execute", tell)
