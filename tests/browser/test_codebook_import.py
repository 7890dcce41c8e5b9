"""A codebook file in a real browser: looked at, decided on and brought in with the keyboard alone, and by axe."""

import re

import pytest
from playwright.async_api import Page, ViewportSize, expect

from app.accounts.actions import add_person
from app.codebook.new_study import begin_study
from app.codebook.queries import whole_codebook
from app.studies.viewer import Viewer
from tests.browser.conftest import SignedIn, Site
from tests.browser.test_codebook_pages import check_page

pytestmark = pytest.mark.browser

NEW = "/studies/genai/codebook/imports/new"
FILE = (
    "dimension,code,parent,definition,weight\n"
    "Root cause,Retry storm,,Clients ask again and again,1\n"
    "Impact,Everybody,,,1\n"
    "Trigger,Cut::Cable,,A digger,1\n"
    "Trigger,Lost,Nowhere,,1\n"
)
SIZES: list[tuple[ViewportSize, str]] = [
    ({"width": 1440, "height": 900}, "light"),
    ({"width": 1024, "height": 768}, "dark"),
    ({"width": 390, "height": 844}, "light"),
    ({"width": 390, "height": 844}, "dark"),
]


@pytest.fixture
def lead(site: Site) -> Viewer:
    with site.database.transaction() as session:
        person = add_person(session, email="ruth@example.org", name="Ruth Halvorsen", password="four words in a row")
        return begin_study(
            session, person, slug="genai", title="GenAI incidents", template="incident-study", mode="hybrid"
        )


def file_with(site: Site, lead: Viewer) -> bytes:
    """FILE, and a code that is here with other words."""
    with site.database.transaction() as session:
        book = whole_codebook(session, lead.study.id)
        code = next(each for each in book.codes.values() if each.definition and each.parent_id is not None)
        above = book.codes[code.parent_id or 0]
        dimension = book.dimension(code.dimension_id)
    assert dimension is not None
    row = f'"{dimension.name}","{code.name}","{above.name}",Said in the words of another team,1\n'
    return (FILE + f'"{dimension.name}","{above.name}",,,\n' + row).encode()


async def upload(page: Page, site: Site, content: bytes) -> None:
    await page.goto(site.url + NEW)
    chosen = {"name": "other-team.csv", "mimeType": "text/csv", "buffer": content}
    await page.get_by_label("File").set_input_files(files=[chosen])  # type: ignore[list-item]
    await page.get_by_role("button", name="See what it would do").press("Enter")
    await expect(page.get_by_role("heading", name="What it would do", exact=True)).to_be_visible()


async def test_a_file_is_looked_at_decided_on_and_brought_in_by_keyboard(
    site: Site, lead: Viewer, signed_in: SignedIn
) -> None:
    page = await signed_in(lead)
    await upload(page, site, file_with(site, lead))
    await check_page(page)

    goes = page.get_by_role("region", name="Trigger").get_by_label("Goes")
    await goes.focus()
    await goes.select_option(label="into Detection")
    await expect(page.get_by_label("Its name")).to_have_count(0)
    await expect(goes).to_be_focused()
    levels = page.get_by_label("Levels in names")
    await levels.focus()
    await levels.select_option(value="::")
    await expect(page.get_by_text("Cable", exact=True)).to_be_visible()

    await page.get_by_role("radio", name="Keep ours").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="Take theirs")).to_be_checked()
    await page.get_by_label("Why").fill("Agreed with the other team")
    await page.keyboard.press("Control+Enter")

    await expect(page).to_have_url(re.compile(r"/codebook/imports/\d+$"))
    await expect(page.get_by_role("heading", name="4 codes added")).to_be_visible()
    await check_page(page)
    with site.database.transaction() as session:
        book = whole_codebook(session, lead.study.id)
    named = {code.name: code for code in book.codes.values()}
    assert book.codes[named["Cable"].parent_id or 0].name == "Cut"
    assert "Said in the words of another team" in {code.definition for code in book.codes.values()}
    assert site.complaints == []


@pytest.mark.parametrize(("size", "theme"), SIZES)
async def test_its_pages_fit_every_window_in_both_themes(
    site: Site, lead: Viewer, signed_in: SignedIn, size: ViewportSize, theme: str
) -> None:
    page = await signed_in(lead, viewport=size, color_scheme=theme)
    await page.goto(site.url + NEW)
    await check_page(page)
    await upload(page, site, file_with(site, lead))
    await check_page(page)
    await page.get_by_role("button", name="Bring in").click()
    await expect(page.get_by_role("heading", name="codes added")).to_be_visible()
    await check_page(page)
    await page.goto(site.url + "/studies/genai/export")
    await check_page(page)
    assert site.complaints == []


async def test_without_scripts_every_choice_is_a_plain_form(site: Site, lead: Viewer, signed_in: SignedIn) -> None:
    page = await signed_in(lead, java_script_enabled=False)
    await upload(page, site, file_with(site, lead))
    await page.get_by_role("region", name="Trigger").get_by_label("Goes").select_option(label="nowhere: leave it out")
    await page.get_by_role("button", name="Look again").click()
    await expect(page.get_by_text("2 codes added, 1 here already")).to_be_visible()
    await page.get_by_role("radio", name="Take theirs").check()
    await page.get_by_role("button", name="Bring in").click()
    await expect(page.get_by_role("heading", name="2 codes added")).to_be_visible()
