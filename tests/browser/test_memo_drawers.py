"""Memos at the desk: the drawer of the incident's own memo, and the one over the page for a quote or a code."""

import pytest
from playwright.async_api import Dialog, Locator, Page, expect
from sqlalchemy import select

from app.coding.models import Memo
from tests.browser.at_the_desk import SELECT_WORDS, adas_desk, opened, press, saved, saved_kinds
from tests.browser.conftest import SignedIn, Site
from tests.browser.test_two_tabs import second_tab
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser


def memos(site: Site, kind: str) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(Memo.text).where(Memo.subject_kind == kind).order_by(Memo.id)))


async def over_a_quote(page: Page, words: str = "40 minutes") -> Locator:
    """The link to the memos on a quote, which is made first."""
    await press(page, ["1"])
    await page.evaluate(SELECT_WORDS, words)
    await press(page, ["e"])
    await saved(page)
    return page.get_by_role("link", name="Memos on this quote")


async def test_a_memo_is_opened_by_key_or_mouse_saved_and_closed_back_to_where_it_came_from(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    summary, field = page.locator("#memo > summary"), page.get_by_label("Memo on this incident")
    await press(page, ["m"])
    await expect(field).to_be_focused()
    await page.keyboard.type("By key")
    await press(page, ["Escape"])
    await expect(field).to_be_hidden()
    await expect(summary).to_be_focused()
    await saved(page)
    assert adas_desk(site, bench).memo == "By key"

    await summary.click()
    await expect(field).to_be_focused()
    await field.fill("By mouse")
    await page.get_by_role("button", name="Save memo").click()
    await saved(page)
    assert adas_desk(site, bench).memo == "By mouse"
    assert set(saved_kinds(site)) == {"write_memo"}
    assert site.complaints == []


@pytest.mark.parametrize(
    ("key", "label", "kind"), [("m", "Memo on this incident", "write_memo"), ("f", "What should", "flag")]
)
async def test_ctrl_enter_in_a_drawer_saves_what_is_typed_there_and_never_submits(
    site: Site, bench: Bench, signed_in: SignedIn, key: str, label: str, kind: str
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["0", "ArrowDown", "0"])
    await saved(page)
    await press(page, [key])
    await expect(page.get_by_label(label)).to_be_focused()
    await page.keyboard.type("Ask about the push")
    await press(page, ["Control+Enter", "Escape"])
    await saved(page)

    assert saved_kinds(site) == ["answer", "answer", kind]
    assert adas_desk(site, bench).state == "draft"
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))
    assert adas_desk(site, bench).state == "submitted"
    assert site.complaints == []


async def test_a_note_that_is_not_saved_is_asked_about_before_the_submit_and_once(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["0", "ArrowDown", "0"])
    await saved(page)
    await press(page, ["f"])
    await page.keyboard.type("Look at the times")
    await press(page, ["Escape"])
    asked: list[str] = []
    answers = iter([False, True])

    async def answered(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if next(answers) else dialog.dismiss())

    page.on("dialog", answered)
    await press(page, ["Control+Enter"])
    assert (len(asked), adas_desk(site, bench).state) == (1, "draft")
    assert await page.locator("#flag-note").input_value() == "Look at the times"

    await press(page, ["Control+Enter"])
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))
    assert (len(asked), adas_desk(site, bench).state) == (2, "submitted")
    assert site.complaints == []


async def test_ctrl_enter_while_a_code_is_named_makes_the_code(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["n"])
    await page.keyboard.type("Expired certificates")
    await press(page, ["Control+Enter"])
    await saved(page)

    assert [chip.code.name for chip in adas_desk(site, bench).cards[0].applied] == ["Expired certificates"]
    assert saved_kinds(site) == ["create_code"]


async def test_skipping_by_ctrl_enter_wants_its_reason_and_asks_nothing_more(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    page.on("dialog", lambda asked: site.complaints.append(asked.message))
    await press(page, ["s", "Control+Enter"])
    await expect(page.get_by_label("Why can it not be coded?")).to_be_visible()
    await page.keyboard.type("A duplicate")
    await press(page, ["Control+Enter"])
    await page.wait_for_url(lambda url: not url.endswith(f"/{bench.adas.id}"))

    assert adas_desk(site, bench).state == "skipped" and saved_kinds(site) == ["skip"]
    assert site.complaints == []


async def test_promise_6_a_memo_written_in_two_tabs_is_shown_in_both_versions(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    one = await opened(await signed_in(bench.ada), site, bench)
    other = await second_tab(one)
    for page, words in ((one, "Here"), (other, "There")):
        await press(page, ["m"])
        await page.keyboard.type(words)
        await press(page, ["Control+Enter"])
        if page is one:
            await saved(page)

    await expect(other.locator("#collision")).to_contain_text("There")
    await expect(other.locator("#collision")).to_contain_text("Here")
    assert adas_desk(site, bench).memo == "Here"
    await other.get_by_role("button", name="Do mine again").click()
    await saved(other)
    assert adas_desk(site, bench).memo == "There"


async def test_the_memos_of_a_quote_are_saved_over_the_desk_and_escape_gives_the_focus_back(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    link, drawer = await over_a_quote(page), page.get_by_role("complementary", name="Memos")
    await link.focus()
    await press(page, ["Enter"])
    await expect(drawer.get_by_label("New memo")).to_be_focused()
    await page.keyboard.type("Says who?")
    await press(page, ["Control+Enter"])
    await expect(drawer.locator(".memo-text")).to_have_text("Says who?")
    assert memos(site, "quote") == ["Says who?"] and adas_desk(site, bench).state == "draft"

    await expect(drawer.get_by_label("New memo")).to_be_focused()
    await press(page, ["Escape"])
    await expect(drawer.get_by_label("New memo")).to_have_count(0)
    await expect(link).to_be_focused()
    assert site.complaints == []


async def test_escape_closes_the_memos_back_to_their_link_also_after_an_act(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    link, drawer = await over_a_quote(page), page.get_by_role("complementary", name="Memos")
    await link.click()
    await expect(drawer.get_by_label("New memo")).to_be_focused()
    await page.get_by_role("button", name="Not enough information").last.focus()
    await press(page, ["ArrowUp"])
    await page.evaluate(SELECT_WORDS, "bad config")
    await press(page, ["e"])  # puts the card with the link anew
    await expect(page.get_by_role("link", name="Memos on this quote")).to_have_count(2)
    await press(page, ["Escape"])

    await expect(drawer.get_by_label("New memo")).to_have_count(0)
    await expect(link.first).to_be_focused()


async def test_a_memo_that_is_not_saved_goes_only_after_a_question(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    link, drawer = await over_a_quote(page), page.get_by_role("complementary", name="Memos")
    field, asked = drawer.get_by_label("New memo"), list[str]()
    answer = "dismiss"

    async def answers(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await (dialog.dismiss() if answer == "dismiss" else dialog.accept())

    page.on("dialog", answers)
    await link.click()
    await field.fill("Half a thought")
    await press(page, ["Escape", "Escape"])
    await drawer.get_by_role("button", name="Close the memos").click()
    await link.click()
    await expect(field).to_have_value("Half a thought")
    assert asked == ["confirm", "confirm"]

    answer = "accept"
    await drawer.get_by_role("button", name="Close the memos").click()
    await expect(field).to_have_count(0)
    await expect(link).to_be_focused()
    assert memos(site, "quote") == []
