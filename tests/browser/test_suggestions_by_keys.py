"""Suggestions by keys alone: opened, accepted together, undone, changed, coined apart from what is nearly the same,
rejected for a cause; the same on a phone, and without a script."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from app.coding.models import Act
from app.llm.scripted import ScriptedModel
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import SuggestionDecision
from tests import makers
from tests.browser.at_the_desk import saved
from tests.browser.conftest import SignedIn, Site
from tests.browser.test_suggestions import assert_accessible
from tests.suggestions.conftest import SAID, SECRET_NAME, Table, make_table

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("TANDEM_SHOTS")
QUOTE = {"paragraph": 1, "text": SAID}


def made(site: Site) -> tuple[Table, str]:
    """And the address of Ada's desk. Network is sure; of the symptoms two are sure, and one is proposed that is nearly
    a code of the codebook."""
    with site.database.transaction() as session:
        table = make_table(session, site.database, arm="on_request")
        errors = makers.make_code(session, table.lead, table.symptom, "Errors")
        makers.make_code(session, table.lead, table.symptom, "Drifting certificate")
        desk = site.url + table.desk_url
        run = ask_for_suggestions(session, table.lead, table.coding_round, model="small")
    said: dict[str, Any] = {"quotes": [QUOTE], "reasoning": "The gateway says so.", "new_codes": []}
    new = [{"name": SECRET_NAME, "definition": "Certificates that nobody renewed."}]
    symptoms = said | {"codes": [f"c{table.slow.id}", f"c{errors.id}"], "new_codes": new}
    reply = {f"d{table.cause.id}": said | {"codes": [f"c{table.network.id}"]}, f"d{table.symptom.id}": symptoms}
    model = ScriptedModel(otherwise=reply, name="small")
    for one in table.incidents:
        suggest_for_incident(site.database, model, study_id=run.study_id, run_id=run.id, incident_id=one.id)
    return table, desk


def decisions(site: Site) -> list[tuple[str, str]]:
    with site.database.reading() as session:
        rows = session.scalars(select(SuggestionDecision).order_by(SuggestionDecision.id))
        return [(row.decision, row.cause) for row in rows]


async def picture(page: Any, name: str, *, full: bool = False) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=full)


async def test_all_of_it_by_keys(site: Site, signed_in: SignedIn) -> None:
    table, desk = made(site)
    page = await signed_in(table.ada)
    await page.goto(desk, wait_until="networkidle")
    cause = page.locator(f"#dimension-{table.cause.id}")
    symptom = page.locator(f"#dimension-{table.symptom.id}")
    await page.keyboard.press("v")
    await expect(cause.locator(".suggestion")).to_contain_text("Network")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("v")
    await expect(symptom.locator("article.suggestion")).to_have_count(3)
    together = page.locator("#offer-together")
    await expect(together).to_contain_text("Root cause: Network")
    await expect(together).to_contain_text("Symptom: Errors")
    await expect(together).not_to_contain_text(SECRET_NAME)
    await picture(page, "keys-opened")
    await assert_accessible(page)

    await page.keyboard.press("y")
    await expect(symptom.get_by_text("Accepted", exact=True)).to_have_count(2)
    await expect(cause).to_contain_text("Network")  # folded, and coded
    await saved(page)
    assert decisions(site) == [("accepted", "")] * 3
    await picture(page, "keys-together")
    await page.keyboard.press("Control+z")
    await expect(symptom.get_by_role("button", name="Errors", pressed=True)).to_have_count(0)
    await expect(symptom.get_by_role("button", name="Slow answers", pressed=True)).to_have_count(1)
    await saved(page)

    await expect(symptom.get_by_text("and taken away since")).to_be_visible()
    await page.keyboard.press("x")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(symptom.get_by_text("Another code fits", exact=True).first).to_be_visible()
    await saved(page)
    assert decisions(site)[-1] == ("rejected", "other_code")

    await expect(symptom.get_by_text("Nearly the same in the codebook:")).to_be_visible()
    await page.keyboard.press("c")
    name = symptom.get_by_label("A new code, named").last
    await expect(name).to_be_focused()
    await name.fill("Slow answer times")
    await name.fill("Drifting certificats")
    near = symptom.get_by_role("listbox", name="Codes nearly the same")
    await expect(near.get_by_role("option", name="Drifting certificate")).to_be_visible()
    await picture(page, "keys-near")
    await name.fill("Expired certificates")
    await page.keyboard.press("Enter")
    await expect(symptom.get_by_text("Changed", exact=True)).to_be_visible()
    await saved(page)
    assert decisions(site)[-1] == ("changed", "")
    with site.database.reading() as session:
        kinds = list(session.scalars(select(Act.kind).order_by(Act.id)))
    assert kinds == ["apply_offered"] * 3 + ["undo", "reject_offered", "apply_offered"]
    assert site.complaints == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1024), ("light", 390), ("dark", 390)])
async def test_it_looks_right_and_reads_well(site: Site, signed_in: SignedIn, scheme: str, width: int) -> None:
    table, desk = made(site)
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "has_touch": width == 390}
    page = await signed_in(table.ada, **look)
    await page.goto(desk, wait_until="networkidle")
    for dimension in (table.cause, table.symptom):
        card = page.locator(f"#dimension-{dimension.id}")
        if not await card.get_by_role("button", name="Suggest").is_visible():
            await card.locator("[data-dimension-head]").click()
        await card.get_by_role("button", name="Suggest").click()
        await expect(card.locator("article.suggestion").first).to_be_visible()
    await assert_accessible(page)
    await picture(page, f"desk-{scheme}-{width}", full=width < 1000)
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.goto(f"{desk}/suggestions")
    await assert_accessible(page)
    await picture(page, f"offers-{scheme}-{width}", full=True)
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_all_of_it_without_javascript(site: Site, signed_in: SignedIn) -> None:
    table, desk = made(site)
    page = await signed_in(table.ada, java_script_enabled=False)
    offers = f"{desk}/suggestions"
    await page.goto(offers)
    await page.get_by_role("button", name="Suggest: Root cause").click()
    await page.goto(offers)
    await page.get_by_role("button", name="Suggest: Symptom").click()
    await page.goto(offers)
    await page.get_by_role("button", name="Accept all with evidence").click()
    await page.goto(offers)
    await expect(page.get_by_text("Accepted", exact=True)).to_have_count(3)
    await page.locator("details[id^=change-] > summary").last.click()
    await page.get_by_label("A new code, named").last.fill("Slow answer")
    await page.get_by_role("button", name="Coin it").last.click()
    await expect(page.get_by_text("Nearly the same as “Slow answers”").first).to_be_visible()
    await page.get_by_role("button", name="Coin “Slow answer” anyway").click()
    await page.goto(offers)
    await expect(page.get_by_text("Changed", exact=True)).to_be_visible()
    assert [one for one, _ in decisions(site)] == ["accepted"] * 3 + ["changed"]
