"""The ruling page in a browser, by keyboard, under the content policy."""

import pytest
from playwright.async_api import expect

from tests.adjudication.conftest import Table, make_table
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser


def two_disagreements(site: Site) -> Table:
    with site.database.transaction() as session:
        table = make_table(session, incidents=2)
        for at in (0, 1):
            table.codes(table.ada, [table.config], "", at=at)
            table.codes(table.ben, [table.network], "", at=at)
        table.steps_to("settling")
        session.expunge_all()
        return table


async def test_two_disagreements_are_opened_and_ruled_by_keyboard(site: Site, signed_in: SignedIn):
    table = two_disagreements(site)
    page = await signed_in(table.judge)
    await page.goto(site.url + table.address())
    assert await serious_findings(page) == []

    await page.keyboard.press("o")
    await expect(page.locator("#answer-a")).to_contain_text("Configuration")
    await page.locator("#answer-b .code-chip").click()
    await expect(page.locator("#answer-b .code-chip")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("1")
    await expect(page.locator("#answer-a .code-chip")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#answer-b .code-chip")).to_have_attribute("aria-pressed", "false")
    await page.get_by_label("Reason").fill("The push came first.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Say why the coders differed")).to_be_visible()
    assert await serious_findings(page) == []
    await page.get_by_label("Slip").check()
    await page.keyboard.press("Control+Enter")

    await page.wait_for_url("**" + table.address(at=1) + "?next=1")
    await expect(page.get_by_role("button", name="Open the coders’ answers")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#answer-a")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("human")
    await page.keyboard.press("Enter")
    await page.get_by_label("Thin text").check()
    await page.get_by_label("Reason").fill("Somebody skipped a step.")
    await page.keyboard.press("Control+Enter")

    await expect(page.get_by_text("Ruling saved. It was the last open one here.")).to_be_visible()
    assert [said for said in site.complaints if "422" not in said] == []


async def test_a_comment_leaves_the_half_written_ruling_as_it_is(site: Site, signed_in: SignedIn):
    table = two_disagreements(site)
    page = await signed_in(table.judge)
    await page.goto(site.url + table.address())
    await page.keyboard.press("o")
    await page.get_by_label("Reason").fill("Half a sent")
    await page.locator("#comments summary").click()
    await page.locator("#comment").fill("Which push was it?")
    await page.get_by_role("button", name="Send").click()

    await expect(page.locator("#comments article")).to_contain_text("Which push was it?")
    await expect(page.get_by_label("Reason")).to_have_value("Half a sent")
