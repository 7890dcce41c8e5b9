"""Where a coder was overruled, by the rule that came of it; and how far coders agree with what is final."""

import pytest

from app.adjudication import actions, walk
from app.adjudication.overruled import digest, unread_rulings
from app.adjudication.with_final import with_final
from tests import makers
from tests.adjudication.conftest import make_table
from tests.adjudication.test_rules_of_rulings import LINE, rule


def rules_at(table, viewer, at, code, **words):
    place = (table.incidents[at].id, table.cause.id)
    actions.open_answers(table.session, viewer, table.coding_round, *place)
    said = {"state": "coded", "code_ids": [code.id], "cause": "slip", "reason": f"Reason {at}."}
    return actions.rule(table.session, viewer, table.coding_round, *place, actions.RulingWords(**{**said, **words}))


@pytest.fixture
def closed(session):
    """Four incidents. Ada: network, network, config, config. Ben: config throughout. Final: config throughout."""
    table = make_table(session, incidents=4)
    for at in range(4):
        table.codes(table.ada, [table.network if at < 2 else table.config], "", at=at)
        table.codes(table.ben, [table.config], "", at=at)
    table.steps_to("settling")
    made = rule(table, code_id=table.network.id, kind="not_when", example=None)
    rules_at(table, table.lead, 0, table.config, cause="definition_gap", rule=made)
    rules_at(table, table.judge, 1, table.config)
    table.steps_to("closed")
    return table


def opens_all(table, viewer):
    walk.open_outcomes(table.session, viewer, table.coding_round.number)


def test_overruled_answers_stand_under_their_rule_or_their_cause(closed):
    opens_all(closed, closed.ada)

    found = digest(closed.session, closed.ada)

    assert [(g.rule.text if g.rule else g.cause, len(g.found)) for g in found.groups] == [(LINE, 1), ("slip", 1)]
    assert (found.overruled, found.answers, found.closed) == (2, 4, ())


def test_who_was_not_overruled_is_told_so(closed):
    opens_all(closed, closed.ben)

    assert digest(closed.session, closed.ben).groups == ()


def test_promise_3_what_is_not_opened_is_counted_and_not_told(closed, client_for):
    page = client_for(closed.ada).get(f"/studies/{closed.lead.study.slug}/overruled").text

    assert LINE not in page and "Reason 1." not in page
    assert "4 outcomes" in page
    opens_all(closed, closed.ada)
    page = client_for(closed.ada).get(f"/studies/{closed.lead.study.slug}/overruled").text
    assert LINE in page and "Reason 1." in page and "Definition unclear" not in page


def test_what_waits_counts_rulings_that_are_not_read(closed, client_for):
    assert unread_rulings(closed.session, closed.ada) == 2
    overview = client_for(closed.ada).get(f"/studies/{closed.lead.study.slug}/").text
    assert "2 rulings on your answers to read" in overview

    opens_all(closed, closed.ada)

    assert unread_rulings(closed.session, closed.ada) == 0
    assert unread_rulings(closed.session, closed.judge) == 0


def test_nothing_is_digested_before_a_round_is_closed(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config)

    assert digest(apart.session, apart.ben).groups == ()
    assert unread_rulings(apart.session, apart.ben) == 0
    assert with_final(apart.session, apart.lead).lines == ()


def of_cause(table, viewer):
    found = with_final(table.session, viewer)
    return {line.coder.id: line for line in found.lines if line.dimension.id == table.cause.id}


def test_a_lead_sees_how_far_each_coder_agrees_with_what_is_final(closed):
    lines = of_cause(closed, closed.lead)

    ada, ben = lines[closed.ada.member.id], lines[closed.ben.member.id]
    assert (ada.percent.value, ada.percent.n) == (0.5, 4)
    assert (ada.percent.low, ada.percent.high) != (None, None)
    assert (ben.percent.value, ben.own_rulings, ben.percent_of_others) == (1.0, 0, None)
    assert ben.kappa.value is None and ben.kappa.undefined


def test_kappa_against_the_final_codes_is_cohens(session):
    """Two categories, final: c c c c n n n n. Ada: c c c n c n n n. Observed 6/8, expected 1/2: kappa 0.5."""
    table = make_table(session, incidents=8)
    final = [table.config] * 4 + [table.network] * 4
    ada = [table.config] * 3 + [table.network, table.config] + [table.network] * 3
    for at in range(8):
        table.codes(table.ada, [ada[at]], "", at=at)
        table.codes(table.ben, [final[at]], "", at=at)
    table.steps_to("settling")
    for at in (3, 4):
        rules_at(table, table.judge, at, final[at])
    table.steps_to("closed")

    kappa = of_cause(table, table.lead)[table.ada.member.id].kappa

    assert kappa.value == pytest.approx(0.5)
    assert kappa.n == 8 and kappa.low < 0.5 < kappa.high


def test_a_coder_sees_themselves_alone_and_only_what_they_opened(closed, client_for):
    address = f"/studies/{closed.lead.study.slug}/agreement-with-final"
    assert of_cause(closed, closed.ada) == {}
    opens_all(closed, closed.ada)

    assert set(of_cause(closed, closed.ada)) == {closed.ada.member.id}
    page = client_for(closed.ada).get(address).text
    assert closed.ben.name not in page and "50 %" in page
    lead = client_for(closed.lead).get(address).text
    assert closed.ben.name in lead and closed.ada.name in lead
    assert "50 %" not in client_for(closed.judge).get(address).text


