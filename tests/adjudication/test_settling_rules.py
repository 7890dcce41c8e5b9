"""How a round is settled, as its lead chooses."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.adjudication import queries
from app.adjudication.models import FinalCode
from app.adjudication.policy import AloneWithIt
from app.adjudication.settling import choose_rules
from app.adjudication.settling_rules import SettledForGood, SettlingRules, rules_of, write_choice
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly
from tests import makers
from tests.adjudication.conftest import make_table


def test_where_nobody_chose_the_usual_rules_stand(table):
    assert rules_of(table.session, table.coding_round) == SettlingRules(
        False, False, "final", 0.1, table.coding_round.seed
    )


def test_the_newest_choice_stands_for_its_round_alone_and_is_in_the_history(session, table):
    other = make_table(session)
    usual = rules_of(session, table.coding_round)
    first = replace(usual, blind=True)
    second = replace(first, by_majority=True, single="review", audit_share=0.5, audit_seed=7)
    for rules in (first, second):
        assert write_choice(session, table.lead, table.coding_round, rules)

    assert rules_of(session, table.coding_round) == second
    assert rules_of(session, other.coding_round).audit_share == 0.1
    told = session.scalars(select(StudyEvent.details).where(StudyEvent.kind == "settling_rules.chosen")).all()
    assert [(each["blind"], each["single"]) for each in told] == [(True, "final"), (True, "review")]


def test_choosing_what_stands_already_writes_nothing(session, table):
    assert not write_choice(session, table.lead, table.coding_round, rules_of(session, table.coding_round))
    assert session.scalars(select(StudyEvent).where(StudyEvent.kind == "settling_rules.chosen")).all() == []


def test_only_the_lead_chooses(session, table):
    with pytest.raises(LeadOnly):
        write_choice(session, table.judge, table.coding_round, rules_of(session, table.coding_round))


def test_a_closed_round_is_settled_for_good(session, apart):
    apart.steps_to("closed", reason="Enough for now")
    with pytest.raises(SettledForGood):
        write_choice(
            session, apart.lead, apart.coding_round, replace(rules_of(session, apart.coding_round), blind=True)
        )


@pytest.fixture
def three(session):
    """Two of three say configuration on the first incident; on the second each says another code."""
    table = make_table(session, incidents=2)
    cid = makers.make_member(session, table.lead)
    table.coding_round = makers.make_round(session, table.lead, [table.ada, table.ben, cid], table.incidents)
    for at, codes in enumerate(
        [(table.config, table.config, table.network), (table.config, table.human, table.network)]
    ):
        for coder, code in zip((table.ada, table.ben, cid), codes, strict=True):
            table.codes(coder, [code], "", at=at)
    return table


def chooses(table, **rules):
    choose_rules(
        table.session, table.lead, table.coding_round, replace(rules_of(table.session, table.coding_round), **rules)
    )


def finals(table):
    """Number of the incident -> (code, basis)."""
    rows = table.session.scalars(select(FinalCode).where(FinalCode.superseded_at.is_(None)))
    number = {incident.id: incident.number for incident in table.incidents}
    return {number[row.incident_id]: (row.code_id, row.basis) for row in rows}


def standings(table):
    return {each.incident.number: each.standing for each in queries.queue(table.session, table.coding_round).listed}


def test_without_the_rule_a_majority_waits_for_a_ruling(three):
    three.steps_to("settling")
    assert finals(three) == {} and standings(three) == {1: "open", 2: "open"}


def test_a_majority_chosen_before_is_final_when_the_coding_ends(three):
    chooses(three, by_majority=True)
    three.steps_to("settling")
    assert finals(three) == {1: (three.config.id, "majority")}
    assert standings(three) == {1: "majority", 2: "open"}
    assert len(queries.queue(three.session, three.coding_round).open) == 1


def test_a_majority_chosen_while_it_settles_is_final_at_once_and_withdrawn_when_it_is_switched_off(three):
    three.steps_to("settling")
    chooses(three, by_majority=True)
    assert finals(three) == {1: (three.config.id, "majority")}

    chooses(three, by_majority=False)

    assert finals(three) == {} and standings(three) == {1: "open", 2: "open"}
    kinds = three.session.scalars(select(StudyEvent.kind).where(StudyEvent.kind.like("final_codes.%"))).all()
    assert kinds.count("final_codes.withdrawn") == 1


def test_a_ruling_supersedes_a_majority_and_stays_when_the_rule_is_switched_off(three):
    chooses(three, by_majority=True)
    three.steps_to("settling")
    three.opens(three.judge)
    three.rules(three.judge, three.network)
    assert finals(three)[1] == (three.network.id, "third_person")

    chooses(three, by_majority=False)
    assert finals(three) == {1: (three.network.id, "third_person")}
    assert standings(three)[1] == "ruled"


def test_two_coders_have_no_majority(session, apart):
    chooses(apart, by_majority=True)
    assert [each.standing for each in queries.queue(session, apart.coding_round).listed] == ["open"]


def test_a_single_coders_answers_wait_for_review_where_the_lead_says_so(session, table, client_for):
    table.codes(table.ada, [table.config], "")
    chooses(table, single="review")
    table.steps_to("settling")
    assert finals(table) == {} and standings(table) == {1: "open"}
    assert "one coder" in client_for(table.judge).get(f"/studies/{table.lead.study.slug}/disagreements").text

    table.opens(table.judge)
    table.rules(table.judge, table.network)
    assert finals(table) == {1: (table.network.id, "third_person")}


def test_who_coded_alone_does_not_rule_on_it_alone_as_if_it_had_been_discussed(session, table):
    solo = table.ada
    solo.member.role = "adjudicator"
    table.coding_round = makers.make_round(
        session, table.lead, [solo], table.incidents, purpose="single_coding", coders_per_incident=1
    )
    table.codes(solo, [table.config], "")
    chooses(table, single="review")
    table.steps_to("settling")

    with pytest.raises(AloneWithIt), session.begin_nested():
        table.rules(solo, table.config)
    assert finals(table) == {}

    table.rules(solo, table.config, participant_ids=[table.lead.member.id])
    assert finals(table) == {1: (table.config.id, "discussed")}


def test_single_coders_answers_move_between_final_and_review_as_the_rule_does(table):
    table.codes(table.ada, [table.config], "")
    table.steps_to("settling")
    assert finals(table) == {1: (table.config.id, "single_coder")}
    chooses(table, single="review")
    assert finals(table) == {}
    chooses(table, single="final")
    assert finals(table) == {1: (table.config.id, "single_coder")}


def test_a_rule_that_settles_nothing_rewrites_nothing_that_is_final(table):
    table.codes(table.ada, [table.config], "")
    table.steps_to("settling")
    before = table.session.scalars(select(FinalCode.id)).all()
    chooses(table, blind=True)
    assert table.session.scalars(select(FinalCode.id)).all() == before


def settling(table):
    return f"/studies/{table.lead.study.slug}/rounds/{table.coding_round.number}/settling"


FORM = {"blind": "yes", "majority": "yes", "single": "review", "percent": "12.5", "seed": "42"}


def test_the_lead_chooses_on_a_page_that_tells_what_was_chosen_before(table, client_for):
    browser = client_for(table.lead)
    assert "the usual rules stand" in browser.get(settling(table)).text
    answer = browser.post(settling(table), data=FORM)

    assert answer.status_code == 303
    assert rules_of(table.session, table.coding_round) == SettlingRules(True, True, "review", 0.125, 42)
    page = browser.get(answer.headers["location"]).text
    assert "12 %" in page and table.lead.name in page and 'value="12.5"' in page


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("percent", "101", "from 0 to 100"),
        ("percent", "many", "from 0 to 100"),
        ("percent", "nan", "from 0 to 100"),
        ("seed", "-3", "whole number"),
        ("single", "coin", "does not exist"),
    ],
)
def test_what_cannot_be_a_rule_is_said_at_its_field(table, client_for, field, typed, told):
    answer = client_for(table.lead).post(settling(table), data=FORM | {field: typed})
    assert answer.status_code == 422 and told in answer.text
    assert rules_of(table.session, table.coding_round).audit_share == 0.1


def test_nobody_but_the_lead_gets_to_the_page_and_a_closed_round_takes_no_rules(apart, client_for):
    for viewer in (apart.judge, apart.ada, apart.reader):
        assert client_for(viewer).get(settling(apart)).status_code == 403
        assert client_for(viewer).post(settling(apart), data=FORM).status_code == 403
    apart.steps_to("closed", reason="Enough for now")
    assert client_for(apart.lead).post(settling(apart), data=FORM).status_code == 409
    assert 'name="percent"' not in client_for(apart.lead).get(settling(apart)).text
