"""From the opening to the ruling and on to the next one, with a rule, under a blind settling: by keyboard alone."""

from dataclasses import replace

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from app.adjudication.ruling_models import RulingRule
from app.adjudication.settling_rules import rules_of, write_choice
from app.codebook.queries import visible_codebook
from tests.adjudication.conftest import Table, make_table
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser


def two_blind_disagreements(site: Site) -> Table:
    with site.database.transaction() as session:
        table = make_table(session, incidents=2)
        for at in (0, 1):
            table.codes(table.ada, [table.config], [table.slow], at=at)
            table.codes(table.ben, [table.network], [table.slow], at=at)
        table.steps_to("settling")
        rules = replace(rules_of(session, table.coding_round), blind=True)
        write_choice(session, table.lead, table.coding_round, rules)
        session.expunge_all()
        return table


async def test_a_gap_of_a_definition_becomes_a_rule_without_a_mouse(site: Site, signed_in: SignedIn):
    table = two_blind_disagreements(site)
    page = await signed_in(table.lead)
    await page.goto(site.url + table.address())
    await page.wait_for_load_state()

    await page.keyboard.press("o")
    await expect(page.locator("#answer-a")).to_contain_text("Coder A")
    await page.keyboard.press("1")
    await page.keyboard.press("g")
    await expect(page.locator("#needs-rule")).to_be_checked()
    await page.keyboard.press("r")
    await page.keyboard.type("The push itself was wrong.")
    line = page.get_by_label("The line")
    await expect(line).to_have_value("The push itself was wrong.")
    chosen = (await page.locator("#answer-a .code-chip").inner_text()).split()[-1]
    await expect(page.locator("#rule_code option:checked")).to_have_text(chosen)
    assert await serious_findings(page) == []
    await page.keyboard.press("Control+Enter")

    await page.wait_for_url("**" + table.address(at=1) + "?next=1")
    await page.wait_for_load_state()
    await page.keyboard.press("Enter")
    await expect(page.locator("#answer-a")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.locator("#answer-a")).not_to_contain_text("Coder A")
    with site.database.transaction() as session:
        [rule] = session.scalars(select(RulingRule).where(RulingRule.study_id == table.lead.study.id))
        code = visible_codebook(session, table.lead.study.id, table.lead.member.id).codes[rule.code_id]
        assert (code.name, code.use_when) == (chosen, "The push itself was wrong.")
    assert site.complaints == []


async def test_a_line_that_was_changed_by_hand_is_not_drafted_over(site: Site, signed_in: SignedIn):
    table = two_blind_disagreements(site)
    page = await signed_in(table.lead)
    await page.goto(site.url + table.address())
    await page.wait_for_load_state()
    await page.keyboard.press("o")
    await expect(page.locator("#answer-a")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await page.keyboard.type("First.")
    line = page.get_by_label("The line")
    await expect(line).to_have_value("First.")
    await line.fill("Mine.")
    await page.get_by_label("Reason").fill("First. Then more.")
    await expect(line).to_have_value("Mine.")
    await page.get_by_label("Slip").check()
    await expect(page.locator("#needs-rule")).not_to_be_checked()
    await expect(line).to_be_hidden()


async def test_a_ruling_is_taken_back_by_keys(site: Site, signed_in: SignedIn):
    table = two_blind_disagreements(site)
    with site.database.transaction() as session:
        session.add(table.coding_round)
        live = replace(table, session=session)
        live.opens(table.lead)
        live.rules(table.lead, table.config)
        session.expunge_all()
    page = await signed_in(table.lead)
    await page.goto(site.url + table.address())
    await page.wait_for_load_state()

    await page.keyboard.press("k")
    await expect(page.locator("#taking-back")).to_be_focused()
    await page.keyboard.type("We read it wrongly.")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("Disagree on root cause")).to_be_visible()
    assert await serious_findings(page) == []


async def test_a_name_is_offered_behind_an_at(site: Site, signed_in: SignedIn):
    table = two_blind_disagreements(site)
    page = await signed_in(table.lead)
    await page.goto(site.url + table.address())
    await page.wait_for_load_state()
    await page.keyboard.press("o")
    await expect(page.locator("#answer-a")).to_be_visible()
    await page.keyboard.press("m")
    await expect(page.locator("#comment")).to_be_focused()
    await page.keyboard.type("Look, @")

    values = await page.locator("#who-to-call option").evaluate_all("options => options.map(one => one.value)")

    assert "Look, @Coder A" in values and "Look, @Coder B" in values
    await page.keyboard.type("Coder B")
    await page.keyboard.press("Enter")
    await expect(page.locator("#comments article .mention")).to_have_text("@Coder B")
