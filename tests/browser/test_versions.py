"""Versions in a browser, by keyboard alone: what changed since one, and one that is published for anybody."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from app.codebook.actions import CodeText, edit_code, retire_code
from app.rounds.queries import frozen_version
from app.studies.viewer import Viewer
from tests import makers
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site
from tests.curation.closed_round import coded_round

pytestmark = pytest.mark.browser


def staged(site: Site) -> tuple[Viewer, int, str]:
    """(the lead, a version under which a closed reliability round was coded, its name); the codebook went on since."""
    with site.database.transaction() as session:
        lead = makers.make_study(session, slug="versions")
        cause = makers.make_dimension(session, lead, "Root cause", question="What made it possible?")
        load = makers.make_code(session, lead, cause, "Load", definition="More came in than was planned for.")
        change = makers.make_code(session, lead, cause, "Change", definition="Something was rolled out.")
        luck = makers.make_code(session, lead, cause, "Luck")
        closed = coded_round(session, lead, makers.make_coders(session, lead, 2), cause, [load, change])
        version = frozen_version(session, closed)
        assert version is not None
        words = CodeText("Load", "More came in than anybody had planned for.", use_when="A limit was reached.")
        edit_code(
            session, lead.study.id, lead.member, load.id, words, seen_seq=load.codebook_seq, reason="Who had planned"
        )
        retire_code(session, lead.study.id, lead.member, luck.id, reason="It explains nothing")
        session.expunge_all()
        return lead, version.id, version.name


async def press(page: Page, role: str, name: str, key: str = "Enter") -> None:
    await page.locator("#main").get_by_role(role, name=name, exact=True).focus()  # type: ignore[arg-type]
    await page.keyboard.press(key)


async def test_what_changed_since_a_version_is_read_word_by_word_and_in_the_history(site: Site, signed_in: SignedIn):
    lead, _, name = staged(site)
    page = await signed_in(lead)
    await page.goto(f"{site.url}/studies/versions/codebook")
    await press(page, "link", f"What changed since {name}")
    await expect(page.get_by_role("heading", name=f"From {name} to now")).to_be_visible()
    await expect(page.locator("del", has_text="was")).to_have_text("deleted: was")
    await expect(page.locator("ins", has_text="anybody had")).to_have_text("inserted: anybody had")
    assert await serious_findings(page) == []

    await press(page, "link", "1 retired")
    await expect(page.locator(".change-name")).to_have_text(["Luck"])
    await press(page, "link", "History")
    await expect(page.get_by_role("heading", name="History of the codebook")).to_be_visible()
    await page.wait_for_load_state()
    await page.keyboard.press("/")
    await page.keyboard.type("explains")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("1 act", exact=True)).to_be_visible()
    await expect(page.get_by_text("It explains nothing")).to_be_visible()
    assert await serious_findings(page) == []
    async with page.expect_download() as file:
        await press(page, "button", "As CSV")
    assert (await file.value).suggested_filename == "versions-codebook-history.csv"
    assert site.complaints == []


async def test_a_version_is_published_and_read_by_somebody_who_is_nobody_here(
    site: Site, signed_in: SignedIn, browser: Browser
):
    lead, version_id, name = staged(site)
    page = await signed_in(lead)
    await page.goto(f"{site.url}/studies/versions/codebook/versions/{version_id}")
    await press(page, "radio", "Members of the study", "ArrowDown")
    await press(page, "button", f"Publish {name}")
    link = page.get_by_role("link", name=re.compile("published.[^ ]{20}"))
    await expect(link).to_be_visible()
    assert await serious_findings(page) == []

    reader = await (await browser.new_context()).new_page()
    await reader.goto(await link.get_attribute("href") or "")
    await expect(reader.get_by_role("heading", name=f"Version {name}")).to_be_visible()
    figures = reader.get_by_role("region", name=f"Reliability of {name}")
    await expect(figures.get_by_role("row", name="Root cause")).to_contain_text("n = 8")
    await expect(reader.get_by_role("heading", name="Luck")).to_be_visible()
    await press(reader, "link", "Post hoc")
    await expect(reader.get_by_role("region", name="Post hoc")).to_contain_text("nothing is scored under it")
    assert await serious_findings(reader) == []
    async with reader.expect_download() as file:
        await press(reader, "button", "Download")
    assert (await file.value).suggested_filename == f"versions-codebook-{name}.csv"

    await press(page, "button", "Take the link back")
    await expect(page.get_by_text("Not published.")).to_be_visible()
    await reader.reload()
    await expect(reader.get_by_role("heading", name="Not found")).to_be_visible()
    await reader.context.close()
