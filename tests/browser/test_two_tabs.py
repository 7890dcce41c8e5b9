"""Two tabs of one coder on one incident: the later act never takes away unseen what the other tab did (promise 6)."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.at_the_desk import adas_desk, kept, opened, press, saved, saved_kinds
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser


async def second_tab(page: Page) -> Page:
    """Opened by the first, as a copied tab is: what the first keeps for its session comes along."""
    async with page.expect_popup() as opening:
        await page.evaluate("window.open(location.href)")
    other = await opening.value
    await other.wait_for_load_state("networkidle")
    return other


async def test_promise_6_two_tabs_offline_are_shown_both(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    await one.context.set_offline(True)
    await press(one, ["1"])
    await press(other, ["2"])
    assert await kept(one) == 2

    await one.context.set_offline(False)

    await expect(other.locator("#collision")).to_contain_text("Root cause: Configuration")
    await expect(other.locator("#collision")).to_contain_text("Network")
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.config.id}

    await other.get_by_role("button", name="Do mine again").click()
    await saved(other)
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.network.id}
    await expect(one.locator("#collision")).to_be_hidden()


async def test_promise_6_a_tab_does_not_stand_on_a_slow_save_of_another(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    await one.route("**/acts", lambda route: route.abort())
    await other.route("**/acts", lambda route: route.abort())
    await press(one, ["1"])
    await expect(one.locator("#saved [data-saved=waiting]")).to_be_visible()
    await press(other, ["2"])

    await other.unroute("**/acts")

    await expect(other.locator("#collision")).to_contain_text("Root cause: Configuration", timeout=15_000)
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.config.id}


async def test_the_stored_state_takes_only_what_stood_on_the_old_one(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    await one.context.set_offline(True)
    await press(one, ["1"])
    await press(other, ["2", "ArrowDown", "2"])
    await press(one, ["ArrowDown", "1"])
    await one.context.set_offline(False)

    await expect(other.locator("#collision")).to_contain_text("Root cause: Configuration")
    await other.get_by_role("link", name="Use the stored state").click()
    await saved(one)

    cards = adas_desk(site, bench).cards
    assert cards[0].applied_ids == {bench.config.id}
    assert cards[1].applied_ids == {bench.slow.id}


async def test_twenty_acts_done_offline_in_one_tab_never_collide(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await second_tab(page)
    await page.bring_to_front()
    await page.context.set_offline(True)
    await press(page, ["1", "2"] * 5 + ["ArrowDown"] + ["1", "2"] * 4 + ["1", "2"])
    assert await kept(page) == 20

    await page.context.set_offline(False)
    await saved(page)

    assert saved_kinds(site) == ["toggle_code"] * 20
    await press(page, ["0"])
    await saved(page)
    assert adas_desk(site, bench).cards[1].state == "none_applies"
    assert [said for said in site.complaints if "ERR_INTERNET_DISCONNECTED" not in said] == []


async def test_after_a_reload_what_waits_is_shown_and_the_next_act_stands_on_it(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    let_through = asyncio.Event()

    async def waits(route) -> None:  # type: ignore[no-untyped-def]
        if let_through.is_set():
            await route.continue_()
        else:
            await route.abort()

    await page.context.route("**/acts", waits)
    await press(page, ["2", "ArrowDown", "1"])
    await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("2 not yet saved")

    await page.reload(wait_until="networkidle")

    await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("2 not yet saved")
    await expect(page.locator(f"#code-{bench.network.id}")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(f"#code-{bench.slow.id}")).to_have_attribute("aria-pressed", "true")
    await press(page, ["1"])
    let_through.set()
    await saved(page)

    cards = adas_desk(site, bench).cards
    assert cards[0].applied_ids == {bench.config.id}
    assert cards[1].applied_ids == {bench.slow.id}
    await expect(page.locator("#collision")).to_be_hidden()


async def test_promise_6_the_later_tab_is_shown_both_and_chooses_for_each_dimension(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    await one.context.set_offline(True)
    await press(one, ["1", "ArrowDown", "1"])
    await press(other, ["2", "ArrowDown", "1", "2"])
    await one.context.set_offline(False)

    choice = other.locator("[data-collision-choice]")
    cause, symptom = choice.get_by_label("Root cause"), choice.get_by_label("Symptom")
    await expect(choice.locator("label").first).to_have_text("Root cause yours: Network; stored: Configuration")
    await expect(choice.locator("label").nth(1)).to_contain_text("yours: Slow answers, Outage; stored:")
    await saved_by(one, 3)
    await cause.uncheck()
    await expect(symptom).to_be_checked()
    await other.get_by_role("button", name="Do mine again").click()
    await saved(other)

    cards = adas_desk(site, bench).cards
    assert cards[0].applied_ids == {bench.config.id}
    assert cards[1].applied_ids == {bench.slow.id, bench.down.id}  # what both had pressed is not pressed off again


async def test_promise_6_a_memo_that_collides_is_what_the_coder_chose(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    field, shared = other.get_by_label("Memo on this incident"), other.get_by_label("Show it beside my answers")
    await writes_memo(one, "From the first tab")
    await saved(one)
    await other.bring_to_front()
    await other.keyboard.press("m")
    await shared.uncheck()
    await field.fill("From the second tab")
    await press(other, ["Escape"])
    await expect(other.locator("#collision")).to_contain_text("memo: “From the first tab”")
    await expect(field).to_have_value("From the second tab")
    await other.get_by_role("link", name="Use the stored state").click()
    await expect(other.locator("#collision")).to_be_hidden()
    await other.reload(wait_until="networkidle")
    await saved(other)
    assert (adas_desk(site, bench).memo, saved_kinds(site)) == ("From the first tab", ["write_memo"])
    await expect(field).to_have_value("From the first tab")

    await writes_memo(one, "Changed in the first tab")
    await saved(one)
    await other.bring_to_front()
    await press(other, ["m"])
    await field.fill("Changed in the second tab")
    await press(other, ["Escape"])
    await expect(other.locator("#collision")).to_contain_text("memo: “Changed in the first tab”")
    await other.get_by_role("button", name="Do mine again").click()
    await saved(other)
    await other.reload(wait_until="networkidle")
    assert adas_desk(site, bench).memo == "Changed in the second tab"
    assert saved_kinds(site) == ["write_memo"] * 3


async def test_promise_6_nothing_is_done_beside_a_collision_and_half_a_memo_is_chosen_for_too(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    await press(one, ["2"])
    await saved(one)
    await other.bring_to_front()
    let_through = asyncio.Event()

    async def waits(route) -> None:  # type: ignore[no-untyped-def]
        await let_through.wait()
        await route.continue_()

    await other.route("**/acts", waits)
    await press(other, ["1", "m"])
    await other.keyboard.type("Half a thought")
    let_through.set()
    collision = other.locator("#collision")
    await expect(collision).to_contain_text("Root cause: apply “Configuration”")
    await expect(collision.get_by_label("The incident")).to_be_visible()
    await expect(collision).to_contain_text("memo “Half a thought”")
    await expect(collision).to_be_focused()
    await press(other, ["ArrowDown", "2", "Control+z", "f", "Control+Enter"])
    assert await kept(other) == 2

    await collision.get_by_label("The incident").uncheck()
    await other.get_by_role("button", name="Do mine again").click()
    await expect(collision).to_be_hidden()
    await press(other, ["ArrowDown", "2"])
    await saved(other)
    await other.reload(wait_until="networkidle")
    await saved(other)
    done = adas_desk(site, bench)
    assert [card.applied_ids for card in done.cards] == [{bench.config.id}, {bench.down.id}]
    assert (done.memo, saved_kinds(site)) == ("", ["toggle_code"] * 3)


async def writes_memo(page: Page, words: str) -> None:
    await page.bring_to_front()
    await press(page, ["m"])
    await page.get_by_label("Memo on this incident").fill(words)
    await press(page, ["Escape"])


async def saved_by(page: Page, left: int) -> None:
    """All of the first tab's acts went; so many of the other's wait for a decision."""
    counted = "Object.keys(localStorage).filter(key => key.startsWith('tandem-act/')).length"
    await page.wait_for_function(f"() => {counted} === {left}", polling=50)
