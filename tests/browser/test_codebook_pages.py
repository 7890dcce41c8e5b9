"""The pages of accounts, studies and codebook in a real browser: with scripts, at both widths, in both themes."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from app.accounts.actions import add_person, make_owner_link, make_sign_in_link
from app.codebook.actions import CodeText, edit_code, merge_codes, name_version
from app.codebook.new_study import begin_study
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.studies.actions import invite_member
from app.studies.models import Membership
from app.studies.viewer import Viewer
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser

BOOK = "/studies/genai/codebook"


@pytest.fixture
def lead(site: Site) -> Viewer:
    """Of a study from the template, whose codebook has a version, a change and a merger."""
    with site.database.transaction() as session:
        person = add_person(session, email="ruth@example.org", name="Ruth Halvorsen", password="four words in a row")
        viewer = begin_study(
            session, person, slug="genai", title="GenAI incidents", template="incident-study", mode="hybrid"
        )
        name_version(session, viewer.study.id, viewer.member, name="v1")
        first, second, third = _codes(visible_codebook(session, viewer.study.id, viewer.member.id))[:3]
        edit_code(
            session,
            viewer.study.id,
            viewer.member,
            first.id,
            CodeText("Errors", "Errors come back."),
            seen_seq=first.codebook_seq,
            parent_id=first.parent_id,
            reason="Shorter",
        )
        merge_codes(session, viewer.study.id, viewer.member, third.id, second.id, reason="The same")
    return viewer


def _codes(codebook: Codebook) -> list[CodeEntry]:
    return codebook.appliable(codebook.dimensions[0].id)


async def check_page(page: Page) -> None:
    """axe finds nothing serious, and nothing runs out of the window sideways."""
    found = (await Axe().run(page)).response["violations"]
    serious = [(v["id"], v["nodes"][0]["target"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == [], page.url
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


async def test_a_code_opens_beside_the_tree_and_the_mark_moves_along(
    site: Site, lead: Viewer, signed_in: SignedIn
) -> None:
    page = await signed_in(lead)
    await page.goto(site.url + BOOK)
    await page.get_by_role("link", name="Slow responses").click()
    await expect(page.get_by_role("heading", name="Slow responses")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/codebook/codes/\d+$"))
    await expect(page.locator(".tree [aria-current]")).to_have_text("Slow responses")

    await page.locator(".tree summary", has_text="Impact").click()
    await page.locator(".tree details[open] li a:not(.is-category)").last.click()
    await expect(page.locator(".tree [aria-current]")).to_have_count(1)
    await expect(page.locator(".tree details[open]")).to_have_count(2)
    assert site.complaints == []


async def test_typing_a_name_leaves_the_codes_that_hold_it(site: Site, lead: Viewer, signed_in: SignedIn) -> None:
    page = await signed_in(lead)
    await page.goto(site.url + BOOK)
    await page.keyboard.press("/")
    await page.keyboard.type("throttled")

    await expect(page.locator(".tree li a:not(.is-category)")).to_have_text(["Throttled requests"])
    await expect(page.get_by_role("searchbox", name="Find a code")).to_be_focused()
    assert site.complaints == []


async def test_a_dimension_moves_up_without_leaving_the_page(site: Site, lead: Viewer, signed_in: SignedIn) -> None:
    page = await signed_in(lead)
    await page.goto(f"{site.url}{BOOK}/dimensions")
    await page.get_by_role("button", name="Move Impact up").click()

    await expect(page.locator("#dimensions h2").first).to_have_text("Impact")
    with site.database.reading() as session:
        codebook = visible_codebook(session, lead.study.id, lead.member.id)
    assert codebook.dimensions[0].name == "Impact"
    assert site.complaints == []


async def test_the_short_name_follows_the_title_until_one_is_typed(
    site: Site, lead: Viewer, signed_in: SignedIn
) -> None:
    page = await signed_in(lead)
    await page.goto(f"{site.url}/studies/new")
    await page.get_by_label("Title").fill("Classic incidents 2024")
    await page.get_by_label("Title").blur()
    await expect(page.get_by_label("Short name")).to_have_value("classic-incidents-2024")
    await page.get_by_role("button", name="Make the study").click()
    await expect(page).to_have_url(f"{site.url}/studies/classic-incidents-2024/")


async def test_a_colleague_is_invited_and_joins(site: Site, lead: Viewer, signed_in: SignedIn) -> None:
    page = await signed_in(lead)
    await page.goto(f"{site.url}/studies/genai/members")
    await page.get_by_label("Name").fill("Ben Ode")
    await page.get_by_role("button", name="Make a link").click()
    link = await page.locator("#invitation-link").inner_text()
    await check_page(page)

    await page.context.clear_cookies()
    await page.goto(link)
    await page.get_by_label("E-mail").fill("ben@example.org")
    await page.get_by_label("Password").fill("four other words here")
    await page.get_by_role("button", name="Join the study").click()
    await expect(page).to_have_url(f"{site.url}/studies/genai/")

    with site.database.reading() as session:
        ben = session.scalars(select(Membership).where(Membership.name == "Ben Ode")).one()
        assert ben.person_id is not None and ben.role == "coder"


@pytest.mark.parametrize(
    ("width", "scheme", "forms"),
    [(1440, "light", True), (1440, "dark", False), (390, "light", False), (390, "dark", True)],
)
async def test_axe_finds_nothing_serious_on_the_pages_of_a_lead(
    site: Site, lead: Viewer, signed_in: SignedIn, width: int, scheme: str, forms: bool
) -> None:
    page = await signed_in(lead, viewport={"width": width, "height": 900}, color_scheme=scheme)
    with site.database.reading() as session:
        codebook = visible_codebook(session, lead.study.id, lead.member.id)
    code = next(c for c in codebook.codes.values() if c.name == "Errors")
    merged = next(c for c in codebook.codes.values() if c.status == "merged")
    read = ["/", "/studies/genai/members", BOOK, f"{BOOK}/codes/{code.id}", f"{BOOK}/dimensions"]
    typed_in = [
        "/studies/new",
        f"{BOOK}?find=zzz",
        f"{BOOK}/codes/{code.id}?version=1",
        f"{BOOK}/codes/{merged.id}",
        f"{BOOK}/codes/{code.parent_id}",
        f"{BOOK}/codes/new?dimension={code.dimension_id}",
        f"{BOOK}/codes/{code.id}/revisions/new",
        f"{BOOK}/codes/{code.id}/mergers/new",
        f"{BOOK}/codes/{code.id}/retirement/new",
        f"{BOOK}/dimensions/{code.dimension_id}",
    ]
    for path in [*read, *(typed_in if forms else [])]:
        answer = await page.goto(site.url + path)
        assert answer is not None and answer.status == 200, path
        await check_page(page)
    assert site.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
async def test_axe_finds_nothing_serious_on_the_pages_of_somebody_new(
    site: Site, lead: Viewer, signed_in: SignedIn, width: int, scheme: str
) -> None:
    page = await signed_in(lead, viewport={"width": width, "height": 900}, color_scheme=scheme)
    with site.database.transaction() as session:
        assert lead.person is not None
        links = [make_owner_link(session, site.url), make_sign_in_link(session, lead.person, site.url)]
        _, token = invite_member(session, lead, name="Ben Ode", role="adjudicator")
    invitation = f"{site.url}/invitations/{token}"
    await page.goto(invitation)
    await check_page(page)
    await page.context.clear_cookies()
    for address in (f"{site.url}/sign-in", *links, invitation):
        answer = await page.goto(address)
        assert answer is not None and answer.status == 200, address
        await check_page(page)
    assert site.complaints == []


async def opened_tree(site: Site, lead: Viewer, signed_in: SignedIn) -> tuple[Page, Locator, list[str]]:
    """(the codebook, the rows of its first tree, their names)"""
    page = await signed_in(lead)
    await page.goto(site.url + BOOK)
    rows = page.locator("[data-tree] >> visible=true").first.locator("li")
    return page, rows, await rows.locator(".tree-name").all_text_contents()


async def test_a_code_is_moved_by_keys_alone_and_nothing_is_saved_before_the_reason(
    site: Site, lead: Viewer, signed_in: SignedIn
) -> None:
    page, rows, names = await opened_tree(site, lead, signed_in)
    link = rows.nth(1).locator("a")
    await link.focus()
    await page.keyboard.press("ArrowDown")
    await expect(rows.nth(2).locator("a")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Alt+ArrowDown")
    bar = page.locator("[data-move-form]")
    await expect(bar).to_contain_text(f"“{names[1]}” under “{names[0]}”")
    await expect(rows.locator(".tree-name").nth(1)).to_have_text(names[2])
    await page.keyboard.press("Escape")
    await expect(bar).to_be_hidden()
    assert await rows.locator(".tree-name").all_text_contents() == names

    await page.keyboard.press("Alt+ArrowLeft")
    await expect(bar).to_contain_text(f"“{names[1]}” at the top")
    await page.keyboard.press("Enter")
    await page.keyboard.type("It is no case of that")
    await check_page(page)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    await expect(page.locator("#code")).to_contain_text("It is no case of that")
    await expect(page.locator(".tree a[aria-current].level-0")).to_have_text(re.compile(re.escape(names[1])))


async def test_a_code_is_dragged_under_another(site: Site, lead: Viewer, signed_in: SignedIn) -> None:
    page = await signed_in(lead)
    await page.goto(site.url + BOOK)
    rows = page.locator("[data-tree] >> visible=true").first.locator("li")
    one, other = (
        await rows.locator(".tree-name").nth(1).text_content(),
        await rows.locator(".tree-name").nth(2).text_content(),
    )
    box = await rows.nth(2).bounding_box()
    assert box is not None
    await rows.nth(1).drag_to(rows.nth(2), target_position={"x": 80, "y": box["height"] / 2})
    await expect(page.locator("[data-move-form]")).to_contain_text(f"“{one}” under “{other}”, the last one")
    await expect(page.locator("#move-reason")).to_be_focused()
    await page.get_by_role("button", name="Put it back").click()
    await expect(rows.locator(".tree-name").nth(1)).to_have_text(one)


async def test_a_code_is_dragged_behind_the_last_one_and_its_level_is_told(
    site: Site, lead: Viewer, signed_in: SignedIn
) -> None:
    page, rows, names = await opened_tree(site, lead, signed_in)
    assert [await rows.nth(at).get_attribute("aria-level") for at in (0, 1)] == ["1", "2"]
    box = await rows.last.bounding_box()
    assert box is not None
    await rows.nth(1).drag_to(rows.last, target_position={"x": 80, "y": box["height"] - 2})
    await expect(page.locator("[data-move-form]")).to_contain_text(f"“{names[1]}” under")
    await expect(page.locator("[data-move-form]")).to_contain_text("the last one")
    await expect(rows.last.locator(".tree-name")).to_have_text(names[1])
    await page.keyboard.type("They go together")
    await page.keyboard.press("Enter")
    await expect(page.locator("#code")).to_contain_text("They go together")


@pytest.mark.parametrize("act", ["moves", "splits", "dimension", "promotion", "examples"])
async def test_the_pages_of_acts_fit_and_are_accessible(
    site: Site, lead: Viewer, signed_in: SignedIn, act: str
) -> None:
    with site.database.transaction() as session:
        code = _codes(visible_codebook(session, lead.study.id, lead.member.id))[0]
    page = await signed_in(lead)
    for width in (1440, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(f"{site.url}{BOOK}/codes/{code.id}/{act}/new")
        await check_page(page)
    await page.goto(f"{site.url}{BOOK}/codes/{code.id}")
    await page.get_by_text("More", exact=True).click()
    await check_page(page)
