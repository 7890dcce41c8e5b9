"""A lead closes a study by keyboard alone, is told what is left, and opens it again."""

from playwright.async_api import expect

from app.adjudication.actions import settle_unanimous
from app.codebook.actions import CodeText, edit_code
from tests.agreement.conftest import make_table
from tests.browser.conftest import SignedIn, Site
from tests.browser.test_pooling import serious_findings


async def test_a_study_is_closed_and_opened_again_by_keyboard(site: Site, signed_in: SignedIn):
    with site.database.transaction() as session:
        table = make_table(session)
        settle_unanimous(session, table.lead, table.coded_round([("Config", "Config"), ("Code", "Load")]))
        lead, code = table.lead, table.codes["Config"]
        words = CodeText("Config", "Said in other words.")
        edit_code(session, lead.study.id, lead.member, code.id, words, seen_seq=10**9, reason="clearer")
        session.expunge_all()
    page = await signed_in(lead)
    await page.goto(f"{site.url}/studies/{lead.study.slug}/settings")
    await page.get_by_role("link", name="Close the study").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Still to do")).to_be_visible()
    await expect(page.get_by_role("link", name="1 disagreement")).to_be_visible()
    assert await serious_findings(page) == []
    await page.get_by_label("Why").focus()
    await page.keyboard.type("The paper is out.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="is closed")).to_be_visible()
    await expect(page.get_by_text("nothing in it changes.").first).to_be_visible()
    assert await serious_findings(page) == []

    await page.goto(f"{site.url}/studies/{lead.study.slug}/codebook/codes/new?dimension={table.cause.id}")
    await expect(page.get_by_role("link", name="Open it again")).to_be_visible()
    await page.get_by_role("link", name="Open it again").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("Why").focus()
    await page.keyboard.type("A reviewer asks.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Still to do")).to_be_visible()
    assert site.complaints == []
