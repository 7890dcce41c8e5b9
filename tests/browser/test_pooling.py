"""Pooling in a browser: a group made and settled by keyboard alone, while somebody watches it live."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import SignedIn, Site
from tests.curation.conftest import Board, make_board

pytestmark = pytest.mark.browser


def staged(site: Site) -> Board:
    with site.database.transaction() as session:
        board = make_board(session).settles()
        session.expunge_all()
        return board


async def serious_findings(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]


async def test_a_group_is_made_worded_and_settled_by_keyboard_while_another_watches(site: Site, signed_in: SignedIn):
    board = staged(site)
    page, watcher = await signed_in(board.lead), await signed_in(board.ben)
    await page.goto(site.url + board.address)
    await watcher.goto(site.url + board.address)
    await page.keyboard.press("p")
    await expect(page.get_by_text("You hold the pen.")).to_be_visible()
    await expect(watcher.get_by_text(f"{board.lead.name} holds the pen")).to_be_visible()

    for name in ("Quota", "Quota limit"):
        await page.get_by_role("checkbox", name=name, exact=True).focus()
        await page.keyboard.press("Space")
    await page.keyboard.press("g")
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Quota exceeded")
    await expect(watcher.get_by_role("heading", name="Quota exceeded")).to_be_visible()
    assert await serious_findings(page) == await serious_findings(watcher) == []

    await page.keyboard.press("Tab")
    await page.keyboard.type("A limit set by ourselves was reached.")
    await page.get_by_label("Why").focus()
    await page.keyboard.type("They mean the same.")
    await page.keyboard.press("Enter")

    settled = watcher.get_by_role("region", name="Settled")
    await expect(settled).to_contain_text("Quota, Quota limit")
    await expect(settled.get_by_role("link", name="Quota exceeded")).to_be_visible()
    await expect(page.get_by_text("2 proposed codes wait")).to_be_visible()
    assert site.complaints == []


async def test_one_card_dragged_onto_another_makes_a_group_of_the_two(site: Site, signed_in: SignedIn):
    board = staged(site)
    page = await signed_in(board.ada)
    await page.goto(site.url + board.address)
    await page.keyboard.press("p")
    await expect(page.get_by_text("You hold the pen.")).to_be_visible()
    await page.locator(f"#code-{board.small}").drag_to(page.locator(f"#code-{board.drained}"))
    await expect(page.get_by_text("2 codes, a draft")).to_be_visible()
    assert site.complaints == []
