"""The desk in a real browser: coding by keyboard, exact quotes, and a queue of acts that survives a lost network."""

import asyncio
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Route, expect
from sqlalchemy import select

from app.coding.models import Evidence
from tests import makers
from tests.browser.at_the_desk import SELECT_WORDS, adas_desk, desk_url, kept, opened, press, saved, saved_kinds
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


async def test_an_incident_is_coded_with_the_keyboard_alone(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await press(page, ["1", "ArrowDown", "1", "2"])
    await saved(page)
    await press(page, ["/"])
    await page.keyboard.type("Lost messages")
    await press(page, ["Enter"])
    await saved(page)
    await press(page, ["m"])
    await page.keyboard.type("Ask about the push")
    await press(page, ["Escape", "Control+Enter"])
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))

    done = adas_desk(site, bench)
    assert done.state == "submitted"
    assert done.memo == "Ask about the push"
    assert [chip.code.name for chip in done.cards[0].applied] == ["Configuration"]
    assert [chip.code.name for chip in done.cards[1].applied] == ["Slow answers", "Outage", "Lost messages"]
    assert site.complaints == []


async def test_none_applies_and_not_enough_information_have_keys(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await press(page, ["0", "ArrowDown", "u"])
    await saved(page)

    assert [card.state for card in adas_desk(site, bench).cards] == ["none_applies", "not_enough_information"]


async def test_tab_goes_from_dimension_to_dimension(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await press(page, ["ArrowDown", "ArrowUp", "Tab", "1"])
    await saved(page)

    assert [card.is_answered for card in adas_desk(site, bench).cards] == [False, True]


async def test_evidence_after_an_emoji_has_exact_offsets(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await press(page, ["1"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e"])
    await saved(page)

    start = makers.TEXT.index("40 minutes")
    with site.database.reading() as session:
        spans = session.execute(select(Evidence.start, Evidence.end, Evidence.quote)).all()
    assert spans == [(start, start + 10, "40 minutes")]
    await expect(page.locator("mark.quote")).to_have_text("40 minutes")
    assert site.complaints == []


async def test_a_second_quote_is_exact_where_the_text_is_marked_already(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["1"])
    for words in ("40 minutes", " after a bad"):
        await page.evaluate(SELECT_WORDS, words)
        await press(page, ["e"])
        await saved(page)

    with site.database.reading() as session:
        quotes = {(row.quote, makers.TEXT[row.start : row.end]) for row in session.scalars(select(Evidence))}
    assert quotes == {("40 minutes", "40 minutes"), ("after a bad", "after a bad")}


async def test_a_code_named_from_the_selected_words_brings_them_as_evidence(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await page.evaluate(SELECT_WORDS, "bad config push")
    await press(page, ["i", "Enter"])
    await saved(page)

    [chip] = adas_desk(site, bench).cards[0].applied
    assert (chip.code.name, [quote.quote for quote in chip.evidence]) == ("bad config push", ["bad config push"])


async def test_finding_a_code_that_is_applied_leaves_it_applied(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    for _ in range(2):
        await press(page, ["/"])
        await page.keyboard.type("netw")
        await press(page, ["Enter"])
    await expect(page.get_by_text("This code is applied already.")).to_be_visible()
    await saved(page)

    assert adas_desk(site, bench).cards[0].applied_ids == {bench.network.id}


async def test_finding_takes_the_first_code_that_fits(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    await press(page, ["/"])
    await page.keyboard.type("netw")
    await press(page, ["Enter"])
    await saved(page)

    assert adas_desk(site, bench).cards[0].applied_ids == {bench.network.id}


async def test_what_was_done_offline_survives_a_reload_and_is_sent_once(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    reached = asyncio.Event()

    async def reaches_the_server_but_no_answer_comes(route: Route) -> None:
        if not reached.is_set():
            await route.fetch()
            reached.set()
        await route.abort()

    await page.route("**/acts", reaches_the_server_but_no_answer_comes)
    await press(page, ["1", "ArrowDown", "1", "2"])
    await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("3 not yet saved")
    await reached.wait()
    assert await kept(page) == 3
    assert saved_kinds(site) == ["toggle_code"]

    await page.unroute_all(behavior="wait")
    await page.reload(wait_until="networkidle")
    await saved(page)

    assert saved_kinds(site) == ["toggle_code"] * 3
    cards = adas_desk(site, bench).cards
    assert cards[0].applied_ids == {bench.config.id}
    assert cards[1].applied_ids == {bench.slow.id, bench.down.id}
    await expect(page.locator(f"#dimension-{bench.symptom.id} .code-chip[aria-pressed=true]")).to_have_count(2)


async def test_another_member_in_the_same_browser_does_not_send_what_is_kept(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.route("**/acts", lambda route: route.abort())
    await press(page, ["1"])
    await expect(page.locator("#saved [data-saved=waiting]")).to_be_visible()
    left_open = page
    await left_open.unroute("**/acts")

    bens = await signed_in(bench.ben, context=page.context)
    await bens.goto(f"{site.url}/studies/{bench.lead.study.slug}/assignments/{bench.bens.id}", wait_until="networkidle")
    assert await kept(bens) == 1
    await expect(left_open.locator("#notice")).to_contain_text("Somebody else signed in", timeout=15_000)
    assert saved_kinds(site) == []
    assert await kept(bens) == 1

    back = await opened(await signed_in(bench.ada, context=page.context), site, bench)
    await saved(back)
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.config.id}


async def test_an_act_on_an_old_state_is_shown_both_and_can_be_done_again(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    with site.database.transaction() as session:
        makers.act(session, bench.ada, bench.adas, "toggle_code", dimension_id=bench.cause.id, code_id=bench.network.id)

    await press(page, ["1", "ArrowDown", "1"])
    await expect(page.locator("#collision")).to_contain_text("Root cause: Network")
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.network.id}
    await page.get_by_role("button", name="Do mine again").click()
    for _ in range(50):  # the second of the two acts waits for the answer to the first
        await saved(page)
        if adas_desk(site, bench).cards[1].applied_ids:
            break
        await page.wait_for_timeout(100)

    cards = adas_desk(site, bench).cards
    assert cards[0].applied_ids == {bench.config.id}
    assert cards[1].applied_ids == {bench.slow.id}


async def test_the_stored_state_can_be_kept_instead(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    with site.database.transaction() as session:
        makers.act(session, bench.ada, bench.adas, "toggle_code", dimension_id=bench.cause.id, code_id=bench.network.id)

    await press(page, ["1"])
    await page.get_by_role("link", name="Use the stored state").click()

    assert await kept(page) == 0
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.network.id}


async def test_a_signed_out_coder_loses_nothing(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.context.clear_cookies()

    await press(page, ["1"])
    await expect(page.locator("#saved [data-saved=signed-out]")).to_be_visible()
    assert await kept(page) == 1

    back = await opened(await signed_in(bench.ada, context=page.context), site, bench)
    await saved(back)
    assert adas_desk(site, bench).cards[0].applied_ids == {bench.config.id}


async def test_an_answer_that_does_not_name_the_act_acknowledges_nothing(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    """Such as the page of a hotel's network, which answers 200 to everything."""
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.route("**/acts", lambda route: route.fulfill(status=200, body="<p>Accept our terms</p>"))

    await press(page, ["1"])
    await expect(page.locator("#saved [data-saved=waiting]")).to_be_visible()

    assert await kept(page) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_axe_finds_nothing_serious(
    site: Site, bench: Bench, signed_in: SignedIn, scheme: str, width: int
) -> None:
    with site.database.transaction() as session:
        start = makers.TEXT.index("40 minutes")
        for dimension, code in ((bench.cause, bench.config), (bench.symptom, bench.slow)):
            place = {"dimension_id": dimension.id, "code_id": code.id, "start": start, "end": start + 10}
            makers.act(session, bench.ada, bench.adas, "add_evidence", quote="40 minutes", **place)
    page = await signed_in(bench.ada, color_scheme=scheme, viewport={"width": width, "height": 900})
    for url in (desk_url(site, bench), f"{site.url}/studies/{bench.lead.study.slug}/coding"):
        await page.goto(url, wait_until="networkidle")
        await page.evaluate(AXE.read_text())
        found = await page.evaluate("axe.run().then(result => result.violations)")
        serious = [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found
                   if each["impact"] in ("serious", "critical")]  # fmt: skip
        assert serious == []


async def test_on_a_phone_the_keys_of_a_selection_leave_the_submit_bar_free(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await signed_in(bench.ada, viewport={"width": 390, "height": 500}, has_touch=True)
    await opened(page, site, bench)
    await press(page, ["1"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await page.locator(".incident").scroll_into_view_if_needed()
    quote = page.locator(".key-strip [data-quotes-for]")
    await expect(quote).to_be_in_viewport()
    await page.locator("#submit").scroll_into_view_if_needed()
    on_top = (
        "at => { const box = at.getBoundingClientRect();"
        " return at.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }"
    )
    assert await page.locator("#submit").evaluate(on_top)
    await page.locator(".incident").evaluate("text => text.scrollIntoView()")
    assert await quote.evaluate(on_top)
    await quote.tap()
    await saved(page)
    assert len(adas_desk(site, bench).cards[0].evidence) == 1


async def test_the_focus_is_never_lost_and_a_refusal_goes_with_the_next_save(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    refused = page.get_by_text("There is nothing to undo")
    await press(page, ["Control+z"])
    await expect(refused).to_be_visible()
    await press(page, ["1"])
    await expect(refused).to_have_count(0)
    await press(page, ["Control+Enter"])
    incomplete = page.get_by_role("button", name="Submit as it is")
    await expect(incomplete).to_be_visible()
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e"])
    await expect(incomplete).to_have_count(0)
    await page.get_by_role("button", name="Remove this quote").click()
    await saved(page)
    await expect(page.locator(f"#head-{bench.cause.id}")).to_be_focused()
    await press(page, ["f"])
    await page.keyboard.type("Look at the push")
    await press(page, ["Control+Enter"])
    await saved(page)
    await expect(page.locator("#flag > summary")).to_be_focused()
    await press(page, ["ArrowDown", "1", "Control+Enter"])
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))
    await opened(page, site, bench)
    await page.get_by_role("button", name="Take back").click()
    await expect(page.locator("#submit")).to_be_visible()
    assert await page.evaluate("document.activeElement.matches('[data-dimension-head]')")


async def test_ctrl_enter_in_the_find_box_takes_or_makes_the_code_and_submits_nothing(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["/"])
    await page.keyboard.type("netw")
    await press(page, ["Control+Enter", "ArrowDown", "/"])
    await page.keyboard.type("Lost messages")
    await press(page, ["Control+Enter", "/"])
    await page.keyboard.type("Slow anwsers")
    await press(page, ["ArrowDown", "Control+Enter"])
    await saved(page)
    done = adas_desk(site, bench)
    assert [[chip.code.name for chip in card.applied] for card in done.cards] == [
        ["Network"],
        ["Slow answers", "Lost messages"],
    ]
    assert done.state == "draft"
    await press(page, ["/", "Control+Enter"])
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))
    assert adas_desk(site, bench).state == "submitted"


async def test_what_waits_is_drawn_as_it_will_be_and_what_is_undone_is_not(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.route("**/acts", lambda route: route.abort())
    await press(page, ["1"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e", "ArrowDown", "/"])
    await page.keyboard.type("Lost messages")
    await press(page, ["Enter", "f"])
    await page.keyboard.type("Look")
    await press(page, ["Control+Enter"])
    for _ in range(2):
        await expect(page.locator(".quote-link.is-guess q")).to_have_text("40 minutes")
        await expect(page.locator(f"#dimension-{bench.symptom.id} .code-chip.is-guess")).to_contain_text(
            "Lost messages"
        )
        await expect(page.get_by_text("Flagged, not yet saved")).to_be_visible()
        assert await page.evaluate("[...CSS.highlights.get('quote-not-yet-saved')].join()") == "40 minutes"
        await page.reload(wait_until="networkidle")
    await press(page, ["Control+z"])
    await expect(page.get_by_text("Flagged, not yet saved")).to_have_count(0)
    await press(page, ["Control+z"])
    await expect(page.locator(".code-chip.is-guess")).to_have_count(0)
    await press(page, ["Control+z"])
    await expect(page.locator(".quote-link.is-guess")).to_have_count(0)
    await press(page, ["Control+Shift+z"])
    await expect(page.locator(".quote-link.is-guess")).to_have_count(1)
    await page.unroute_all(behavior="wait")
    await page.reload(wait_until="networkidle")
    await saved(page)
    await expect(page.locator("[data-guess]")).to_have_count(0)
    await expect(page.locator("mark.quote")).to_have_text("40 minutes")
