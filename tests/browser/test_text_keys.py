"""Words of the incident are selected by keys alone, and by a finger."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.coding.models import Evidence
from tests import makers
from tests.browser.at_the_desk import SELECT_WORDS, desk_url, opened, press, saved
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser

SELECTED = "getSelection().toString()"
MIDDLE_OF_WORDS = """words => {
  const walker = document.createTreeWalker(document.querySelector('[data-text-root]'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    const box = range.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  }
}"""


def quotes(site: Site) -> list[str]:
    with site.database.reading() as session:
        rows = session.execute(select(Evidence.quote, Evidence.start, Evidence.end).order_by(Evidence.id)).all()
    assert all(makers.TEXT[start:end] == quote for quote, start, end in rows)
    return [quote for quote, _, _ in rows]


async def steps(page: Page, *presses: str) -> list[str]:
    """What is selected after each key."""
    found = []
    for key in presses:
        await page.keyboard.press(key)
        found.append(await page.evaluate(SELECTED))
    return found


async def test_words_and_sentences_are_selected_and_quoted_by_keys_alone(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["1"])
    first, second = "The gateway returned 502 😀 for 40 minutes after a bad config push.", "We rolled the push back."

    assert await steps(page, "t", "ArrowDown", "ArrowUp") == [first, second, first]
    words = await steps(page, *["ArrowRight"] * 5, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft")
    assert words == ["The", "gateway", "returned", "502", "😀", "😀 for", "😀 for 40", "😀 for"]
    await press(page, ["Shift+ArrowRight", "e"])
    await saved(page)
    await expect(page.locator("mark.quote")).to_have_text("😀 for 40")
    assert await steps(page, "ArrowRight") == ["minutes"]
    assert await steps(page, "Shift+Control+ArrowDown") == [f"minutes after a bad config push. {second}"]
    await press(page, ["Escape", "ArrowDown", "1", "t", "e"])
    await saved(page)

    assert quotes(site) == ["😀 for 40", f"minutes after a bad config push. {second}"]
    await expect(page.locator("#words-selected")).to_have_text(f"minutes after a bad config push. {second}")
    assert site.complaints == []


async def test_selecting_with_the_mouse_leaves_the_arrows_to_the_dimensions(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.mouse.dblclick(*await page.evaluate(MIDDLE_OF_WORDS, "gateway"))
    assert await page.evaluate(SELECTED) == "gateway"
    await press(page, ["1", "e", "ArrowDown", "1"])
    await saved(page)

    assert quotes(site) == ["gateway"]
    await expect(page.locator(f"#dimension-{bench.symptom.id} [data-code][aria-pressed=true]")).to_have_count(1)
    await expect(page.locator("#incident-text")).to_have_attribute("tabindex", "0")


async def test_words_selected_with_a_finger_become_evidence(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await signed_in(bench.ada, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await page.goto(desk_url(site, bench), wait_until="networkidle")
    await page.locator(f"#code-{bench.config.id}").tap()
    await saved(page)
    await page.locator("#incident-text").scroll_into_view_if_needed()
    await page.evaluate(SELECT_WORDS, "gateway returned")  # as a long press does, which Chromium has on phones only
    await expect(page.locator(".bench")).to_contain_class("has-selection")

    await page.get_by_role("button", name="evidence from selection").tap()
    await saved(page)
    assert quotes(site) == ["gateway returned"]
