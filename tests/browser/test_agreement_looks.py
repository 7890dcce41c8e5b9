"""The page of agreement in a browser: a look is chosen, gone on with and taken back by keyboard."""

import pytest
from playwright.async_api import expect

from tests.agreement.conftest import Table, make_table
from tests.agreement.test_lens import merge, name_version, put_in_cohorts
from tests.agreement.test_routes import CAUSES
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser


def coded_twice(site: Site) -> Table:
    """A calibration round of two cohorts, a reliability round after it, and then a merger in a version of its own."""
    with site.database.transaction() as session:
        table = make_table(session)
        put_in_cohorts(table, table.coded_round(CAUSES, purpose="calibration"), ["GenAI"] * 4 + ["Classic"] * 4)
        put_in_cohorts(table, table.coded_round(CAUSES), ["GenAI"] * 5 + ["Classic"] * 3)
        merge(table, "Load", "Code")
        name_version(table, "Merged")
        session.expunge_all()
        return table


async def test_another_version_and_another_round_are_looked_at_by_keyboard(site: Site, signed_in: SignedIn):
    table = coded_twice(site)
    page = await signed_in(table.lead)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/agreement")
    await page.wait_for_load_state()

    await page.get_by_label("Codebook").focus()
    await page.keyboard.type("Merged")
    for _ in ("Cohort", "Intervals", "Show"):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Show")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Scored under Merged: post hoc, not a reliability estimate").first).to_be_visible()
    assert await serious_findings(page) == []

    await page.wait_for_load_state()
    await page.get_by_role("checkbox", name="1 · Round 1").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name="Alpha of Root cause by round")).to_be_visible()
    assert "version=" in page.url and "beside=1" in page.url
    await page.wait_for_load_state()
    await page.get_by_text("Table behind it").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Table of alpha over rounds")).to_be_visible()
    assert await serious_findings(page) == []


async def test_one_cohort_and_the_wanted_precision_are_asked_for_by_keyboard(site: Site, signed_in: SignedIn):
    table = coded_twice(site)
    page = await signed_in(table.lead)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/agreement")
    await page.wait_for_load_state()

    await page.get_by_role("link", name="GenAI").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Reliability (cohort GenAI)").first).to_be_visible()
    await page.wait_for_load_state()
    await page.get_by_label("Interval wanted").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**cohort=GenAI**width=0.3**")
    await expect(page.get_by_text("would bring the interval to a width of .30")).to_be_visible()
    await page.wait_for_load_state()
    await page.get_by_text("Every other measure of Root cause").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Table of further measures")).to_be_visible()
    assert await serious_findings(page) == []
