"""What a coder does at the desk in a real browser, and what is stored of it."""

from collections.abc import Sequence

from playwright.async_api import Page, expect
from sqlalchemy import select

from app.coding.desk import Desk, desk
from app.coding.models import Act
from tests.browser.conftest import Site
from tests.coding.conftest import Bench

SELECT_WORDS = """words => {
  const walker = document.createTreeWalker(document.querySelector('[data-text-root]'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at >= 0) return getSelection().setBaseAndExtent(node, at, node, at + words.length);
  }
  throw new Error('not in the text: ' + words);
}"""


def desk_url(site: Site, bench: Bench) -> str:
    return f"{site.url}/studies/{bench.lead.study.slug}/assignments/{bench.adas.id}"


async def opened(page: Page, site: Site, bench: Bench) -> Page:
    """Interceptable from the start: a page that is open already hears of a first route later than of a key."""
    await page.route("**/asked-by-no-page", lambda route: route.abort())
    await page.goto(desk_url(site, bench), wait_until="networkidle")
    return page


def adas_desk(site: Site, bench: Bench) -> Desk:
    with site.database.reading() as session:
        return desk(session, bench.ada, bench.adas.id)


def saved_kinds(site: Site) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(Act.kind).order_by(Act.id)))


async def press(page: Page, keys: Sequence[str]) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def saved(page: Page) -> None:
    """Waits until nothing is kept in the browser any more."""
    gone = "() => !Object.keys(localStorage).some(key => key.startsWith('tandem-act/'))"
    await page.wait_for_function(gone, polling=50)
    await expect(page.locator("#saved [data-saved=saved]")).to_be_visible()


async def kept(page: Page) -> int:
    return await page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('tandem-act/')).length")


SCREEN = """() => [...document.querySelectorAll("[data-dimension]")].map(card => [
  Number(card.dataset.dimension), card.querySelector("[data-state][aria-pressed=true]")?.dataset.state ?? "",
  [...card.querySelectorAll("[data-code][aria-pressed=true]")].map(chip => Number(chip.dataset.code))
    .sort((a, b) => a - b),
  [...card.querySelectorAll("[data-flashes] q")].map(quote => quote.textContent),
])"""


async def check_screen_is_stored(page: Page, site: Site, bench: Bench) -> None:
    """The database holds exactly what the screen says: answers, codes and quotes of each dimension, and the memo."""
    stored = [
        [
            card.dimension.id,
            "" if card.state == "coded" else card.state,
            sorted(card.applied_ids),
            [quote.quote for chip in card.applied for quote in chip.evidence],
        ]
        for card in adas_desk(site, bench).cards
    ]
    assert await page.evaluate(SCREEN) == stored
    assert await page.locator("#memo-text").input_value() == adas_desk(site, bench).memo


def stored_acts(site: Site) -> list[str]:
    """What each act that is on disk did, in their order: its kind, and the code of a toggle."""
    with site.database.reading() as session:
        acts = session.execute(select(Act.kind, Act.payload).order_by(Act.id))
        return [f"{kind} {payload['code_id']}" if kind == "toggle_code" else kind for kind, payload in acts]
