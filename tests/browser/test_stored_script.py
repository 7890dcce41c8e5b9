"""What is written in a study of payloads runs in no browser: its pages, as the app answers them, opened in Chromium."""

from urllib.parse import urlsplit

import pytest
from httpx2 import Response
from playwright.async_api import Browser, Page, Route
from starlette.testclient import TestClient

from app.web.guard import HEADERS
from tests.security.test_stored_script import MARK, TAGS, a_study_of_payloads, settled
from tests.support.addresses import get_addresses
from tests.support.clients import client_for

__all__ = ["client_for"]

pytestmark = pytest.mark.browser
HERE = "http://testserver"


async def test_nothing_that_was_written_runs_in_a_browser(session, database, client_for, browser: Browser) -> None:
    scene = a_study_of_payloads(session, database)
    settled(session, scene)
    addresses = ["/", "/account", *(address for address in get_addresses(session, scene) if "." not in address)]
    opened = 0
    for who in ("lead", "coder 0"):
        page, wrong = await watched_page(browser, client_for(scene.everybody[who]))
        for address in addresses:
            answer = await page.goto(f"{HERE}{address}")
            opened += bool(answer and MARK in await answer.text())
            assert await page.evaluate(f"window.ran_{MARK} === undefined"), f"{who} at {address}"
            assert wrong == [], f"{who} at {address}"
        await page.context.close()
    assert opened > 20  # the payloads were really there


async def watched_page(browser: Browser, client: "TestClient | Careless") -> tuple[Page, list[str]]:
    """A page whose every request the app answers in this thread, and what goes wrong on it."""
    page = await (await browser.new_context()).new_page()
    wrong: list[str] = []
    files: dict[str, Response] = {}  # of static/, the same for every page
    await page.add_init_script(f"window.{MARK} = () => {{ window.ran_{MARK} = true; }}")

    async def answered(route: Route) -> None:
        parts = urlsplit(route.request.url)
        if f"{parts.scheme}://{parts.netloc}" != HERE:
            wrong.append(f"asked for {route.request.url}")
            await route.abort()
            return
        asked = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = files.get(asked) or client.get(asked, follow_redirects=True)  # a browser would follow past this route
        if parts.path.startswith("/static/"):
            files[asked] = answer
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        await route.fulfill(status=answer.status_code, headers=headers, body=answer.content)

    async def told(dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    await page.route("**/*", answered)
    page.on("dialog", told)
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    return page, wrong


class Careless:
    """An app that writes what it was told as it stands, with or without our policy."""

    def __init__(self, policy: str) -> None:
        self.policy = policy

    def get(self, asked: str, **_: object) -> Response:
        headers = {"content-type": "text/html"} | ({"content-security-policy": self.policy} if self.policy else {})
        return Response(200 if asked == "/" else 404, headers=headers, text=f"<p>{TAGS}</p>")


async def test_the_watch_sees_what_runs_and_what_the_policy_stops(browser: Browser) -> None:
    page, _ = await watched_page(browser, Careless(""))
    await page.goto(f"{HERE}/")
    await page.wait_for_function(f"window.ran_{MARK} === true")
    await page.context.close()

    page, wrong = await watched_page(browser, Careless(HEADERS["Content-Security-Policy"]))
    await page.goto(f"{HERE}/", wait_until="networkidle")
    assert await page.evaluate(f"window.ran_{MARK} === undefined")
    assert wrong != []
    await page.context.close()
