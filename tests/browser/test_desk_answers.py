"""The desk in a real browser while answers to acts come in: what is typed and selected stays, memos save themselves."""

import asyncio
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Page, Route, expect
from sqlalchemy import select

from app.coding.models import Evidence, Memo
from tests.browser.at_the_desk import SELECT_WORDS, adas_desk, opened, press, saved, saved_kinds
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


async def test_what_is_selected_and_half_typed_stays_while_answers_come_in(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["1"])
    await saved(page)
    await press(page, ["e"])
    await saved(page)
    await press(page, ["ArrowDown", "1", "/"])
    await page.keyboard.type("half a na")
    await saved(page)
    await page.keyboard.type("me")

    with site.database.reading() as session:
        assert list(session.scalars(select(Evidence.quote))) == ["40 minutes"]
    await expect(page.locator(f"#find-{bench.symptom.id}")).to_have_value("half a name")


async def test_a_memo_typed_and_not_left_is_there_after_a_reload(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.keyboard.press("m")
    await page.keyboard.type("Half a thought")
    await page.reload(wait_until="networkidle")

    await expect(page.locator("#memo-text")).to_have_value("Half a thought")
    await saved(page)
    assert adas_desk(site, bench).memo == "Half a thought"
    assert saved_kinds(site) == ["write_memo"]


async def test_promise_1_a_memo_is_made_private_by_its_tick_alone(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    on, _ = await held_back(page)
    box = page.get_by_label("Show it beside my answers")
    await press(page, ["m"])
    await page.keyboard.type("Mine alone")
    await box.uncheck()
    await page.reload()
    await expect(page.locator("#memo-text")).to_have_value("Mine alone")
    await expect(page.locator("#sharing-shared")).not_to_be_checked()
    on.set()
    await saved(page)
    assert memos(site) == [("Mine alone", "private")]

    await press(page, ["m"])
    await box.check()
    await saved(page)
    assert memos(site) == [("Mine alone", "shared")]
    await page.get_by_label("Memo on this incident").fill("")
    await box.uncheck()
    await press(page, ["Escape", "1"])
    await saved(page)
    assert memos(site) == []
    await press(page, ["m"])
    await page.keyboard.type("Again")
    await press(page, ["Escape"])
    await saved(page)
    assert memos(site) == [("Again", "private")]


def memos(site: Site) -> list[tuple[str, str]]:
    with site.database.reading() as session:
        return [(memo.text, memo.sharing) for memo in session.scalars(select(Memo))]


async def test_a_memo_that_is_typed_while_an_answer_comes_in_does_not_collide_with_it(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    typed = asyncio.Event()

    async def answers_once_the_memo_is_typed(route: Route) -> None:
        answer = await route.fetch()
        await typed.wait()
        await route.fulfill(response=answer)

    await page.route("**/acts", answers_once_the_memo_is_typed)
    await press(page, ["ArrowDown", "1", "ArrowUp", "1", "m"])
    await page.keyboard.type("Ask about the push")
    typed.set()
    await saved(page)
    await expect(page.get_by_label("Memo on this incident")).to_have_value("Ask about the push")
    await press(page, ["Escape", "Control+Enter"])
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))

    done = adas_desk(site, bench)
    assert (done.state, done.memo) == ("submitted", "Ask about the push")
    assert site.complaints == []


async def test_a_name_half_typed_in_the_next_dimension_goes_on_when_the_answer_for_the_former_comes_in(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    typed = asyncio.Event()

    async def answers_once_half_is_typed(route: Route) -> None:
        answer = await route.fetch()
        await typed.wait()
        await route.fulfill(response=answer)

    await page.route("**/acts", answers_once_half_is_typed)
    await press(page, ["1", "ArrowDown", "/"])
    await page.keyboard.type("Lost")
    typed.set()
    await saved(page)
    await page.keyboard.type(" flames")
    await press(page, ["Enter"])
    await saved(page)

    [chip] = adas_desk(site, bench).cards[1].applied
    assert chip.code.name == "Lost flames"
    assert site.complaints == []


STANDING = """() => [...document.querySelectorAll("[data-dimension]")].map(card => [
  card.querySelector(".answer-head .standing").innerText, card.querySelector("[data-brief]")?.textContent,
  [...card.querySelectorAll(".code-chip[aria-pressed=true]")].map(chip => chip.id),
]).concat([[document.getElementById("submit-count").textContent, document.getElementById("incident-state").textContent,
  document.getElementById("answered-count").textContent]])"""


async def held_back(page: Page) -> tuple[asyncio.Event, list[str | None]]:
    """What lets the acts go on, and which dimensions each of them asked to be shown."""
    on = asyncio.Event()
    sent: list[str | None] = []

    async def slowly(route: Route) -> None:
        sent.append(await route.request.header_value("Dimensions-To-Show"))
        await on.wait()
        await route.continue_()

    await page.route("**/acts", slowly)
    return on, sent


async def test_acts_done_while_one_is_on_its_way_are_all_shown_as_they_were_saved(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    on, sent = await held_back(page)
    await press(page, ["1", "ArrowDown", "1", "2", "ArrowUp", "2"])
    on.set()
    await saved(page)
    shown = await page.evaluate(STANDING)
    await page.reload(wait_until="networkidle")

    cause, symptom = str(bench.cause.id), str(bench.symptom.id)
    assert sent[0] == cause
    assert set((sent[-1] or "").split(",")) == {cause, symptom}
    assert shown == await page.evaluate(STANDING)
    assert [card.state for card in adas_desk(site, bench).cards] == ["coded", "coded"]


async def test_after_a_memo_on_its_way_the_whole_is_shown(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    on, sent = await held_back(page)
    await press(page, ["m"])
    await page.keyboard.type("Ask")
    await press(page, ["Escape", "1"])
    on.set()
    await saved(page)

    assert adas_desk(site, bench).memo == "Ask"
    assert sent == [None, None]
    await expect(page.locator("#memo .drawer-mark")).to_be_visible()
