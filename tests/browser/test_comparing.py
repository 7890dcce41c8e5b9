"""Quotes compared and moved, and what a change makes stale: by keyboard alone, and without a script."""

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from app.accounts.viewer import COOKIE
from app.adjudication.models import FinalCode
from app.codebook.actions import CodeText
from app.codebook.splitting import split_code
from app.curation.recoding_models import Recoding
from app.rounds.models import Round
from tests.browser.conftest import SignedIn, Site
from tests.browser.test_pooling import serious_findings
from tests.curation.comparing import Quotes, make_quotes
from tests.curation.test_stale import rewords

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def staged(site: Site) -> tuple[Quotes, str]:
    with site.database.transaction() as session:
        quotes = make_quotes(session)
        quotes.table.steps_to("settling")
        rewords(quotes, quotes.table.network)
        session.expunge_all()
        return quotes, f"{site.url}/studies/{quotes.table.lead.study.slug}/codebook"


def finals(site: Site, quotes: Quotes) -> list[tuple[int, str]]:
    with site.database.reading() as session:
        rows = select(FinalCode.code_id, FinalCode.basis).where(
            FinalCode.incident_id == quotes.incident(0).id,
            FinalCode.dimension_id == quotes.table.cause.id,
            FinalCode.superseded_at.is_(None),
        )
        return [(code_id, basis) for code_id, basis in session.execute(rows)]


async def test_quotes_are_opened_chosen_moved_and_taken_back_by_keyboard_alone(site: Site, signed_in: SignedIn):
    quotes, base = staged(site)
    table = quotes.table
    page = await signed_in(table.lead)
    await page.goto(f"{base}/codes/{table.config.id}")
    await page.get_by_role("link", name="Quotes", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Show the quotes")).to_be_visible()
    await page.wait_for_load_state()
    await page.keyboard.press("o")
    boxes = page.get_by_role("checkbox", name="Choose the quote from INC-1")
    await expect(boxes).to_have_count(3)
    await page.wait_for_load_state()
    assert await serious_findings(page) == []
    for place in range(3):
        await boxes.nth(place).focus()
        await page.keyboard.press("Space")
    await page.keyboard.press("m")
    await expect(page.get_by_role("heading", name="Move 3 quotes")).to_be_visible()
    assert await serious_findings(page) == []
    await page.get_by_label("Code", exact=True).focus()
    await page.keyboard.type("Human")
    await expect(page.get_by_label("Name")).to_be_hidden()
    await page.get_by_label("Why").focus()
    await page.keyboard.type("Somebody skipped a step.")
    await page.keyboard.press("Enter")

    recodings = page.get_by_role("region", name="Recodings")
    await expect(recodings).to_contain_text("Somebody skipped a step.")
    assert finals(site, quotes) == [(table.human.id, "recoded")]
    await recodings.get_by_text("Take back").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("They had not.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Recodings")).to_contain_text("They had not.")
    await expect(boxes).to_have_count(3)
    assert finals(site, quotes) == [(table.config.id, "unanimous")] and site.complaints == []


async def holder(page: Page) -> str:
    """The id of what holds the focus; that of a body is empty."""
    return str(await page.evaluate("document.activeElement.id"))


