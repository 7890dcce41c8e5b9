"""Case law: the rulings that made rules of a code, on its page and of the whole study."""

import pytest

from app.adjudication.case_law import case_law, open_case_law, proposals
from app.adjudication.rule_lines import decide, rule_of
from app.adjudication.ruling_acts import take_back_ruling
from app.codebook.queries import current_seq
from app.findings.history import history, lines
from app.problems import NotFound
from tests import makers
from tests.adjudication.test_rules_of_rulings import LINE, code_now, rewords, rule


def law_at(table, *, code=None):
    base = f"/studies/{table.lead.study.slug}/codebook"
    return f"{base}/codes/{code.id}/case-law" if code else f"{base}/case-law"


@pytest.fixture
def ruled(apart):
    """The lead's ruling made a rule of Configuration."""
    apart.opens(apart.lead)
    apart.ruling = apart.rules(apart.lead, apart.config, cause="definition_gap", rule=rule(apart, example=None))
    return apart


@pytest.fixture
def proposed(apart):
    apart.opens(apart.judge)
    apart.ruling = apart.rules(apart.judge, apart.config, cause="definition_gap", rule=rule(apart, example=None))
    return apart


def standings(table):
    return [line.standing for line in case_law(table.session, table.lead).lines]


def test_the_codes_page_has_a_slot_that_tells_line_incident_and_ruler(ruled, client_for):
    browser = client_for(ruled.ada)
    slot = browser.get(law_at(ruled, code=ruled.config)).text

    assert LINE in slot and "INC-1" in slot and ruled.lead.name in slot
    assert (
        law_at(ruled, code=ruled.config)
        in browser.get(f"/studies/{ruled.lead.study.slug}/codebook/codes/{ruled.config.id}").text
    )
    assert "No ruling has made a rule" in browser.get(law_at(ruled, code=ruled.network)).text


def test_promise_3_the_reason_is_read_after_an_opening(ruled, client_for):
    browser = client_for(ruled.reader)

    before = browser.get(law_at(ruled))
    browser.post(law_at(ruled) + "/openings")
    after = browser.get(law_at(ruled))

    assert LINE in before.text and ruled.ruling.reason not in before.text
    assert ruled.ruling.reason in after.text


def test_promise_3_a_proposed_line_is_others_words_until_it_is_opened(proposed, client_for):
    browser = client_for(proposed.lead)

    before = browser.get(law_at(proposed))
    browser.post(law_at(proposed) + "/openings")

    assert LINE not in before.text and "Not opened yet." in before.text
    assert LINE in browser.get(law_at(proposed)).text


def test_promise_1_a_reopened_round_tells_no_case_law(ruled, client_for):
    ruled.steps_to("running", reason="One more look")

    for viewer in ruled.everybody():
        assert "INC-1" not in client_for(viewer).get(law_at(ruled)).text
        assert "INC-1" not in client_for(viewer).get(law_at(ruled, code=ruled.config)).text


def test_rules_of_an_incident_still_to_be_coded_stay_out(ruled):
    makers.make_round(ruled.session, ruled.lead, [ruled.ben], [ruled.incident])

    law = case_law(ruled.session, ruled.ben)

    assert (law.lines, law.withheld) == ((), 1)
    assert len(case_law(ruled.session, ruled.ada).lines) == 1


def test_a_rule_whose_ruling_does_not_stand_is_marked(ruled):
    assert standings(ruled) == ["stands"]

    take_back_ruling(ruled.session, ruled.lead, ruled.coding_round, ruled.ruling.id, "Wrong")

    assert standings(ruled) == ["superseded"]


def test_a_rule_that_the_code_says_no_more_is_marked(ruled):
    rewords(ruled, ruled.config, use_when="Something else.")

    assert standings(ruled) == ["gone"]


def test_a_code_that_is_not_in_sight_has_no_case_law(ruled, client_for):
    assert client_for(ruled.ada).get(law_at(ruled).replace("case-law", "codes/999999999/case-law")).status_code == 404


def decides(browser, table, **typed):
    rule_id = case_law(table.session, table.lead).lines[0].rule.id
    seen = current_seq(table.session, table.lead.study.id)
    form = {"line": LINE, "decision": "write", "seen_seq": seen, **typed}
    return browser.post(f"{law_at(table)}/{rule_id}/decisions", data=form)


