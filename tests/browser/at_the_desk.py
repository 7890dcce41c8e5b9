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