async def test_with_a_script_the_coders_come_with_the_quotes_and_the_focus_is_never_lost(
    site: Site, signed_in: SignedIn
):
    quotes, base = staged(site)
    table = quotes.table
    page = await signed_in(table.lead)
    await page.goto(f"{base}/codes/{table.config.id}/quotes")
    await page.wait_for_load_state()
    await expect(page.get_by_label("Coder", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Show the quotes").focus()
    await page.keyboard.press("Enter")
    cards = page.get_by_role("region", name="Configuration", exact=True).get_by_role("article")
    await expect(cards).to_have_count(4)
    assert await holder(page) == "main-h"
    await page.get_by_label("Coder", exact=True).focus()
    await page.keyboard.type(table.ben.name)
    await expect(cards).to_have_count(1)
    assert await holder(page) == "coder"
    assert f"coder={table.ben.member.id}" in page.url
    assert site.complaints == []

    await page.get_by_role("button", name="Move the chosen").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Choose at least one quote")).to_be_visible()
    await expect(cards).to_have_count(1)
    await expect(page.get_by_role("checkbox", name="Choose the quote from INC-1")).to_be_focused()
    assert await serious_findings(page) == []


def split_stage(site: Site) -> tuple[Quotes, str]:
    with site.database.transaction() as session:
        quotes = make_quotes(session)
        quotes.table.steps_to("settling")
        lead, config = quotes.table.lead, quotes.table.config
        parts = [CodeText("Rollout", "It came with a rollout."), CodeText("Wrong value", "A value was wrong.")]
        split_code(session, lead.study.id, lead.member, config.id, parts, reason="two things")
        session.expunge_all()
        return quotes, f"{site.url}/studies/{lead.study.slug}/codebook/codes/{config.id}"


async def test_what_a_split_left_is_worked_through_by_keyboard_alone(site: Site, signed_in: SignedIn):
    quotes, base = split_stage(site)
    page = await signed_in(quotes.table.lead)
    await page.goto(base)
    await page.get_by_role("link", name="Settle them one by one").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="What the split left")).to_be_visible()
    await page.wait_for_load_state()
    await page.keyboard.press("o")
    await expect(page.locator("#case-h")).to_contain_text("INC-1")
    await page.wait_for_load_state()
    assert await serious_findings(page) == []
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#case-h")).to_contain_text("INC-2")
    await page.wait_for_load_state()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#case-h")).to_contain_text("INC-1")
    await page.wait_for_load_state()

    await page.keyboard.press("1")  # without a reason nothing is settled: the browser asks for it
    await expect(page.get_by_label("Why", exact=True)).to_be_focused()
    await page.keyboard.type("It came with a rollout.")
    await page.keyboard.press("Enter")  # settles nothing
    await expect(page.locator("#work-left")).to_contain_text("2 incidents left")
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await expect(page.locator("#work-left")).to_contain_text("1 incident left")
    await expect(page.locator("#case-h")).to_contain_text("INC-2")
    await page.wait_for_load_state()
    await page.keyboard.press("2")  # the reason is offered again
    await expect(page.get_by_role("heading", name="Nothing is left")).to_be_visible()
    await page.wait_for_load_state()
    assert await serious_findings(page) == []
    recodings = page.get_by_role("region", name="Recodings")
    await expect(recodings.get_by_role("listitem")).to_have_count(2)
    await recodings.get_by_text("Take back").first.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("It is the other one.")
    await page.keyboard.press("Enter")
    await expect(page.locator("#work-left")).to_contain_text("1 incident left")
    await expect(page).to_have_url(f"{base}/unresolved")
    assert site.complaints == []


async def plain_page(browser: Browser, site: Site, viewer) -> Page:
    context = await browser.new_context(java_script_enabled=False)
    context.set_default_timeout(10_000)
    await context.add_cookies([{"name": COOKIE, "value": site.sign_in_token(viewer.person), "url": site.url}])
    return await context.new_page()


async def test_without_a_script_quotes_are_narrowed_moved_to_a_new_code_and_stale_work_becomes_a_round(
    site: Site, browser: Browser
):
    quotes, base = staged(site)
    table = quotes.table
    page = await plain_page(browser, site, table.lead)
    await page.goto(f"{base}/codes/{table.config.id}/quotes")
    await page.get_by_role("button", name="Show the quotes").click()
    await page.get_by_label("Coder", exact=True).select_option(label=table.ben.name)
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_role("region", name="Configuration", exact=True).get_by_role("article")).to_have_count(1)
    await page.get_by_role("checkbox", name="Choose the quote from INC-1").check()
    await page.get_by_role("button", name="Move the chosen").click()
    await page.get_by_label("Name").fill("Rollout")
    await page.get_by_role("button", name="Move them").click()
    await expect(page.get_by_text("Say why, in a sentence.")).to_be_visible()
    await expect(page.get_by_label("Name")).to_have_value("Rollout")
    await page.get_by_label("Why").fill("Wrong from the start.")
    await page.get_by_role("button", name="Move them").click()
    await expect(page.get_by_role("region", name="Recodings")).to_contain_text("Rollout")
    with site.database.reading() as session:
        assert session.scalars(select(Recoding.reason)).all() == ["Wrong from the start."]

    await page.goto(f"{base}/stale")  # its final codes were opened with the quotes
    await expect(page.get_by_text("Bears “Network”, which was reworded since")).to_be_visible()
    await expect(page.get_by_role("checkbox", name=table.ada.name)).to_be_checked()
    await page.get_by_role("button", name="Plan the round").click()
    await expect(page.get_by_role("heading", name="Recoding", level=1)).to_be_visible()
    with site.database.reading() as session:
        assert session.scalars(select(Round.phase).where(Round.purpose == "recoding")).all() == ["planned"]
    await page.context.close()
