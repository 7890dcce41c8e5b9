"""Pooling in a browser: a group made and settled by keyboard alone, while somebody watches it live."""

import pytest
from playwright.async_api import expect

from tests import makers
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site
from tests.curation.conftest import Board, make_board

pytestmark = pytest.mark.browser


def staged(site: Site) -> Board:
    with site.database.transaction() as session:
        board = make_board(session).settles()
        session.expunge_all()
        return board


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


async def test_a_group_is_put_under_a_category_of_the_codebook(site: Site, signed_in: SignedIn):
    board = staged(site)
    with site.database.transaction() as session:
        makers.make_code(session, board.lead, board.cause, "Limits", is_category=True)
    page = await signed_in(board.ada)
    await page.goto(site.url + board.address)
    await page.keyboard.press("p")
    await page.get_by_role("checkbox", name="Quota", exact=True).check()
    await page.keyboard.press("g")
    under = page.get_by_label("Stands under")
    await under.select_option("Limits")
    await page.get_by_role("radio", name="Retire").check()
    await expect(under).to_be_hidden()
    await page.get_by_role("radio", name="Take it in").check()
    await page.get_by_label("Why").fill("It is one of them.")
    assert await serious_findings(page) == []
    await page.get_by_role("button", name="Settle the group").click()

    await expect(page.get_by_role("region", name="Settled")).to_contain_text("Quota")
    await page.get_by_text("What the codebook holds here").click()
    await page.get_by_role("link", name="Quota", exact=True).first.click()
    await expect(page.get_by_role("main")).to_contain_text("Limits")
    assert site.complaints == []