def test_the_lead_writes_a_proposed_line_into_the_codebook(proposed, client_for):
    assert proposals(proposed.session, proposed.lead) == 1
    browser = client_for(proposed.lead)

    answer = decides(browser, proposed, line="A push was wrong.")

    assert answer.status_code == 303
    assert code_now(proposed, proposed.config).use_when == "A push was wrong."
    assert standings(proposed) == ["stands"]
    assert proposals(proposed.session, proposed.lead) == 0


def test_the_lead_declines_with_a_reason(proposed, client_for):
    answer = decides(client_for(proposed.lead), proposed, decision="decline", reason="It says so already.")

    assert answer.status_code == 303 and standings(proposed) == ["declined"]
    assert code_now(proposed, proposed.config).use_when == ""


def test_an_adjudicator_decides_on_no_proposal(proposed, client_for):
    assert decides(client_for(proposed.judge), proposed).status_code == 403


def test_where_the_code_was_reworded_meanwhile_the_lead_is_shown_both(proposed, client_for):
    browser = client_for(proposed.lead)
    open_case_law(proposed.session, proposed.lead)
    seen = current_seq(proposed.session, proposed.lead.study.id)
    rewords(proposed, proposed.config, use_when="Somebody else’s line.")

    answer = decides(browser, proposed, seen_seq=seen)

    assert answer.status_code == 409
    assert "Somebody else’s line." in answer.text and LINE in answer.text
    assert standings(proposed) == ["proposed"]


def test_a_blank_line_is_refused_and_a_rule_of_nowhere_not_found(proposed, client_for):
    browser = client_for(proposed.lead)
    open_case_law(proposed.session, proposed.lead)

    assert decides(browser, proposed, line=" ").status_code == 422
    assert browser.post(f"{law_at(proposed)}/999999999/decisions", data={"line": LINE}).status_code == 404


def test_what_waits_tells_the_lead_of_proposals(proposed, client_for):
    page = client_for(proposed.lead).get(f"/studies/{proposed.lead.study.slug}/").text

    assert "1 proposed rule for the codebook" in page
    assert "proposed rule" not in client_for(proposed.ada).get(f"/studies/{proposed.lead.study.slug}/").text


def test_no_rule_of_another_study_is_found(ruled, session):
    other = makers.make_study(session)
    rule_id = case_law(session, ruled.lead).lines[0].rule.id
    with pytest.raises(NotFound):
        rule_of(session, other, rule_id)


def told_of_rules(table, viewer):
    """What the history says of rules, and of codes that they reworded: words and the code that is named."""
    found = lines(table.session, viewer, history(table.session, viewer, limit=500))
    return [(line.words, line.about) for line in found if "of a ruling" in line.words or "reworded" in line.words]


@pytest.mark.parametrize("who", ["ada", "reader", "judge"])
def test_promise_3_the_history_names_the_code_of_a_rule_to_nobody_who_has_not_opened_its_ruling(ruled, who):
    viewer = getattr(ruled, who)
    assert told_of_rules(ruled, viewer) == [
        ("wrote a rule, of a ruling, for a code", ""),
        ("reworded a code", ""),
        ("drafted a rule, of a ruling, for a code", ""),
    ]

    open_case_law(ruled.session, viewer)

    assert {about for _, about in told_of_rules(ruled, viewer)} == {"Configuration"}


def test_who_made_a_ruling_reads_in_the_history_which_code_got_its_rule(ruled):
    assert {about for _, about in told_of_rules(ruled, ruled.lead)} == {"Configuration"}


def test_another_rewording_of_the_code_is_told_by_its_name(ruled):
    rewords(ruled, ruled.config, use_when="Something else.")

    assert told_of_rules(ruled, ruled.ada)[0] == ("reworded the code", "Configuration")


def test_promise_3_the_history_does_not_name_the_code_of_a_declined_rule_either(proposed):
    [line] = case_law(proposed.session, proposed.lead).lines
    decide(proposed.session, proposed.lead, line.rule.id, line=None)

    assert ("declined a rule, of a ruling, for a code", "") in told_of_rules(proposed, proposed.ada)
    assert ("declined a rule, of a ruling, for the code", "Configuration") in told_of_rules(proposed, proposed.lead)
