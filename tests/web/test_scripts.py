"""The scripts in a real browser, under the content policy."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright

from tests.support.chromium import CHROMIUM, FLAGS
from tests.web.gallery import gallery

pytestmark = pytest.mark.browser

Visit = Callable[[Callable[[Page], Awaitable[None]]], list[str]]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(gallery, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def visit(address: str) -> Visit:
    """Opens the gallery, does the steps, and returns what the console complained of."""

    async def steps_taken(steps: Callable[[Page], Awaitable[None]]) -> list[str]:
        complaints: list[str] = []
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await browser.new_page()
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(address, wait_until="networkidle")
            await page.evaluate("document.activeElement.blur(); window.done = [];"
                                "document.addEventListener('click', e => {"
                                " const b = e.target.closest('[data-key]');"
                                " if (b) { done.push(b.dataset.key + ' ' + (b.closest('[id]')?.id ?? ''));"
                                " e.preventDefault(); }"
                                "})")  # fmt: skip
            await steps(page)
            await browser.close()
        return complaints

    return lambda steps: asyncio.run(steps_taken(steps))


async def done(page: Page) -> list[str]:
    return [each.split()[0] for each in await page.evaluate("done")]


def test_the_page_keeps_the_content_policy(visit):
    async def look(page: Page) -> None:
        assert await page.evaluate("typeof htmx.version") == "string"

    assert visit(look) == []


def test_a_key_presses_what_declares_it_but_not_while_typing(visit):
    async def press(page: Page) -> None:
        await page.keyboard.press("m")
        await page.keyboard.press("Control+Enter")
        await page.focus("#title")
        await page.keyboard.press("m")
        assert await done(page) == ["m", "ctrl+enter"]

    assert visit(press) == []


def test_ctrl_enter_in_a_field_hands_in_the_form_of_that_field_alone(visit):
    async def press(page: Page) -> None:
        await page.evaluate(
            "document.addEventListener('submit', e => { e.preventDefault(); done.push(e.target.elements[0].id); })"
        )
        await page.focus("#title")
        await page.keyboard.press("Control+Enter")
        assert await done(page) == ["title"]

    assert visit(press) == []


def test_digits_belong_to_the_focused_group(visit):
    async def press(page: Page) -> None:
        await page.keyboard.press("1")
        assert await done(page) == []
        await page.focus("#second button")
        await page.keyboard.press("1")
        assert await page.evaluate("done") == ["1 second"]

    assert visit(press) == []


def test_two_things_with_one_key_are_reported(visit):
    async def collide(page: Page) -> None:
        await page.evaluate("document.querySelectorAll('.card-body .button').forEach(b => b.dataset.key = 'm')")
        await page.keyboard.press("m")

    assert 'the key "m" is declared by' in visit(collide)[0]


def test_the_list_of_keys_opens_and_can_switch_single_keys_off(visit):
    async def switch(page: Page) -> None:
        await page.keyboard.press("?")
        await page.get_by_role("dialog", name="Keys on this page").wait_for()
        assert "Submit and next" in await page.inner_text("[data-keys-list]")
        await page.get_by_label("Single keys do things").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("m")
        await page.keyboard.press("Control+Enter")
        assert await done(page) == ["?", "ctrl+enter"]

    assert visit(switch) == []


SELECT = """async ([fromPath, fromAt, toPath, toAt]) => {
  const textOf = (path) => {
    const walk = document.createTreeWalker(document.querySelector(path), NodeFilter.SHOW_TEXT);
    return walk.nextNode();
  };
  document.getSelection().setBaseAndExtent(textOf(fromPath), fromAt, textOf(toPath), toAt);
  return (await import("/static/js/selection.js")).selectedQuote();
}"""


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (("[data-start='0']", 4), ("[data-start='0']", 12), {"start": 4, "end": 12, "quote": "🚨 pager"}),
        (("[data-start='0']", 6), ("mark", 4), {"start": 7, "end": 17, "quote": "pager rang"}),
        (("mark", 5), ("[data-start='29']", 8), {"start": 18, "end": 37, "quote": "at night.\n\nA second"}),
        (("[data-start='29']", 8), ("mark", 5), {"start": 18, "end": 37, "quote": "at night.\n\nA second"}),
        (("h1", 0), ("h1", 3), None),
        (("h1", 0), ("[data-start='0']", 3), {"start": 0, "end": 3, "quote": "The"}),
    ],
)
def test_a_selection_is_told_in_utf_16_units_of_the_whole_text(visit, start, end, found):
    async def select(page: Page) -> None:
        assert await page.evaluate(SELECT, [*start, *end]) == found

    assert visit(select) == []


def test_a_server_error_from_elsewhere_never_lands_in_a_form(visit):
    async def fail(page: Page) -> None:
        await page.route("**/broken", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
        await page.evaluate("htmx.ajax('POST', '/broken', {target: '#second', swap: 'innerHTML'})")
        await page.get_by_text("The server did not answer").wait_for()
        assert await page.locator("#second").inner_text() != "Bad gateway"
        await page.get_by_role("button", name="Dismiss").click()
        assert await page.locator("#notice").inner_text() == ""

    assert [said for said in visit(fail) if "502" not in said] == []


def test_a_lost_network_is_told(visit):
    async def lose(page: Page) -> None:
        await page.route("**/lost", lambda route: route.abort())
        await page.evaluate("htmx.ajax('POST', '/lost', {target: '#second'})")
        await page.get_by_text("The server did not answer").wait_for()

    visit(lose)
