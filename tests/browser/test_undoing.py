"""Undo and redo by keyboard, and while the network is away: the chips show what will be saved."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.at_the_desk import SELECT_WORDS, adas_desk, opened, press, saved, saved_kinds
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser


async def pressed(page: Page) -> list[str]:
    return await page.locator(".code-chip[aria-pressed=true]").evaluate_all(
        "chips => chips.map(chip => chip.dataset.codeName ?? chip.dataset.state)"
    )


async def test_acts_are_undone_and_redone_by_keyboard_quotes_included(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["1"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e"])
    await saved(page)
    await press(page, ["u"])
    await saved(page)

    await press(page, ["Control+z"])
    await expect(page.locator("mark.quote")).to_have_text("40 minutes")
    await page.reload(wait_until="networkidle")
    await press(page, ["Control+z", "Control+z"])
    await expect(page.locator(".code-chip[aria-pressed=true]")).to_have_count(0)
    await press(page, ["Control+z"])
    await expect(page.locator("#answers")).to_contain_text("There is nothing to undo")
    await press(page, ["Control+Shift+z", "Control+Shift+z"])
    await expect(page.locator("mark.quote")).to_have_text("40 minutes")
    await saved(page)

    [chip] = adas_desk(site, bench).cards[0].applied
    assert (chip.code.name, [quote.quote for quote in chip.evidence]) == ("Configuration", ["40 minutes"])


async def test_what_is_undone_offline_is_shown_so_and_saved_so(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.route("**/acts", lambda route: route.abort())
    await press(page, ["1", "2", "Control+z", "ArrowDown", "1", "2", "Control+z", "Control+z", "Control+Shift+z"])
    assert await pressed(page) == ["Configuration", "Slow answers"]
    await page.reload(wait_until="networkidle")
    assert await pressed(page) == ["Configuration", "Slow answers"]

    await page.unroute_all(behavior="wait")
    await page.reload(wait_until="networkidle")
    await saved(page)

    assert await pressed(page) == ["Configuration", "Slow answers"]
    cards = adas_desk(site, bench).cards
    assert [card.applied_ids for card in cards] == [{bench.config.id}, {bench.slow.id}]
    assert saved_kinds(site).count("undo") == 3
