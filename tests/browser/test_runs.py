"""A lead composes a run, sees what is sent and what it takes, starts it, pauses it, and sets two beside each other."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from sqlalchemy.engine import URL

from app.jobs.running import run_waiting_jobs
from app.settings import Settings
from app.worker import TASKS
from tests.browser.conftest import SignedIn, Site, running_site
from tests.suggestions.conftest import SAID, Table, make_table
from tests.support.coding_replies import first_codes
from tests.support.openai_server import OpenAIServer, Says

pytestmark = pytest.mark.browser
assert TASKS  # the tasks are known to the queue


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(otherwise=Says(first_codes)) as made:
        yield made


def asks(server: OpenAIServer) -> dict[str, str]:
    return {"llm_base_url": server.base_url, "llm_api_key": server.api_key, "llm_model": "small"}


@pytest.fixture
def site(own_database: URL, server: OpenAIServer) -> Iterator[Site]:
    with running_site(own_database, **asks(server)) as made:
        yield made


async def work(own_database: URL, server: OpenAIServer) -> None:
    url = own_database.render_as_string(hide_password=False)
    settings = Settings(database_url=url, worker_concurrency=1, **asks(server))  # type: ignore[arg-type]
    await asyncio.to_thread(run_waiting_jobs, settings)


async def test_composed_previewed_started_paused_resumed_and_compared(
    site: Site, signed_in: SignedIn, own_database: URL, server: OpenAIServer
) -> None:
    with site.database.transaction() as session:
        table: Table = make_table(session, site.database)
        runs = site.url + table.runs_url
    page = await signed_in(table.lead)
    await page.goto(f"{runs}/new", wait_until="networkidle")
    foreseen = page.get_by_role("region", name="What it would take")
    await expect(foreseen.get_by_label("User message")).to_contain_text(SAID)
    await expect(foreseen).to_contain_text("1 of 2: INC-1")
    await page.get_by_label("Times each incident is asked").fill("2")
    await page.keyboard.press("Tab")
    await expect(foreseen).to_contain_text("Calls4")
    await foreseen.get_by_role("button", name="Next").press("Enter")
    await expect(foreseen).to_contain_text("2 of 2: INC-2")
    await page.get_by_label("Times each incident is asked").fill("9")
    await page.get_by_role("button", name="Review and start").press("Enter")
    await expect(page.get_by_label("Times each incident is asked")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Times each incident is asked").fill("1")
    await page.get_by_role("button", name="Review and start").press("Enter")

    await expect(page.get_by_role("heading", name="Start this run?")).to_be_visible()
    await page.get_by_role("button", name="Start the run").press("Enter")
    run = page.get_by_role("region", name="Run", exact=True)
    await expect(run.get_by_text("2 waiting, 0 failed")).to_be_visible()
    await run.get_by_role("button", name="Pause").press("Enter")
    await expect(run.get_by_text("Paused", exact=True)).to_be_visible()
    await work(own_database, server)
    assert server.taken == []
    await run.get_by_role("button", name="Resume").press("Enter")
    await expect(run.get_by_text("At work")).to_be_visible()
    await work(own_database, server)
    await expect(run.get_by_text("Done", exact=True)).to_be_visible(timeout=25_000)
    await expect(run.get_by_text("2 of 2").last).to_be_visible()
    assert len(server.taken) == 2

    await page.get_by_role("link", name="Compose one like it").click()
    await page.get_by_label("All of the round that have a text: 2").check()
    await page.get_by_label("Only measured and compared").check()
    await page.get_by_role("button", name="Review and start").click()
    await page.get_by_role("button", name="Start the run").click()
    await work(own_database, server)
    await expect(run.get_by_text("Done", exact=True)).to_be_visible(timeout=25_000)
    await page.goto(runs)
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_role("heading", name="How far they agree")).to_be_visible()
    await expect(page.get_by_text("They say the same of every incident.")).to_be_visible()
    said = [one for one in site.complaints if "422" not in one]
    assert said == []
