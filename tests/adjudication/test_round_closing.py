"""Closing a round: what is left is listed, settled or accepted open with a reason, and the figures are stored."""

import re

import pytest
from sqlalchemy import select, text

from app.adjudication import closing
from app.adjudication.actions import open_flags
from app.adjudication.closing import StillOpen, left_open
from app.adjudication.settling_rules import SettlingRules, write_choice
from app.agreement.stored_figures import stored_sets
from app.codebook import actions as codebook
from app.codebook.models import Code
from app.rounds.queries import phase_changes
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import Table, make_table


def kinds(table: Table) -> list[tuple[str, int]]:
    return [(each.kind, each.count) for each in left_open(table.session, table.lead, table.coding_round)]


def audited(table: Table, share: float) -> None:
    rules = SettlingRules(blind=False, by_majority=False, single="final", audit_share=share, audit_seed=1)
    write_choice(table.session, table.lead, table.coding_round, rules)


def phases(table: Table) -> str:
    return f"/studies/{table.lead.study.slug}/rounds/{table.coding_round.number}/phases"


def words_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def open_in_many_ways(session) -> Table:
    """Ada handed in neither of two incidents but flagged one; both proposed codes for a third, on which they differ."""
    table = make_table(session, incidents=3, code_sharing="private")
    audited(table, 0.0)
    table.codes(table.ben, [table.config], at=0)
    makers.act(session, table.ada, table.assignment(table.ada), "flag", note="Two incidents in one?")
    for coder in (table.ada, table.ben):
        own = table.assignment(coder, table.incidents[2])
        makers.act(session, coder, own, "create_code", dimension_id=table.cause.id, name=f"New {coder.member.id}")
        makers.act(session, coder, own, "submit", incomplete=True)
    table.steps_to("settling")
    return table


def test_everything_that_is_left_is_listed_with_its_count(open_in_many_ways):
    table = open_in_many_ways

    assert kinds(table) == [("not_handed_in", 3), ("disagreements", 1), ("flags", 1), ("not_pooled", 2)]
    first = left_open(table.session, table.lead, table.coding_round)[0]
    assert first.by_member == {table.ada.member.id: 2, table.ben.member.id: 1}


def test_an_answer_that_lost_its_final_code_is_listed(apart):
    codes = "UPDATE final_codes SET superseded_at = now() WHERE dimension_id = :id"
    apart.session.execute(text(codes), {"id": apart.symptom.id})

    assert kinds(apart) == [("disagreements", 1), ("without_final", 1)]


def test_answers_drawn_for_an_audit_that_nobody_made_are_listed(session):
    table = make_table(session)
    audited(table, 1.0)
    table.codes(table.ben, [table.config])
    table.steps_to("settling")

    assert kinds(table) == [("not_handed_in", 1), ("audits", 2)]


def test_what_is_settled_is_not_listed(open_in_many_ways):
    table = open_in_many_ways
    open_flags(table.session, table.judge, table.coding_round)
    assert ("flags", 1) not in kinds(table)

    one, other = table.session.scalars(select(Code.id).where(Code.created_in_round.is_not(None)).order_by(Code.id))
    codebook.merge_codes(table.session, table.lead.study.id, table.lead.member, one, other, reason="The same")
    assert ("not_pooled", 2) not in kinds(table)


def test_a_flag_of_ones_own_needs_no_look(session):
    table = make_table(session)
    makers.act(session, table.ada, table.assignment(table.ada), "flag", note="Look")
    for coder in (table.ada, table.ben):
        table.codes(coder, [table.config])
    table.steps_to("settling")

    assert left_open(session, table.ada, table.coding_round) == []
    assert kinds(table) == [("flags", 1)]


def test_a_round_of_which_nothing_is_left_closes_at_once_and_stores_its_figures(session):
    table = make_table(session)
    for coder in (table.ada, table.ben):
        table.codes(coder, [table.config])
    table.steps_to("settling")
    table.steps_to("closed")

    assert table.coding_round.phase == "closed"
    assert len(stored_sets(session, table.coding_round)) == 1


def test_each_that_is_left_needs_a_reason_of_its_own_or_one_for_all(open_in_many_ways, client_for):
    table, browser = open_in_many_ways, client_for(open_in_many_ways.lead)

    asked = browser.post(phases(table), data={"phase": "closed"})
    assert asked.status_code == 422
    shown = words_of(asked)
    for words in (
        "3 assignments not handed in",
        f"{table.ada.person.name}: 2",
        "1 disagreement without a ruling",
        "1 flag that nobody but its coder looked at",
        "2 proposed codes not pooled",
    ):
        assert words in shown
    assert f"/rounds/{table.coding_round.number}/pooling" in asked.text
    assert 'aria-invalid="true"' not in asked.text

    some = {"phase": "closed", "reason-disagreements": "The text is lost.", "reason-flags": "Known."}
    refused = browser.post(phases(table), data=some)
    assert refused.status_code == 422 and 'value="The text is lost."' in refused.text
    assert refused.text.count('aria-invalid="true"') == 2
    table.session.refresh(table.coding_round)
    assert table.coding_round.phase == "settling"
    assert stored_sets(table.session, table.coding_round) == []

    every = some | {"reason-not_handed_in": "Ada left.", "reason-not_pooled": "One incident only."}
    assert browser.post(phases(table), data=every).status_code == 303
    table.session.refresh(table.coding_round)
    assert table.coding_round.phase == "closed"
    assert phase_changes(table.session, table.coding_round)[-1].reason == (
        "Ada left.; The text is lost.; Known.; One incident only."
    )


def test_promise_7_what_was_accepted_open_is_recorded_with_its_reason(open_in_many_ways):
    table = open_in_many_ways
    table.steps_to("closed", reason="The study ended.")

    events = table.session.scalars(
        select(StudyEvent).where(StudyEvent.kind == "round.left_open").order_by(StudyEvent.id)
    ).all()
    assert [(event.details["what"], event.details["count"]) for event in events] == [
        ("not_handed_in", 3),
        ("disagreements", 1),
        ("flags", 1),
        ("not_pooled", 2),
    ]
    assert {event.details["reason"] for event in events} == {"The study ended."}


def test_a_reason_that_is_blank_or_too_long_is_none(apart):
    for reason in ("", "   ", "x" * (closing.LONGEST_REASON + 1)):
        with pytest.raises(StillOpen), apart.session.begin_nested():
            apart.steps_to("closed", reason=reason)


def test_reopening_keeps_what_was_stored_and_closing_again_stores_another(apart):
    apart.steps_to("closed", reason="The text is lost.")
    apart.steps_to("settling", reason="It was found.")
    assert len(stored_sets(apart.session, apart.coding_round)) == 1
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config)
    apart.steps_to("closed")

    assert len(stored_sets(apart.session, apart.coding_round)) == 2
