"""Suggestions in a real browser: opened by a press, decided by a key; and the lead's page, which follows the run."""

import os
from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.coding.models import Act, CodeApplication
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import RunIncident, SuggestionDecision
from tests.browser.at_the_desk import saved
from tests.browser.conftest import SignedIn, Site
from tests.suggestions.conftest import SECRET_NAME, Table, make_table

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SHOTS = os.environ.get("TANDEM_SHOTS")  # a folder for pictures of what these tests see


@dataclass
class Scene:
    site: Site
    table: Table
    assignment_id: int
    desk: str
    runs: str
    run: str


def made(site: Site, *, arm: str, run_it: bool = True) -> Scene:
    with site.database.transaction() as session:
        table = make_table(session, site.database, arm=arm)
        adas = table.adas.id
        desk, runs = table.desk_url, table.runs_url
        if arm == "after":
            table.ada_submits()
        run = ask_for_suggestions(session, table.lead, table.coding_round, model="small")
        table.model = type(table.model)(otherwise=table.reply(), name="small")
    scene = Scene(site, table, adas, site.url + desk, site.url + runs, f"{site.url}{runs}/{run.id}")
    if run_it:
        for incident in table.incidents:
            suggest_for_incident(
                site.database, table.model, study_id=run.study_id, run_id=run.id, incident_id=incident.id
            )
    return scene


def decided(site: Site) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(SuggestionDecision.decision).order_by(SuggestionDecision.id)))


async def assert_accessible(page: Page) -> None:
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == [], [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in serious]


async def picture(page: Page, name: str, *, full: bool = False) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=full)


async def test_a_suggestion_is_opened_by_a_press_and_decided_by_a_key(site: Site, signed_in: SignedIn) -> None:
    scene = made(site, arm="on_request")
    page = await signed_in(scene.table.ada)
    await page.goto(scene.desk, wait_until="networkidle")
    cause = page.locator(f"#dimension-{scene.table.cause.id}")
    symptom = page.locator(f"#dimension-{scene.table.symptom.id}")
    await cause.get_by_role("button", name="Suggest").click()
    await expect(cause.get_by_text("not in the text")).to_be_visible()
    await expect(cause.locator(".suggestion")).to_contain_text("Network")
    await picture(page, "desk-open")
    await assert_accessible(page)

    await cause.get_by_role("link", name="¶ 1").click()
    assert await page.evaluate("CSS.highlights.has('quoted-by-suggestion')")

    await page.keyboard.press("a")
    await expect(cause.get_by_text("Accepted", exact=True)).to_be_visible()
    await expect(cause.get_by_role("button", name="Network", pressed=True)).to_be_visible()

    await page.keyboard.press("ArrowDown")
    await symptom.get_by_role("button", name="Suggest").click()
    await expect(symptom.get_by_text(SECRET_NAME)).to_be_visible()
    await page.keyboard.press("x")
    await page.keyboard.type("Too new")
    await page.keyboard.press("Enter")
    await expect(symptom.get_by_text("Rejected", exact=True)).to_be_visible()
    await expect(symptom.get_by_text("Too new")).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(symptom.get_by_text("Rejected", exact=True)).to_have_count(0)
    await expect(cause.locator(".code-chip[aria-pressed=true]")).to_contain_text("Network")
    await page.keyboard.press("Control+Shift+z")
    await symptom.get_by_role("button", name="Take the rejection back").click()
    await expect(symptom.get_by_text("Rejected", exact=True)).to_have_count(0)
    await page.keyboard.press("x")
    await page.keyboard.press("Enter")
    await expect(symptom.get_by_text("Rejected", exact=True)).to_be_visible()
    await page.keyboard.press("1")
    await expect(symptom.get_by_role("button", name="Slow answers", pressed=True)).to_be_visible()
    await picture(page, "desk-decided")

    await symptom.get_by_text("Change").first.click()
    await expect(symptom.get_by_label("A new code, named")).to_be_focused()
    await symptom.get_by_label("A new code, named").fill("Expired certificates")
    await symptom.get_by_role("button", name="Coin it").click()
    await expect(symptom.get_by_text("Changed", exact=True)).to_be_visible()
    await saved(page)
    assert decided(site) == ["accepted", "rejected", "rejected", "changed"]
    assert site.complaints == []


