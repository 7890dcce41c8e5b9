"""Plans for the codebook in a browser: drafted, looked at and applied by keyboard alone, and without findings."""

import pytest
from playwright.async_api import Page, expect

from app.curation.plan_actions import PlannedStep, comment_on_plan
from app.studies.viewer import Viewer
from tests import makers
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site
from tests.curation.plan_tables import Table, make_table

pytestmark = pytest.mark.browser


def staged(site: Site) -> tuple[Viewer, str, int]:
    """(lead, address of plans, id of a plan with two steps); the round ended, and two names are nearly the same."""
    with site.database.transaction() as session:
        table: Table = make_table(session)
        table.codes["Quotas"] = makers.make_code(session, table.lead, table.cause, "Quotas")
        coding_round = table.round_of(4)
        said = [("Quota", "Quota limit"), ("Quota", "Quotas"), ("Node down", "Node down"), ("Bad config", "Quota")]
        for at, (mine, theirs) in enumerate(said):
            table.says(table.ada, coding_round, at, [mine], ["Errors", "Error rate"])
            table.says(table.ben, coding_round, at, [theirs], ["Errors"])
        makers.move_round(session, table.lead, coding_round, "settling")
        plan = table.plans(
            PlannedStep("merge", table.ids("Quota limit"), into=table.id("Quota"), reason="Coders mix them up."),
            PlannedStep("merge", table.ids("Errors"), into=table.id("Error rate")),
            shared=True,
        )
        comment_on_plan(session, table.lead, plan.id, "What do you think?")
        session.flush()
        session.expunge_all()
        return table.lead, f"/studies/{table.lead.study.slug}/codebook/plans", plan.id


async def press(page: Page, name: str) -> None:
    """By keyboard: to the button, and Enter."""
    await page.get_by_role("button", name=name).first.focus()
    await page.keyboard.press("Enter")


async def test_a_plan_is_drafted_and_applied_by_keyboard_alone(site: Site, signed_in: SignedIn):
    lead, home, _ = staged(site)
    page = await signed_in(lead)
    await page.goto(site.url + home)
    await page.get_by_label("Name").focus()
    await page.keyboard.type("Fewer causes")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Fewer causes", level=1)).to_be_visible()

    await page.get_by_label("Find codes").focus()
    await page.keyboard.type("limit")
    await press(page, "Show")
    await expect(page.get_by_role("checkbox", name="Node down")).to_have_count(0)
    await page.get_by_role("checkbox", name="Quota limit").focus()
    await page.keyboard.press("Space")
    await page.get_by_label("New name").focus()
    await page.keyboard.type("quota")
    await press(page, "Add the step")
    steps = page.get_by_role("region", name="Steps")
    await expect(steps).to_contain_text("Merge Quota limit into Quota")
    await expect(steps).to_contain_text("Touches 1 submitted code")
    table = page.get_by_role("region", name="Table of agreement")
    await expect(table).to_contain_text("Reliability")
    await expect(table.get_by_role("row", name="α", exact=False).first).to_contain_text("[")

    await page.get_by_role("link", name="Look for near-duplicates").focus()
    await page.keyboard.press("Enter")
    await press(page, "Add to the plan: merge “Quotas” into “Quota”")
    await expect(page.locator("#near")).to_contain_text("2 steps in the plan; 0 pairs left here.")
    await page.get_by_role("link", name="Back to the plan").focus()
    await page.keyboard.press("Enter")

    await press(page, "Step 2 earlier")
    await expect(steps.get_by_role("listitem").first).to_contain_text("Merge Quotas into Quota")
    await press(page, "Leave step 1 out of the plan")
    await expect(steps.get_by_role("listitem")).to_have_count(1)
    await press(page, "Apply the plan")
    await expect(page.get_by_text("Applied by")).to_be_visible()
    assert await serious_findings(page) == [] and site.complaints == []


async def test_the_focus_stays_beside_what_is_gone(site: Site, signed_in: SignedIn):
    lead, home, plan_id = staged(site)
    page = await signed_in(lead)
    await page.goto(f"{site.url}{home}/{plan_id}")
    await page.wait_for_load_state()
    steps = page.get_by_role("region", name="Steps").get_by_role("listitem")
    await press(page, "Step 1 later")
    await expect(steps.last).to_contain_text("Merge Quota limit into Quota")
    assert await steps.last.evaluate("step => step.contains(document.activeElement)")
    await press(page, "Leave step 1 out of the plan")
    await expect(steps).to_have_count(1)
    await expect(steps.get_by_role("button", name="Leave step 1 out")).to_be_focused()
    await page.goto(f"{site.url}{home}/{plan_id}/near-duplicates")
    await page.wait_for_load_state()
    await press(page, "Add to the plan: merge “Quotas” into “Quota”")
    await expect(page.locator("#near")).to_contain_text("2 steps in the plan")
    assert await page.evaluate("document.activeElement.closest('#near') !== null")
    assert site.complaints == []


async def test_what_is_typed_into_one_form_outlives_what_another_does(site: Site, signed_in: SignedIn):
    lead, home, plan_id = staged(site)
    page = await signed_in(lead)
    await page.goto(f"{site.url}{home}/{plan_id}")
    await page.wait_for_load_state()
    steps = page.get_by_role("region", name="Steps").get_by_role("listitem")
    comment, why = page.get_by_label("Comment", exact=True), page.locator("#apply-reason")
    await comment.fill("Half a thought")
    await why.fill("Coders mix them up.")
    await page.get_by_label("New name").fill("Limits")
    await page.get_by_role("checkbox", name="Slow").check()
    await press(page, "Leave step 1 out of the plan")
    await expect(steps).to_have_count(1)
    await expect(page.get_by_label("New name")).to_have_value("Limits")
    await expect(page.get_by_role("checkbox", name="Slow")).to_be_checked()
    await page.get_by_role("checkbox", name="Error rate").check()
    await press(page, "Add the step")
    await expect(steps).to_have_count(2)
    await expect(page.get_by_label("New name")).to_have_value("")
    await expect(comment).to_have_value("Half a thought")
    await expect(why).to_have_value("Coders mix them up.")
    await press(page, "Send")
    await expect(page.get_by_text("Half a thought")).to_be_visible()
    await expect(comment).to_have_value("")
    assert site.complaints == []


@pytest.mark.parametrize("width", [1440, 390])
async def test_the_pages_of_plans_have_no_findings_in_either_theme(site: Site, signed_in: SignedIn, width: int):
    lead, home, plan_id = staged(site)
    for theme in ("light", "dark"):
        page = await signed_in(lead, color_scheme=theme, viewport={"width": width, "height": 900})
        for address in (home, f"{home}/{plan_id}", f"{home}/{plan_id}/near-duplicates"):
            await page.goto(site.url + address)
            assert await serious_findings(page) == [], (address, theme)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert site.complaints == []
