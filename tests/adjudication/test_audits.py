"""A share of what settled by itself is looked at once more, and confirmed or ruled on."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.adjudication import actions, queries
from app.adjudication.actions import RulingWords
from app.adjudication.auditing import AuditedMeanwhile, NotDrawn, OwnAnswer, confirm
from app.adjudication.audits import standing_audits
from app.adjudication.models import FinalCode
from app.adjudication.policy import NotOpened, NotSettling, OthersRule
from app.adjudication.settling import choose_rules
from app.adjudication.settling_models import Audit, AuditConfirmation
from app.adjudication.settling_rules import rules_of
from app.coding.acts import apply_offered
from app.findings.awaiting import awaiting
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import make_table


def chooses(table, **rules):
    choose_rules(
        table.session, table.lead, table.coding_round, replace(rules_of(table.session, table.coding_round), **rules)
    )


def drawn(table):
    """Number of the incident -> how it stands."""
    number = {incident.id: incident.number for incident in table.incidents}
    return {number[key[0]]: how for key, how in standing_audits(table.session, table.coding_round).items()}


def place(table, at=0):
    return table.coding_round, table.incidents[at].id, table.cause.id


def takes_over(table, coder, at):
    assignment = table.assignment(coder, table.incidents[at])
    offer = {"dimension_id": table.cause.id, "code_id": table.config.id, "origin": "accepted"}
    request = makers.next_request(table.session, assignment, "apply_offered", **offer)
    apply_offered(table.session, coder, assignment.id, request)
    makers.act(table.session, coder, assignment, "submit", incomplete=True)


@pytest.fixture
def alone(session):
    """Ada alone coded ten incidents; half of her answers are drawn."""
    table = make_table(session, incidents=10)
    chooses(table, audit_share=0.5, audit_seed=7)
    for at in range(10):
        table.codes(table.ada, [table.config], "", at=at)
    table.steps_to("settling")
    return table


def first_drawn(table):
    return min(drawn(table)) - 1


def opens(table, viewer, at):
    actions.open_answers(table.session, viewer, *place(table, at))


def test_the_share_of_what_one_coded_alone_is_drawn_when_the_coding_ends(alone):
    assert list(drawn(alone).values()) == ["waits"] * 5
    assert {audit.basis for audit in alone.session.scalars(select(Audit))} == {"single_coder"}
    assert [each.standing for each in queries.queue(alone.session, alone.coding_round).listed] == ["audit"] * 5
    assert queries.queue(alone.session, alone.coding_round).open == []


def test_what_all_took_over_from_a_model_is_drawn_and_what_they_coded_themselves_is_not(session):
    table = make_table(session, incidents=4)
    chooses(table, audit_share=1.0)
    for at in range(3):
        for coder in (table.ada, table.ben):
            takes_over(table, coder, at)
    for coder in (table.ada, table.ben):
        table.codes(coder, [table.config], "", at=3)
    table.steps_to("settling")

    assert drawn(table) == {1: "waits", 2: "waits", 3: "waits"}
    assert {audit.basis for audit in session.scalars(select(Audit))} == {"unanimous_after_suggestion"}


def test_the_overview_says_that_audits_wait_to_those_who_may_rule(alone):
    (one,) = [each for each in awaiting(alone.session, alone.judge) if "audit" in each.words]
    assert one.words == "5 answers to audit" and one.url.endswith("&standing=audit")
    assert awaiting(alone.session, alone.reader) == []


def test_a_larger_share_adds_to_what_was_drawn_and_another_seed_draws_others(alone):
    before = set(drawn(alone))
    chooses(alone, audit_share=0.8)
    assert before < set(drawn(alone)) and len(drawn(alone)) == 8
    chooses(alone, audit_share=0.5, audit_seed=7)
    assert set(drawn(alone)) == before
    chooses(alone, audit_share=0.0)
    assert drawn(alone) == {}


def test_confirming_leaves_the_final_code_and_is_recorded(alone, client_for):
    at = first_drawn(alone)
    before = alone.session.scalars(select(FinalCode.id)).all()
    opens(alone, alone.judge, at)
    confirm(alone.session, alone.judge, *place(alone, at))

    assert drawn(alone)[at + 1] == "confirmed"
    assert alone.session.scalars(select(FinalCode.id)).all() == before
    kept = alone.session.scalars(select(AuditConfirmation)).one()
    assert kept.member_id == alone.judge.member.id
    told = alone.session.scalars(select(StudyEvent).where(StudyEvent.kind == "audit.confirmed")).one()
    assert (told.subject_id, told.veiled_by_round_id) == (alone.incidents[at].id, alone.coding_round.id)


def test_confirming_is_for_those_who_rule_and_who_saw_the_answer_and_once(alone):
    at = first_drawn(alone)
    with pytest.raises(OthersRule):
        confirm(alone.session, alone.ben, *place(alone, at))
    with pytest.raises(NotOpened):
        confirm(alone.session, alone.judge, *place(alone, at))
    opens(alone, alone.judge, at)
    confirm(alone.session, alone.judge, *place(alone, at))
    with pytest.raises(AuditedMeanwhile):
        confirm(alone.session, alone.judge, *place(alone, at))


def test_what_is_not_drawn_is_not_confirmed_and_what_nobody_answered_is_not_found(alone):
    outside = next(number for number in range(1, 11) if number not in drawn(alone)) - 1
    with pytest.raises(NotDrawn):
        confirm(alone.session, alone.judge, *place(alone, outside))
    with pytest.raises(NotFound):
        confirm(alone.session, alone.judge, alone.coding_round, alone.incidents[0].id, alone.symptom.id)


def test_nobody_audits_what_they_coded_alone(session):
    table = make_table(session)
    chooses(table, audit_share=1.0)
    table.coding_round = makers.make_round(session, table.lead, [table.judge], table.incidents, name="By the judge")
    chooses(table, audit_share=1.0)
    table.codes(table.judge, [table.config], "")
    table.steps_to("settling")
    with pytest.raises(OwnAnswer):
        confirm(session, table.judge, *place(table))
    opens(table, table.lead, 0)
    confirm(session, table.lead, *place(table))


def test_a_closed_round_confirms_nothing(alone):
    at = first_drawn(alone)
    opens(alone, alone.judge, at)
    alone.steps_to("closed", reason="Nobody has the time.")
    with pytest.raises(NotSettling):
        confirm(alone.session, alone.judge, *place(alone, at))


def test_another_answer_can_be_ruled_though_the_coders_agree(alone):
    at = first_drawn(alone)
    opens(alone, alone.judge, at)
    words = RulingWords("coded", "evidence_missed", "The last line says network.", code_ids=[alone.network.id])
    actions.rule(alone.session, alone.judge, *place(alone, at), words)

    current = select(FinalCode).where(
        FinalCode.incident_id == alone.incidents[at].id, FinalCode.superseded_at.is_(None)
    )
    assert [(row.code_id, row.basis) for row in alone.session.scalars(current)] == [(alone.network.id, "third_person")]
    assert [each.audit for each in queries.queue(alone.session, alone.coding_round).ruled] == ["ruled"]


def test_what_is_not_drawn_cannot_be_ruled_on(alone):
    outside = next(number for number in range(1, 11) if number not in drawn(alone)) - 1
    opens(alone, alone.judge, outside)
    words = RulingWords("coded", "slip", "No.", code_ids=[alone.network.id])
    with pytest.raises(actions.policy.NothingToSettle):
        actions.rule(alone.session, alone.judge, *place(alone, outside), words)


def test_what_was_confirmed_stays_so_through_a_reopening_unless_it_was_handed_in_again(alone):
    first, second = sorted(drawn(alone))[:2]
    for number in (first, second):
        opens(alone, alone.judge, number - 1)
        confirm(alone.session, alone.judge, *place(alone, number - 1))
    alone.steps_to("running", reason="One more look")
    makers.act(alone.session, alone.ada, alone.assignment(alone.ada, alone.incidents[second - 1]), "take_back")
    makers.act(
        alone.session, alone.ada, alone.assignment(alone.ada, alone.incidents[second - 1]), "submit", incomplete=True
    )
    alone.steps_to("settling")

    assert drawn(alone)[first] == "confirmed" and drawn(alone)[second] == "waits"
    assert len(drawn(alone)) == 5


def test_the_queue_counts_what_was_confirmed_with_its_interval(alone, client_for):
    browser = client_for(alone.judge)
    url = f"/studies/{alone.lead.study.slug}/disagreements?standing=audit"
    assert "5 answers drawn" in browser.get(url).text and "None is looked at yet" in browser.get(url).text

    at = first_drawn(alone)
    address = alone.address(at=at) + "?standing=audit"
    page = browser.get(address).text
    assert "Configuration" not in page and "Drawn for an audit" not in page, "nothing before the opening"
    browser.post(alone.address(at=at) + "/openings?standing=audit")
    assert "Confirm and next" in browser.get(address).text
    answer = browser.post(alone.address(at=at) + "/confirmations?standing=audit")

    assert answer.headers["location"].endswith("?standing=audit&next=confirmed")
    assert "Confirmed. This is the next one." in browser.get(answer.headers["location"]).text
    listed = " ".join(browser.get(url).text.split())
    assert "Of 1 looked at, 1 was confirmed: <b>100 %</b>" in listed
    assert "(95 % interval 21 % to 100 %, n = 1)" in listed


def test_sent_twice_a_confirmation_is_done_once(alone, client_for):
    at, browser = first_drawn(alone), client_for(alone.judge)
    browser.post(alone.address(at=at) + "/openings")
    both = [browser.post(alone.address(at=at) + "/confirmations", data={"form_key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in both] == [303, 303]
    assert len(alone.session.scalars(select(AuditConfirmation.id)).all()) == 1


def test_who_may_not_rule_gets_no_button_and_is_refused(alone, client_for):
    at, browser = first_drawn(alone), client_for(alone.ben)
    browser.post(alone.address(at=at) + "/openings")
    assert "Confirm and next" not in browser.get(alone.address(at=at)).text
    assert browser.post(alone.address(at=at) + "/confirmations").status_code == 403
