"""The desk as a coder works at it: by keyboard, but for the words that are selected with the mouse."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.at_the_desk import saved
from tests.browser.journey_pages import go, one_line
from tests.browser.journey_plan import DIMENSIONS, MEMO, NEW_CODE, ONE_CODE, QUOTING, RUTH, Place, Plan, Reply

# Where the words stand on the screen: the middle of the left edge of the first and of the right edge of the last.
ENDS_OF_WORDS = """([paragraph, words]) => {
  const [node] = paragraph.childNodes;
  const range = document.createRange();
  range.setStart(node, node.data.indexOf(words));
  range.setEnd(node, node.data.indexOf(words) + words.length);
  const boxes = [...range.getClientRects()];
  const [first, last] = [boxes[0], boxes.at(-1)];
  return [first.left + 1, first.top + first.height / 2, last.right, last.top + last.height / 2];
}"""


def card_of(page: Page, dimension: str) -> Locator:
    """The part of the desk that asks one question."""
    head = page.get_by_role("heading", name=dimension, exact=True)
    return page.get_by_role("region", name="Your answers").get_by_role("article").filter(has=head)


async def labels_in_queue(page: Page) -> list[str]:
    await go(page, "Coding")
    table = page.get_by_role("table", name=re.compile("Your incidents in"))
    return [label.strip() for label in await table.get_by_role("rowheader").all_inner_texts()]


async def code_everything(page: Page, coder: str, plan: Plan, texts: dict[str, str]) -> None:
    """All incidents, in the order in which the desk gives them. texts: what each should say."""
    await go(page, "Coding")
    await page.get_by_role("link", name="Start coding").click()
    for _ in plan.labels:
        label = await label_here(page)
        text = one_line(await page.get_by_role("article", name="Text of the incident").inner_text())
        assert text == one_line(texts[label])
        await _code_incident(page, coder, plan, plan.place_of(label))
    await expect(page.get_by_text("All done; the lead ends the coding")).to_be_visible()


async def label_here(page: Page) -> str:
    await expect(page).to_have_title(re.compile(" · "))
    await page.wait_for_load_state()
    return (await page.title()).split(" · ")[0]


async def _code_incident(page: Page, coder: str, plan: Plan, at: int) -> None:
    await expect(page.get_by_role("button", name=re.compile("^Suggest"))).to_have_count(0)
    for number, dimension in enumerate(DIMENSIONS):
        if number:
            await page.keyboard.press("ArrowDown")
        await _answer(page, card_of(page, dimension), dimension, plan.first[coder][at, dimension])
        if (at, dimension) in QUOTING[coder]:
            plan.quoted(coder, (at, dimension), await _quote(page, card_of(page, dimension)))
    if coder == RUTH and at == MEMO[0]:
        await page.keyboard.press("m")
        await page.keyboard.type(MEMO[1])
        await page.keyboard.press("Escape")
    await submit(page)


async def _answer(page: Page, card: Locator, dimension: str, reply: Reply) -> None:
    if reply.state != "coded":
        await page.keyboard.press("0" if reply.state == "none_applies" else "u")
        await expect(card).to_contain_text(reply.state.replace("_", " "))
    for code in reply.codes:
        if code == NEW_CODE:
            await page.keyboard.press("/")
            await page.keyboard.type(code)
            await page.keyboard.press("Enter")
        else:
            await page.keyboard.press(await _digit(card, code))
        await expect(card.get_by_role("button", name=code, pressed=True)).to_be_visible()
    if dimension in ONE_CODE:
        assert len(reply.codes) <= 1


async def _digit(card: Locator, code: str) -> str:
    chip = card.get_by_role("button", name=re.compile(rf"^\d {re.escape(code)}$"))
    return (await chip.inner_text()).strip()[0]


async def _quote(page: Page, card: Locator) -> str:
    """Selects with the mouse what the first paragraph says under its heading, its first words, and presses e."""
    quotes = card.get_by_role("region", name=re.compile("^Quotes of"))
    await expect(quotes.get_by_role("button", name=re.compile("^Quote selection"))).to_be_visible()  # it is saved
    paragraph = page.get_by_role("article", name="Text of the incident").get_by_role("paragraph").first
    [words] = re.findall(r"\A.*\n\s*(\S+(?:[^\S\n]+\S+){0,3})", await paragraph.text_content() or "")
    left, top, right, bottom = await page.evaluate(ENDS_OF_WORDS, [await paragraph.element_handle(), words])
    await page.mouse.move(left, top)
    await page.mouse.down()
    await page.mouse.move(right, bottom, steps=3)
    await page.mouse.up()
    assert one_line(await page.evaluate("getSelection().toString()")) == one_line(words)
    await page.keyboard.press("e")
    await expect(quotes).to_contain_text(one_line(words))
    return words


async def submit(page: Page) -> None:
    """And on to the next one, or to the queue after the last."""
    await expect(page.get_by_text("5 of 5").first).to_be_visible()
    here = page.url
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(lambda url: url != here)


async def open_suggestions(page: Page, label: str, dimension: str) -> Locator:
    """At the desk of an incident that was handed in. Returns the part with the suggestions."""
    await go_to_desk(page, label)
    await card_of(page, dimension).get_by_role("heading", name=dimension).get_by_role("link").click()
    await page.get_by_role("button", name=f"Suggest: {dimension}").click()
    offer = page.get_by_role("region", name=f"Suggestions: {dimension}")
    await expect(offer.get_by_role("article")).to_have_count(1)
    return offer


async def go_to_desk(page: Page, label: str) -> None:
    if await page.get_by_role("navigation", name="Study").count():
        await go(page, "Coding")
    else:
        await page.get_by_role("link", name=re.compile("done; your queue")).click()
    await page.get_by_role("link", name=label, exact=True).click()
    await expect(page).to_have_title(re.compile(re.escape(label)))
    await page.wait_for_load_state()


async def accept(page: Page, offer: Locator) -> None:
    await expect(offer.get_by_text("Your first submission is kept")).to_be_visible()
    await page.keyboard.press("a")
    await expect(offer.get_by_text("Accepted", exact=True)).to_be_visible()
    await saved(page)  # it is a draft from then on
    await submit(page)


async def change(page: Page, offer: Locator, code: str) -> None:
    await page.keyboard.press("c")
    await offer.get_by_label("Another code").select_option(label=code)
    await offer.get_by_role("button", name="Take this instead").click()
    await expect(offer.get_by_text("Changed", exact=True)).to_be_visible()
    await saved(page)  # it is a draft from then on
    await submit(page)


async def reject(page: Page, offer: Locator) -> None:
    await page.keyboard.press("x")
    await page.keyboard.press("Enter")
    await expect(offer.get_by_role("button", name="Take the rejection back")).to_be_visible()


def places_free_of(invented: int, places: tuple[int, ...], dimension: str) -> Place:
    """The first of the places whose suggestion has a quote that the text holds."""
    return next(at for at in places if at != invented), dimension