def test_own_rulings_are_counted_and_left_out_beside(session):
    """The lead codes too, and rules on the first disagreement in their own favour; the judge rules on the other."""
    lead = makers.make_study(session)
    ada, judge = makers.make_member(session, lead), makers.make_member(session, lead, role="adjudicator")
    cause = makers.make_dimension(session, lead, "Root cause")
    config, network = (makers.make_code(session, lead, cause, name) for name in ("Configuration", "Network"))
    incidents = makers.make_incidents(session, lead, 2)
    coding_round = makers.make_round(session, lead, [lead, ada], incidents)
    for incident in incidents:
        for coder, code in ((lead, config), (ada, network)):
            assignment = makers.assignment_of(session, coder, coding_round, incident)
            makers.code_and_submit(session, coder, assignment, {cause.id: [code]})
    actions.change_phase(session, lead, coding_round.number, "settling")
    for viewer, incident, code in ((lead, incidents[0], config), (judge, incidents[1], network)):
        actions.open_answers(session, viewer, coding_round, incident.id, cause.id)
        words = actions.RulingWords(state="coded", code_ids=[code.id], cause="slip", reason="It says so.")
        actions.rule(session, viewer, coding_round, incident.id, cause.id, words)
    actions.change_phase(session, lead, coding_round.number, "closed")
    walk.open_outcomes(session, lead, coding_round.number)

    [own] = [line for line in with_final(session, lead).lines if line.coder.id == lead.member.id]

    assert (own.percent.value, own.own_rulings) == (0.5, 1)
    assert (own.percent_of_others.value, own.percent_of_others.n) == (0.0, 1)


def test_what_a_single_coder_answered_is_left_out_and_counted(session):
    lead = makers.make_study(session)
    ada = makers.make_member(session, lead)
    cause = makers.make_dimension(session, lead, "Root cause")
    code = makers.make_code(session, lead, cause, "Configuration")
    coding_round = makers.make_round(session, lead, [ada], makers.make_incidents(session, lead, 1))
    makers.code_and_submit(session, ada, makers.assignment_of(session, ada, coding_round), {cause.id: [code]})
    for phase in ("settling", "closed"):
        actions.change_phase(session, lead, coding_round.number, phase, reason="An audit may wait.")

    found = with_final(session, lead)

    assert (found.lines, found.single) == ((), 1)


def test_a_ruling_of_a_later_round_is_ones_own_in_the_figures_of_an_earlier_one_too(table):
    table.ada.member.role = "adjudicator"
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.network], "")
    table.steps_to("settling")
    table.steps_to("closed", reason="Settled in the next round")
    table.coding_round = makers.make_round(table.session, table.lead, [table.ada, table.ben], table.incidents)
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.network], "")
    table.steps_to("settling")
    table.opens(table.ada)
    table.rules(table.ada, table.config)

    own_rulings = {line.coder.id: line.own_rulings for line in with_final(table.session, table.lead).lines}

    assert own_rulings == {table.ada.member.id: 1, table.ben.member.id: 0}


def test_the_pages_beside_a_settled_round_are_linked_from_where_one_would_look(closed, client_for):
    opens_all(closed, closed.ada)
    base, number = f"/studies/{closed.lead.study.slug}", closed.coding_round.number
    places = {
        f"/disagreements?round={number}": ("mentions", "codebook/case-law", "overruled", "agreement-with-final"),
        f"/agreement?round={number}": ("agreement-with-final", f"agreement/{number}/stored"),
        f"/rounds/{number}/my-outcomes": ("overruled", "agreement-with-final"),
        f"/rounds/{number}": (f"agreement/{number}/stored",),
        "/codebook": ("codebook/case-law",),
    }

    for place, wanted in places.items():
        page = client_for(closed.ada).get(base + place).text
        for address in wanted:
            assert f'href="{base}/{address}"' in page, (place, address)


def test_the_queue_leads_to_final_codes_rules_of_settling_and_meetings(closed, client_for):
    base, number = f"/studies/{closed.lead.study.slug}", closed.coding_round.number

    page = client_for(closed.lead).get(f"{base}/disagreements?round={number}").text

    for address in ("final-codes", f"rounds/{number}/settling", f"disagreements/{number}/meeting"):
        assert f'href="{base}/{address}"' in page, address


def test_an_incident_coded_in_two_closed_rounds_counts_once_as_answered_in_the_newest(closed):
    opens_all(closed, closed.ada)
    closed.coding_round = makers.make_round(closed.session, closed.lead, [closed.ada, closed.ben], closed.incidents[:2])
    closed.codes(closed.ada, [closed.config], "", at=0)
    closed.codes(closed.ben, [closed.config], "", at=0)
    closed.codes(closed.ada, "", at=1)
    closed.codes(closed.ben, [closed.config], "", at=1)
    closed.steps_to("settling")
    closed.steps_to("closed", reason="One was left open")

    lines = of_cause(closed, closed.lead)

    ada, ben = lines[closed.ada.member.id], lines[closed.ben.member.id]
    assert (ada.percent.value, ada.percent.n) == (0.75, 4), "the second was left open in the newer round"
    assert (ben.percent.value, ben.percent.n) == (1.0, 4)
    assert of_cause(closed, closed.ada)[closed.ada.member.id].percent.n == 3, "the newest outcome is not opened"
