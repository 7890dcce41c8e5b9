"""A real server on a database of its own, and Chromium: for what only a browser can show."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sqlalchemy.engine import URL

from app.accounts.actions import start_sign_in
from app.accounts.models import Person
from app.accounts.viewer import COOKIE
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from tests.coding.conftest import Bench, make_bench
from tests.support.chromium import CHROMIUM, FLAGS


@dataclass
class Site:
    """A server that runs. database: for makers and asserts, in transactions of their own."""

    url: str
    database: Database
    complaints: list[str] = field(default_factory=list)  # what consoles said that is an error

    def sign_in_token(self, person: Person) -> str:
        with self.database.transaction() as session:
            return start_sign_in(session, session.get_one(Person, person.id), user_agent="test", days=1)


SignedIn = Callable[..., Awaitable[Page]]


@pytest.fixture
def site(own_database: URL) -> Iterator[Site]:
    with running_site(own_database) as site:
        yield site


@pytest.fixture
def bench(site: Site) -> Bench:
    """Of the site's own database; each look at it takes a session of its own."""
    with site.database.transaction() as session:
        made = make_bench(session)
    return replace(made, session=None)  # type: ignore[arg-type]


@contextmanager
def running_site(database_url: URL, *, port: int = 0, **settings: str) -> Iterator[Site]:
    """port: 0 for any. settings: further ones of the server, such as the model it names."""
    url = database_url.render_as_string(hide_password=False)
    database = Database.at(url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    app = create_app(Settings(database_url=url, **settings), database)  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield Site(f"http://127.0.0.1:{port}", database)
    finally:
        server.should_exit = True
        thread.join()
        database.dispose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(browser: Browser, site: Site) -> AsyncIterator[SignedIn]:
    """`page = await signed_in(viewer)`: a page of a browser in which that member is signed in.

    context: to sign the next one in in the same browser. Further keywords go to the new context.
    """
    opened: list[BrowserContext] = []

    async def open_page(viewer: object, *, context: BrowserContext | None = None, **options: object) -> Page:
        if context is None:
            context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})  # type: ignore[arg-type]
            context.set_default_timeout(10_000)
            opened.append(context)
        token = site.sign_in_token(viewer.person)  # type: ignore[attr-defined]
        await context.add_cookies([{"name": COOKIE, "value": token, "url": site.url}])
        page = await context.new_page()
        page.on("console", lambda said: site.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: site.complaints.append(str(error)))
        return page

    yield open_page
    for context in opened:
        await context.close()
