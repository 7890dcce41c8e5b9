"""The lead's pages of suggestions by keys alone: a run is composed and started, and the ledger is narrowed."""

import pytest
from playwright.async_api import Locator, Page, expect

from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from tests.browser.conftest import SignedIn, Site
from tests.suggestions.conftest import Table, make_table
from tests.support.endpoints import make_endpoint

pytestmark = pytest.mark.browser
MOST_TABS = 60


async def tab_to(page: Page, wanted: Locator) -> None:
    """By Tab alone, and what has the focus shows it."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            outline = await wanted.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"{wanted} is not reached by {MOST_TABS} tabs")


def made(site: Site) -> tuple[Table, str]:
    """And the address of the round's runs. The model has answered about both incidents."""
    with site.database.transaction() as session:
        table = make_table(session, site.database)
        make_endpoint(session, table.lead, name="Ours")
        run = ask_for_suggestions(session, table.lead, table.coding_round, model="small")
        table.model = type(table.model)(table.reply(), otherwise="Sorry, no JSON today.", name="small")
    for one in table.incidents:
        suggest_for_incident(site.database, table.model, study_id=run.study_id, run_id=run.id, incident_id=one.id)
    return table, site.url + table.runs_url


async def test_a_run_is_composed_and_started_by_keys(site: Site, signed_in: SignedIn) -> None:
    table, runs = made(site)
    page = await signed_in(table.lead)
    await page.goto(f"{runs}/new", wait_until="networkidle")
    await tab_to(page, page.locator("[name=which]:checked"))
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("All of the round that have a text: 2")).to_be_checked()
    await tab_to(page, page.get_by_label("Times each incident is asked"))
    await page.keyboard.type("2")
    await tab_to(page, page.get_by_label("Most tokens of this run"))
    await page.keyboard.type("50000")
    await tab_to(page, page.get_by_label("Offered to the coders"))
    await page.keyboard.press("ArrowDown")
    foreseen = page.get_by_role("region", name="What it would take")
    await tab_to(page, foreseen.get_by_label("User message"))
    await tab_to(page, page.get_by_role("button", name="Review and start"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Start this run?")).to_be_visible()
    await expect(page.get_by_text("only measured")).to_be_visible()
    await tab_to(page, page.get_by_role("button", name="Start the run"))
    await page.keyboard.press("Enter")
    run = page.get_by_role("region", name="Run", exact=True)
    await expect(run.get_by_text("2 waiting, 0 failed")).to_be_visible()
    await tab_to(page, run.get_by_role("button", name="Pause"))
    await page.keyboard.press("Enter")
    await expect(run.get_by_text("Paused", exact=True)).to_be_visible()


async def test_the_ledger_is_narrowed_and_a_call_is_read_by_keys(site: Site, signed_in: SignedIn) -> None:
    table, _ = made(site)
    page = await signed_in(table.lead)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/suggestions/ledger", wait_until="networkidle")
    calls = page.get_by_role("region", name="Table of calls")
    everything = await calls.get_by_role("row").count()
    await tab_to(page, page.get_by_label("Outcome"))
    await page.keyboard.type("not")
    await tab_to(page, page.get_by_role("button", name="Show"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Show all")).to_be_visible()
    assert await calls.get_by_role("row").count() < everything
    await tab_to(page, calls)
    await tab_to(page, calls.get_by_role("link").first)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Reply, as it came")).to_be_visible()
    await tab_to(page, page.get_by_role("button", name="Read what the model said"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Sorry, no JSON today.").first).to_be_visible()
