"""From a cell of the agreement page to its incidents, and a look at a running round: in a browser, by keyboard."""

import pytest
from playwright.async_api import Locator, Page, expect

from app.rounds.models import Round
from tests import makers
from tests.agreement.conftest import Table, make_table
from tests.agreement.test_closer import CAUSES
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser


async def press(page: Page, what: Locator) -> None:
    await what.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_load_state()


def coded(site: Site) -> tuple[Table, Round]:
    with site.database.transaction() as session:
        table = make_table(session, coders=3)
        coding_round = table.coded_round(CAUSES)
        session.expunge_all()
        return table, coding_round


def still_running(site: Site) -> tuple[Table, Round]:
    with site.database.transaction() as session:
        table = make_table(session)
        coding_round, incidents = table.round_of(3)
        for incident in incidents:
            for coder in table.coders:
                table.submit(coder, coding_round, incident, ["Config"])
        session.expunge_all()
        return table, coding_round


async def test_a_cell_leads_to_its_incidents_which_open_by_a_press(site: Site, signed_in: SignedIn) -> None:
    table, coding_round = coded(site)
    page = await signed_in(table.lead)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/agreement?round={coding_round.number}")
    await page.wait_for_load_state()
    assert await serious_findings(page) == []

    heat = page.get_by_role("region", name="Press a cell for its incidents")
    assert await heat.count() == 2, "of pairs of coders, and of codes"
    await press(
        page,
        heat.get_by_role("link", name="Config and Code: 4 pairs of ratings").or_(
            heat.get_by_role("link", name="Code and Config: 4 pairs of ratings")
        ),
    )
    await expect(page.get_by_role("heading", name="Not opened yet")).to_be_visible()
    assert await page.get_by_role("region", name="Table of incidents").count() == 0
    assert await serious_findings(page) == []

    await press(page, page.get_by_role("button", name="Open the answers on 2 incidents"))
    rows = page.get_by_role("region", name="Table of incidents").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).to_contain_text("Config")
    assert await serious_findings(page) == []
    await press(page, rows.nth(1).get_by_role("link"))
    await page.wait_for_url(f"**/disagreements/{coding_round.number}/**")


async def test_a_lead_allows_a_look_and_takes_it_by_keyboard(site: Site, signed_in: SignedIn) -> None:
    table, coding_round = still_running(site)
    page = await signed_in(table.lead)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/rounds/{coding_round.number}")
    await page.wait_for_load_state()

    await press(page, page.get_by_role("button", name="Allow looks"))
    await press(page, page.get_by_role("button", name="Look at the figures now"))
    await expect(page.get_by_role("heading", name="A look at round 1 while it runs")).to_be_visible()
    assert await serious_findings(page) == []
    await press(page, page.get_by_role("link", name="Back to the round"))
    await expect(page.get_by_role("list", name="Looks")).to_contain_text(table.lead.name)
    assert await serious_findings(page) == []


async def test_a_wanted_precision_is_told_beside_the_plan_as_it_is_typed(site: Site, signed_in: SignedIn) -> None:
    with site.database.transaction() as session:
        table = make_table(session)
        makers.make_incidents(session, table.lead, 5)
        session.expunge_all()
    page = await signed_in(table.lead)
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/rounds/new")
    await page.wait_for_load_state()

    await page.get_by_label("Share of the rarest code, in per cent").focus()
    await page.keyboard.type("10")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("region", name="Incidents needed")).to_contain_text("294")
    assert await serious_findings(page) == []
