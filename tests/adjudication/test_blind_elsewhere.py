"""What a blind settling hides on the page of a disagreement, no other page tells."""

import re

import pytest

from app.adjudication import actions
from app.adjudication.rule_lines import RuleWords
from app.codebook.queries import current_seq
from tests import makers
from tests.adjudication.conftest import make_table
from tests.adjudication.test_blind import make_blind, names_in


def main_of(page):
    return page.text.split("<main", 1)[1]


@pytest.fixture
def hidden(apart):
    for viewer, name in ((apart.ada, "Ada Lund"), (apart.ben, "Ben Ode")):
        viewer.member.name = name
    apart.session.flush()
    make_blind(apart)
    return apart


def test_the_incidents_behind_a_figure_name_no_coder_who_stands_unnamed(hidden, client_for):
    browser = client_for(hidden.judge)
    browser.post(hidden.address() + "/openings")
    base = f"/studies/{hidden.lead.study.slug}/agreement/incidents?round={hidden.coding_round.number}"
    where = f"{base}&dimension={hidden.cause.id}"
    codes = f"&of=codes&code={hidden.config.id}&other={hidden.network.id}"

    page = browser.get(where + codes)

    assert "Configuration" in main_of(page) and "Coder A" in main_of(page)
    assert names_in(main_of(page)) == []
    browser.post(hidden.address() + "/names")
    assert "Ada Lund" in main_of(browser.get(where + codes))


def test_no_pair_of_coders_leads_to_who_said_what(hidden, client_for):
    browser = client_for(hidden.judge)
    browser.post(hidden.address() + "/openings")
    base = f"/studies/{hidden.lead.study.slug}/agreement/incidents?round={hidden.coding_round.number}"
    pair = f"{base}&dimension={hidden.cause.id}&of=pair"
    pair += f"&a={hidden.ada.member.id}&b={hidden.ben.member.id}"

    page = main_of(browser.get(pair))

    assert hidden.incident.title not in page and "Configuration" not in page
    assert "1 incident" in page


def test_the_queue_is_not_narrowed_by_coders_who_stand_unnamed(session, client_for):
    table = make_table(session)
    cleo = makers.make_coders(session, table.lead, 1)[0]
    three = [table.ada, table.ben, cleo]
    table.coding_round = makers.make_round(session, table.lead, three, table.incidents, coders_per_incident=3)
    for coder, code in zip(three, (table.config, table.config, table.network), strict=True):
        table.codes(coder, [code])
    table.steps_to("settling")
    at_round = f"/studies/{table.lead.study.slug}/disagreements"
    pair = f"{at_round}?round={table.coding_round.number}&coders={table.ada.member.id}-{cleo.member.id}"
    browser = client_for(table.judge)
    assert table.incident.title not in main_of(browser.get(pair)), "who knows one answer would know another"
    opened = browser.post(f"{at_round}/{table.coding_round.number}/openings?coders={pair.partition('coders=')[2]}")
    assert opened.status_code == 303
    assert table.incident.title in main_of(browser.get(pair))

    make_blind(table)

    page = main_of(browser.get(pair))
    assert table.incident.title not in page and f"{table.ada.name} – {cleo.name} (" not in page


def test_the_final_codes_do_not_name_a_coder_who_ruled_on_their_own_case(table, client_for):
    table.ada.member.name, table.ada.member.role = "Ada Lund", "adjudicator"
    table.codes(table.ada, [table.config], [table.slow])
    table.codes(table.ben, [table.network], [table.down])
    table.steps_to("settling")
    make_blind(table)
    table.opens(table.ada)
    table.rules(table.ada, table.config)
    browser = client_for(table.judge)
    finals = f"/studies/{table.lead.study.slug}/final-codes"

    assert names_in(main_of(browser.get(finals))) == []
    browser.post(table.address() + "/names")
    assert "Ada Lund" in main_of(browser.get(finals))


def test_case_law_tells_the_reason_of_a_ruling_without_the_names(table, client_for):
    table.codes(table.ada, [table.config], [table.slow])
    table.codes(table.ben, [table.network], [table.down])
    table.steps_to("settling")
    table.ada.member.name, table.ben.member.name = "Ada Lund", "Ben Ode"
    table.session.flush()
    make_blind(table)
    table.opens(table.judge)
    rule = RuleWords(table.config.id, "use_when", "A setting was changed.", None,
                     current_seq(table.session, table.lead.study.id))  # fmt: skip
    table.rules(table.judge, table.config, reason="As Ada Lund quotes.", rule=rule)
    browser = client_for(table.lead)
    law = f"/studies/{table.lead.study.slug}/codebook/case-law"
    browser.post(law + "/openings")

    page = main_of(browser.get(law))

    assert "quotes." in page and names_in(page) == []


def test_a_name_is_hidden_however_it_is_spelt(hidden, client_for):
    place = (hidden.coding_round, hidden.incident.id, hidden.cause.id)
    actions.comment(hidden.session, hidden.ben, *place, "@ada lund is right, ADA LUND read line 2.")
    browser = client_for(hidden.judge)
    browser.post(hidden.address() + "/openings")

    assert "ada lund" not in browser.get(hidden.address()).text.lower()


def test_the_notes_of_flags_bear_no_name_either(session, client_for):
    table = make_table(session)
    table.ada.member.name, table.ben.member.name = "Ada Lund", "Ben Ode"
    makers.act(session, table.ada, table.assignment(table.ada), "flag", note="Odd, says Ada")
    table.codes(table.ada, [table.config])
    table.codes(table.ben, [table.network])
    table.steps_to("settling")
    make_blind(table)
    browser = client_for(table.judge)
    browser.post(f"/studies/{table.lead.study.slug}/disagreements/{table.coding_round.number}/flags/openings")

    page = main_of(browser.get(f"/studies/{table.lead.study.slug}/disagreements?round={table.coding_round.number}"))

    flags = page[page.index('id="flags"') :]
    assert "Odd, says" in flags and names_in(flags) == []


def test_the_history_does_not_tell_whose_a_comment_is_by_its_minute(hidden, client_for):
    actions.comment(hidden.session, hidden.ben, hidden.coding_round, hidden.incident.id, hidden.cause.id, "Line 2.")
    history = f"/studies/{hidden.lead.study.slug}/history"

    page = main_of(client_for(hidden.judge).get(history))
    assert re.search(r"A coder\b(?s:.){0,80}commented on", page)
    assert not re.search(r"Ben Ode(?s:.){0,80}commented on", page)
    assert re.search(r"You\b(?s:.){0,80}commented on", main_of(client_for(hidden.ben).get(history)))