async def test_what_was_taken_over_and_is_undone_says_so_and_says_it_no_more_when_it_is_back(
    site: Site, signed_in: SignedIn
) -> None:
    scene = made(site, arm="on_request")
    page = await signed_in(scene.table.ada)
    await page.goto(scene.desk, wait_until="networkidle")
    cause = page.locator(f"#dimension-{scene.table.cause.id}")
    await cause.get_by_role("button", name="Suggest").click()
    await cause.get_by_role("button", name="Accept").click()
    accepted, gone = cause.get_by_text("Accepted", exact=True), cause.get_by_text("and taken away since")
    await expect(accepted).to_be_visible()
    await expect(gone).to_have_count(0)

    await cause.get_by_role("button", name="Network", pressed=True).click()
    await expect(gone).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(cause.get_by_role("button", name="Network", pressed=True)).to_be_visible()
    await expect(gone).to_have_count(0)
    await expect(accepted).to_be_visible()
    await page.goto(f"{scene.desk}?dimension={scene.table.cause.id}", wait_until="networkidle")
    await expect(accepted).to_be_visible()
    await expect(gone).to_have_count(0)
    await page.keyboard.press("Control+z")
    await expect(gone).to_be_visible()
    await expect(cause.get_by_role("button", name="Accept")).to_be_visible()
    assert site.complaints == []


async def test_after_the_submission_taking_over_makes_a_draft(site: Site, signed_in: SignedIn) -> None:
    scene = made(site, arm="after")
    page = await signed_in(scene.table.ada)
    await page.goto(scene.desk, wait_until="networkidle")
    cause = page.locator(f"#dimension-{scene.table.cause.id}")
    await cause.get_by_role("button", name="Suggest").click()
    await expect(cause.get_by_text("Your first submission is kept")).to_be_visible()
    await picture(page, "desk-after")
    await page.keyboard.press("a")
    await expect(cause.get_by_text("Accepted", exact=True)).to_be_visible()
    await saved(page)

    with site.database.reading() as session:
        kinds = list(session.scalars(select(Act.kind).order_by(Act.id)))
        origins = set(session.scalars(select(CodeApplication.origin)))
    assert kinds[-2:] == ["take_back", "apply_offered"] and origins == {"accepted"}
    assert site.complaints == []


async def test_from_the_start_the_page_opens_them_by_itself(site: Site, signed_in: SignedIn) -> None:
    scene = made(site, arm="before")
    page = await signed_in(scene.table.ada)
    await page.goto(scene.desk, wait_until="networkidle")

    await expect(page.locator(f"#dimension-{scene.table.cause.id} .suggestion")).to_contain_text("Network")
    assert site.complaints == []


async def test_the_leads_page_follows_the_run(site: Site, signed_in: SignedIn) -> None:
    scene = made(site, arm="on_request", run_it=False)
    page = await signed_in(scene.table.lead)
    await page.goto(scene.run)
    await expect(page.get_by_text("2 waiting")).to_be_visible()
    await picture(page, "runs-waiting")
    table = scene.table
    for incident in table.incidents:
        with site.database.reading() as session:
            row = session.scalars(select(RunIncident).where(RunIncident.incident_id == incident.id)).one()
            share = {"study_id": row.study_id, "run_id": row.run_id, "incident_id": row.incident_id}
        suggest_for_incident(site.database, table.model, **share)

    # Hints make it quick; on a busy machine the page's own look, every 15 s, is what is sure.
    await expect(page.get_by_text("0 waiting")).to_be_visible(timeout=25_000)
    await expect(page.get_by_text("Done", exact=True)).to_be_visible()
    await picture(page, "runs-done", full=True)
    await assert_accessible(page)
    await page.get_by_role("button", name="Read the reply of attempt 1 about INC-1").click()
    await expect(page.get_by_text(SECRET_NAME)).to_be_visible()
    await picture(page, "runs-opened", full=True)
    assert site.complaints == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440), ("dark", 390)])
async def test_its_pages_look_right_and_read_well_everywhere(
    site: Site, signed_in: SignedIn, scheme: str, width: int
) -> None:
    scene = made(site, arm="on_request")
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    page = await signed_in(scene.table.ada, **look)
    await page.goto(scene.desk, wait_until="networkidle")
    await page.get_by_role("button", name="Suggest").first.click()
    await expect(page.get_by_text("not in the text")).to_be_visible()
    await assert_accessible(page)
    await picture(page, f"desk-{scheme}-{width}", full=width < 1000)
    await page.goto(f"{scene.desk}/suggestions")
    await assert_accessible(page)
    await picture(page, f"offers-{scheme}-{width}", full=True)
    lead = await signed_in(scene.table.lead, **look)
    await lead.goto(scene.run)
    await assert_accessible(lead)
    await picture(lead, f"runs-{scheme}-{width}", full=True)
    wide = await lead.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
