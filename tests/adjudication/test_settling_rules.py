"""How a round is settled, as its lead chooses."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.adjudication.settling_rules import SettledForGood, SettlingRules, rules_of, write_choice
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly
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
