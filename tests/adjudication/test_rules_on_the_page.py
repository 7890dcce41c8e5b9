"""The rule that came of a ruling stands under it on the page of the disagreement."""

import re

from sqlalchemy import select

from app.adjudication.rule_lines import decide
from app.adjudication.ruling_acts import take_back_ruling
from app.adjudication.ruling_models import RulingRule
from app.codebook.queries import current_seq
from tests import makers
from tests.adjudication.test_blind import make_blind
from tests.adjudication.test_rules_of_rulings import LINE, rule


def words_of(page):
    """The rules under the rulings; blank where none is shown."""
    found = re.findall(r'<ul class="ruled-rules".*?</ul>', page.text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(found))).strip()


def rules_on(table, viewer, code, **words):
    table.opens(viewer)
    made = rule(table, code_id=code.id, **words)
    return table.rules(viewer, table.config, cause="definition_gap", rule=made)


def drafted_of(table, ruling):
    return table.session.scalars(select(RulingRule.id).where(RulingRule.ruling_id == ruling.id)).all()


def shown_to(table, viewer, client_for):
    table.opens(viewer)
    return client_for(viewer).get(table.address())


def test_a_written_rule_stands_under_its_ruling_with_its_code_line_and_example(apart, client_for):
    rules_on(apart, apart.lead, apart.config)

    page = shown_to(apart, apart.reader, client_for)

    assert words_of(page).startswith(f"Configuration use when In the codebook {LINE} Written by {apart.lead.name}")
    assert "Configuration example In the codebook “gateway”" in words_of(page)
    assert f'href="/studies/{apart.lead.study.slug}/codebook/codes/{apart.config.id}"' in page.text


def test_a_rule_says_not_when_and_that_it_is_proposed(apart, client_for):
    rules_on(apart, apart.judge, apart.network, kind="not_when", example=None)

    assert words_of(shown_to(apart, apart.ada, client_for)) == f"Network not when Proposed {LINE}"


def test_a_declined_rule_says_who_declined_it_and_why(apart, client_for):
    ruling = rules_on(apart, apart.judge, apart.config, example=None)
    [drafted] = drafted_of(apart, ruling)
    decide(apart.session, apart.lead, drafted, line=None, reason="It says so already.")

    words = words_of(shown_to(apart, apart.ada, client_for))

    assert words.startswith(f"Configuration use when Declined {LINE} Declined by {apart.lead.name}")
    assert words.endswith("“It says so already.”.")


def test_of_a_rule_that_a_lead_reworded_the_line_of_the_codebook_is_shown(apart, client_for):
    ruling = rules_on(apart, apart.judge, apart.config, example=None)
    [drafted] = drafted_of(apart, ruling)
    seen = current_seq(apart.session, apart.lead.study.id)
    decide(apart.session, apart.lead, drafted, line="A push was wrong.", seen_seq=seen)

    words = words_of(shown_to(apart, apart.ada, client_for))

    assert "A push was wrong." in words and LINE not in words


def test_the_rule_of_a_ruling_that_was_taken_back_stands_under_it_among_the_earlier_ones(apart, client_for):
    ruling = rules_on(apart, apart.lead, apart.config, example=None)
    take_back_ruling(apart.session, apart.lead, apart.coding_round, ruling.id, "Wrong")

    page = shown_to(apart, apart.ada, client_for)

    assert "Its ruling does not stand any more" in words_of(page)


def test_promise_3_no_rule_is_shown_before_its_ruling_is_opened(apart, client_for):
    rules_on(apart, apart.judge, apart.config)

    for viewer in (apart.lead, apart.reader, apart.ada):
        page = client_for(viewer).get(apart.address())
        assert words_of(page) == "" and LINE not in page.text


def test_the_rule_of_an_incident_that_one_still_has_to_code_stays_out_as_in_case_law(apart, client_for):
    rules_on(apart, apart.lead, apart.config, example=None)
    makers.make_round(apart.session, apart.lead, [apart.ben], [apart.incident])

    assert words_of(shown_to(apart, apart.ben, client_for)) == ""
    assert LINE in words_of(shown_to(apart, apart.ada, client_for))


def test_under_a_blind_settling_a_proposed_line_bears_no_name(table, client_for):
    table.ada.member.name = "Ada Lund"
    table.codes(table.ada, [table.config], [table.slow])
    table.codes(table.ben, [table.network], [table.down])
    table.steps_to("settling")
    make_blind(table)
    rules_on(table, table.judge, table.config, line="As Ada Lund quotes.", example=None)

    words = words_of(shown_to(table, table.reader, client_for))

    assert re.search(r"As Coder [AB] quotes\.", words)


def test_a_ruling_without_a_rule_shows_none(apart, client_for):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config)

    assert 'class="ruled-rules"' not in shown_to(apart, apart.ada, client_for).text
