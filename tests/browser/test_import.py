"""Importing by keyboard: a file, a corrected column, the report."""

import pytest

from tests import makers
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site
from tests.incidents.test_actions import ROWS, a_file

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_column_is_corrected_and_the_file_imported_by_keyboard(site: Site, signed_in: SignedIn) -> None:
    with site.database.transaction() as session:
        lead = makers.make_study(session, slug="genai")
    page = await signed_in(lead)
    await page.goto(f"{site.url}/studies/genai/imports/new")
    file = {"name": "incidents.csv", "mimeType": "text/csv", "buffer": a_file(*ROWS, "8,Eight,,search,")}
    await page.set_input_files("#file", file)
    await page.get_by_role("button", name="Upload").click()

    becomes = page.get_by_label("service becomes")
    await becomes.focus()
    await becomes.select_option("Cohort")
    await page.get_by_text("chosen by you").wait_for()
    assert await becomes.evaluate("select => select === document.activeElement")
    await page.locator("#name-3-0").fill("Mail team")
    assert await serious_findings(page) == []

    await page.keyboard.press("Control+Enter")
    await page.get_by_role("heading", name="3 incidents added").wait_for()
    await page.get_by_text("No text: cannot be coded").wait_for()
    await page.get_by_role("link", name="See the incidents").click()
    await page.get_by_label("Cohort").select_option("Mail team")
    await page.get_by_role("heading", name="1 of 3 incidents").wait_for()
    assert site.complaints == []
