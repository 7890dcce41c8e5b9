"""Signing in at a provider in a real browser: over to another site and back, by the rules that browsers keep."""

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy.engine import URL

from app.accounts.actions import add_person
from tests.browser.conftest import running_site
from tests.support.openid_provider import OpenIdProvider
from tests.support.ports import lasting_port

pytestmark = pytest.mark.browser


async def test_one_press_leads_to_the_provider_and_back_to_the_page_that_was_wanted(
    own_database: URL, browser: Browser
) -> None:
    person = {"sub": "17", "email": "ada@example.org", "email_verified": True, "name": "Ada Lind"}
    port = lasting_port()
    with OpenIdProvider(person=person) as provider:
        here = {"public_url": f"http://localhost:{port}"}  # to the browser another site than the provider's 127.0.0.1
        with running_site(own_database, port=port, **provider.settings(), **here) as site:
            with site.database.transaction() as session:
                add_person(session, email="ada@example.org", name="Ada Lind", password=None)
            page = await (await browser.new_context()).new_page()
            wrong: list[str] = []
            page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))

            await page.goto(f"http://localhost:{port}/account")
            await page.get_by_role("link", name="Sign in with Example University").press("Enter")

            await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
            await expect(page.get_by_text("ada@example.org")).to_be_visible()
            assert wrong == []
            assert [path.rpartition("/")[2] for path in provider.asked].count("authorize") == 1
