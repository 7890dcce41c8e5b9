"""From the sign-in to a ruling and an export with the keyboard alone; the focus is always seen and never lost."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from app.accounts.passwords import hash_password
from app.adjudication.models import Ruling
from app.coding.models import SubmittedAnswer
from app.studies.viewer import Viewer
from tests import makers
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

PASSWORD = "four words in a row"
MOST_TABS = 120

NAME = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const words = at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent || '';
  return words.trim().replace(/\\s+/g, ' ');
}"""
# An outline on what holds the focus, on its label where the input is not drawn, or on the card that it stands for.
SEEN = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return window.hadFocus ? 'the focus is lost' : '';
  const around = [];
  for (let one = at; one && one !== document.body; one = one.parentElement) around.push(one);
  const isDrawn = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 && one.getBoundingClientRect().width > 2;
  };
  const seen = [...around, ...(at.labels ?? [])].find(isDrawn);
  const told = at.outerHTML.slice(0, 140);
  if (!seen) return `the focus is not seen on ${told}`;
  const {top, bottom} = seen.getBoundingClientRect();
  return bottom <= 0 || top >= innerHeight ? `the focus is outside the window on ${told}` : '';
}"""
KEEPS_TELLING = "addEventListener('focusin', () => { window.hadFocus = true; });"


class Hands:
    """Ten fingers and no mouse. What is wrong with the focus at any stop is kept in `wrong`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def look(self, after: str) -> None:
        if said := await self.page.evaluate(SEEN):
            self.wrong.append(f"{self.page.url}, after {after}: {said}")

    async def tab_to(self, name: str) -> None:
        """Forward until the named thing has the focus."""
        passed = []
        for _ in range(MOST_TABS):
            await self.press("Tab")
            await self.look("Tab")
            here = await self.page.evaluate(NAME)
            if here is not None and re.search(name, here):
                return
            passed.append(here)
        raise AssertionError(f"{name!r} is not reached by Tab on {self.page.url}; passed: {passed}")

    async def follow(self, name: str) -> None:
        """A link or a button that opens another page."""
        await self.tab_to(name)
        await self.page.evaluate("window.leaving = true")
        await self.press("Enter")
        await self.page.wait_for_function("() => !window.leaving", polling=50)
        await self.page.wait_for_load_state()

    async def typed(self, name: str, words: str) -> None:
        await self.tab_to(name)
        await self.page.keyboard.type(words)


@pytest.fixture
def lead(site: Site) -> Viewer:
    """Leads and codes; Ben has handed in already, and says otherwise."""
    with site.database.transaction() as session:
        lead = makers.make_study(session)
        [ben] = makers.make_coders(session, lead, 1)
        lead.person.password_hash = hash_password(PASSWORD)
        cause = makers.make_dimension(session, lead, "Root cause")
        symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
        network = [makers.make_code(session, lead, cause, name) for name in ("Configuration", "Network")][1]
        makers.make_code(session, lead, symptom, "Outage")
        [incident] = makers.make_incidents(session, lead, 1)
        coding_round = makers.make_round(session, lead, [lead, ben], [incident], name="First")
        bens = makers.assignment_of(session, ben, coding_round)
        makers.code_and_submit(session, ben, bens, {cause.id: [network], symptom.id: "none_applies"})
        session.expunge_all()
    return lead


async def test_the_keyboard_goes_from_sign_in_to_a_ruling_and_an_export(
    site: Site, lead: Viewer, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(10_000)
    await context.add_init_script(KEEPS_TELLING)
    page = await context.new_page()
    hands = Hands(page)
    await signs_in(hands, site, lead)
    await codes(hands)
    await ends_the_coding(hands)
    await rules(hands)
    exported = await exports(hands)
    await context.close()

    assert hands.wrong == [], "\n".join(dict.fromkeys(hands.wrong))
    assert b"Configuration" in exported
    with site.database.reading() as session:
        assert session.scalars(select(Ruling.reason)).all() == ["The push came first."]
        states = set(session.scalars(select(SubmittedAnswer.state)))
    assert states == {"coded", "none_applies"}


async def signs_in(hands: Hands, site: Site, lead: Viewer) -> None:
    await hands.page.goto(f"{site.url}/sign-in")
    await hands.typed("E-mail", lead.person.email)
    await hands.typed("Password", PASSWORD)
    await hands.follow("^Sign in$")
    await hands.follow(lead.study.title)


async def codes(hands: Hands) -> None:
    page = hands.page
    await hands.follow("^Coding$")
    await hands.follow("Start coding")
    await hands.press("1")
    await expect(page.get_by_role("button", name="Configuration", pressed=True)).to_be_visible()
    await hands.look("1")
    await hands.press("ArrowDown", "0")
    await expect(page.get_by_role("button", name="None applies", pressed=True)).to_be_visible()
    await hands.look("0")
    await expect(page.locator("#saved [data-saved=saved]")).to_be_visible()
    desk = page.url
    await hands.press("Control+Enter")
    await page.wait_for_url(lambda url: url != desk)


async def ends_the_coding(hands: Hands) -> None:
    await hands.follow("^Rounds$")
    await hands.follow("First$")
    await hands.follow("End the coding")
    await expect(hands.page.get_by_role("list", name="Phase").locator("[aria-current=step]")).to_have_text("settling")


async def rules(hands: Hands) -> None:
    page = hands.page
    await hands.follow("^Disagreements$")
    await hands.follow("Start with the strongest")
    await hands.press("o")
    await expect(page.get_by_role("heading", name="Ruling")).to_be_visible()
    await hands.look("o")
    await hands.press("1")
    await expect(page.get_by_role("group", name="Final code").get_by_role("radio", checked=True)).to_have_count(1)
    await hands.look("1")
    await hands.tab_to("Slip|Definition|Overlooked|Thin text")
    await hands.press("Space")
    await hands.typed("^Reason", "The push came first.")
    await hands.press("Control+Enter")
    await expect(page.get_by_text("Ruling saved")).to_be_visible()
    await hands.look("the ruling")


async def exports(hands: Hands) -> bytes:
    await hands.follow("^Export$")
    await hands.tab_to("Download the codebook")
    async with hands.page.expect_download() as starting:
        await hands.press("Enter")
    return Path(await (await starting.value).path()).read_bytes()
