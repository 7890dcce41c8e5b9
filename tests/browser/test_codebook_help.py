"""Help with the codebook in a real browser: asked by a press, watched while it is at work, decided by keyboard."""

import os
from dataclasses import replace
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.curation.help_asking import give_help
from app.curation.help_models import CodebookHelp, HelpDecision
from app.llm.scripted import ScriptedModel
from tests.browser.conftest import SignedIn, Site
from tests.curation.help_world import World, make_world
from tests.support.helped import reply_to

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SHOTS = os.environ.get("TANDEM_SHOTS")  # a folder for pictures of what these tests see


def made(site: Site) -> World:
    with site.database.transaction() as session:
        return make_world(session, site.database)


async def assert_accessible(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [one["id"] for one in found["violations"]] == []


async def test_what_is_asked_shows_its_progress_and_is_decided_by_keyboard(site: Site, signed_in: SignedIn) -> None:
    world = made(site)
    with site.database.transaction() as session:
        help_id = replace(world, session=session).ask("near_duplicates").id
    page = await signed_in(world.lead)
    await page.goto(f"{site.url}{world.home}/{help_id}")
    await expect(page.get_by_text("The model is asked.")).to_be_visible()
    await assert_accessible(page, "help-waiting")

    model = ScriptedModel(otherwise=world.groups((0, 1), (2, 3)), name="small")
    give_help(site.database, model, study_id=world.lead.study.id, help_id=help_id)
    chosen = page.get_by_role("checkbox", name="Take Quota into the plan")
    await expect(chosen).not_to_be_checked()  # it came without a reload, and nothing is chosen by itself
    await assert_accessible(page, "help-groups")
    await page.set_viewport_size({"width": 390, "height": 844})
    await assert_accessible(page, "help-groups-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390

    await page.locator("#reject-1 summary").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("They are not the same.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("They are not the same.")).to_be_visible()
    await chosen.focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Take into the plan").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/codebook/plans/*")
    with site.database.reading() as session:
        decided = {each.item: each.decision for each in session.scalars(select(HelpDecision))}
    assert decided == {0: "accepted", 1: "rejected"} and site.complaints == []


async def test_a_draft_is_opened_reworded_and_saved_without_javascript(site: Site, signed_in: SignedIn) -> None:
    world = made(site)
    page = await signed_in(world.lead, java_script_enabled=False)
    await page.goto(f"{site.url}{world.home}/codes/{world.quota.id}")
    await page.get_by_role("button", name="Open the quotes").click()
    await expect(page.get_by_text("name no model")).to_be_visible()
    await expect(page.get_by_role("button", name="Open the quotes")).to_have_count(0)

    with site.database.transaction() as session:
        help_id = replace(world, session=session).ask("definition").id
    model = ScriptedModel(otherwise=reply_to, name="small")
    give_help(site.database, model, study_id=world.lead.study.id, help_id=help_id)
    await page.goto(f"{site.url}{world.home}/{help_id}")
    await page.get_by_label("Definition", exact=True).fill("A limit of our own.")
    await page.get_by_label("Why", exact=True).fill("From its quotes")
    await page.get_by_role("button", name="Save").click()
    await page.wait_for_url(f"**/codebook/codes/{world.quota.id}")
    await expect(page.get_by_text("A limit of our own.").first).to_be_visible()
    with site.database.reading() as session:
        assert session.get_one(CodebookHelp, help_id).state == "done"
