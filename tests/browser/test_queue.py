"""The queue, the audit and the final codes in a browser, by keyboard, under the content policy."""

from dataclasses import replace

import pytest
from playwright.async_api import expect

from app.adjudication.settling import choose_rules
from app.adjudication.settling_rules import rules_of
from tests.adjudication.conftest import Table, make_table
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser


def apart_and_alone(site: Site) -> Table:
    """1 to 3: Ada and Ben differ, on 2 and 3 over the same pair. 4 and 5: Ada alone, both drawn for an audit."""
    with site.database.transaction() as session:
        table = make_table(session, incidents=5)
        rules = replace(rules_of(session, table.coding_round), audit_share=1.0)
        choose_rules(session, table.lead, table.coding_round, rules)
        for at in range(3):
            table.codes(table.ada, [table.config], "", at=at)
            table.codes(table.ben, [table.network if at else table.human], "", at=at)
        for at in (3, 4):
            table.codes(table.ada, [table.config], "", at=at)
        table.steps_to("settling")
        session.expunge_all()
        return table


async def test_a_queue_is_narrowed_opened_and_walked_in_its_order_by_keyboard(site: Site, signed_in: SignedIn):
    table = apart_and_alone(site)
    page = await signed_in(table.judge)
    home = f"{site.url}/studies/{table.lead.study.slug}"
    await page.goto(f"{home}/disagreements")
    assert await serious_findings(page) == []
    await page.get_by_label("Order").focus()
    await page.keyboard.press("m")  # most confused codes first
    await page.get_by_role("button", name="Show").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**order=teaches**")
    await page.wait_for_load_state()

    await page.get_by_role("button", name="Open all of these").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Pair of codes")).to_contain_text("Configuration / Network (2)")
    assert await serious_findings(page) == []

    await page.keyboard.press("s")
    await page.wait_for_url("**" + table.address(at=1) + "?standing=open&order=teaches")
    await page.wait_for_load_state()
    await page.keyboard.press("1")
    await page.get_by_label("Slip").check()
    await page.get_by_label("Reason").fill("The push came first.")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**" + table.address(at=2) + "?standing=open&order=teaches&next=1")
    await page.wait_for_load_state()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_url("**" + table.address(at=0) + "?standing=open&order=teaches")
    assert [said for said in site.complaints if "422" not in said] == []


async def test_an_audit_is_confirmed_by_keyboard_and_the_final_codes_open(site: Site, signed_in: SignedIn):
    table = apart_and_alone(site)
    page = await signed_in(table.judge)
    home = f"{site.url}/studies/{table.lead.study.slug}"
    await page.goto(f"{home}/disagreements?standing=audit")
    assert await serious_findings(page) == []
    await page.keyboard.press("s")
    await page.wait_for_url("**/disagreements/*/*/*?standing=audit")
    for done in (1, 2):
        await page.wait_for_load_state()
        await page.keyboard.press("o")
        await expect(page.get_by_text("Drawn for an audit.")).to_be_visible()
        if done == 1:
            assert await serious_findings(page) == []
        await page.keyboard.press("y")
        await page.wait_for_url("**next=confirmed" if done == 1 else "**done=confirmed")
    await expect(page.locator("#audit-counts")).to_contain_text("100 % (95 % interval 34 % to 100 %, n = 2)")

    await page.goto(f"{home}/final-codes")
    assert await serious_findings(page) == []
    await page.keyboard.press("o")
    await expect(page.get_by_role("row").filter(has_text="INC-4").first).to_contain_text("Configuration")
    assert await serious_findings(page) == []
    assert site.complaints == []
