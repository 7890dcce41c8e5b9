"""After closing, by keyboard alone: open what became of one's answers, and walk through them."""

import pytest
from playwright.async_api import expect

from tests.adjudication.conftest import Table, make_table
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser


def closed_round(site: Site) -> Table:
    with site.database.transaction() as session:
        table = make_table(session, incidents=2)
        for at in (0, 1):
            table.codes(table.ada, [table.config], "", at=at)
            table.codes(table.ben, [table.network if at == 0 else table.config], "", at=at)
        table.steps_to("settling")
        table.opens(table.judge)
        table.rules(table.judge, table.config)
        table.steps_to("closed")
        session.expunge_all()
        return table


async def test_outcomes_are_opened_and_walked_by_keyboard(site: Site, signed_in: SignedIn):
    table = closed_round(site)
    page = await signed_in(table.ben)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/rounds/{table.coding_round.number}/my-outcomes")
    await expect(page.get_by_text("Not opened").first).to_be_visible()

    await page.keyboard.press("o")
    await expect(page.get_by_role("link", name="Walk through them")).to_be_visible()
    await page.get_by_role("link", name="Walk through them").press("Enter")

    await expect(page.locator("#answer-b")).to_contain_text("Overruled")
    await expect(page.get_by_text("The text says so in its last line.")).to_be_visible()
    await page.wait_for_load_state()  # a key that comes before the scripts is lost
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#answer-b")).to_contain_text("Kept")
    await page.wait_for_load_state()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#answer-b")).to_contain_text("Overruled")
