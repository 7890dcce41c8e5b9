"""What a model says that obeys a poisoned incident is text on every page, made into nothing by a real Chromium."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db.session import Database
from app.llm.port import Question
from tests.browser.test_stored_script import HERE, watched_page
from tests.suggestions.conftest import Table, make_table
from tests.support.clients import ClientFor, client_for
from tests.support.poisons import FAR, HTML, MARK, POISONS, WICKED

__all__ = ["client_for"]

pytestmark = pytest.mark.browser
POISON = next(poison for poison in POISONS if poison.name == "html and script")
MADE = f"""() => ({{
    marked: document.querySelectorAll('#made-by-model').length,
    away: document.querySelectorAll('[href*="evil.example"], [src*="evil.example"], [src="x"]').length,
    handlers: document.querySelectorAll('[onerror], [onmouseover], [onclick], [onload]').length,
    strong: [...document.querySelectorAll('strong')].filter(one => one.textContent === 'strong').length,
    scripts: [...document.scripts].filter(one => one.textContent.includes('{MARK}')).length,
    ran: window.poison_ran_really === true,
}})"""
NOTHING = {"marked": 0, "away": 0, "handlers": 0, "strong": 0, "scripts": 0, "ran": False}


def wicked(question: Question) -> dict[str, Any]:
    """Known codes and new ones, with markup in every field."""
    keys = question.json_schema["properties"]
    return {key: _part(part, number) for number, (key, part) in enumerate(keys.items())}


def _part(part: dict[str, Any], number: int) -> dict[str, Any]:
    known = part["properties"]["codes"]["items"]["enum"][:1] if number else []
    return {
        "quotes": [{"paragraph": 2, "text": POISON.text.split("\n")[1]}, {"paragraph": 1, "text": WICKED}],
        "reasoning": WICKED,
        "codes": known,
        "new_codes": [{"name": f"{HTML[:60]} {LINK}", "definition": WICKED}],
    }


LINK = f"[x]({FAR}5)"


@pytest.fixture
def poisoned_table(session: Session, database: Database) -> Table:
    table = make_table(session, database, text=POISON.text)
    table.ask(otherwise=wicked)
    assert len(table.suggestions()) >= 2
    return table


async def test_at_the_desk_it_is_text_and_the_reader_is_told(
    poisoned_table: Table, client_for: ClientFor, browser: Browser
) -> None:
    table = poisoned_table
    table.ada_opens()
    ada = client_for(table.ada)
    page, wrong = await poison_watched(browser, ada)
    for address in (table.desk_url, f"{table.desk_url}/suggestions"):
        text = await text_without_harm(page, wrong, address)
        for literal in ("<script>", "[click me](https://evil.example", "**strong**", "{{ 7 * 7 }}", LINK):
            assert literal in text, f"{literal} on {address}"
        assert "speaks to a model" in text and "fetches or runs something" in text
        assert "not in the text" in text
    await page.context.close()


async def test_for_the_lead_prompts_and_replies_are_text(
    poisoned_table: Table, client_for: ClientFor, browser: Browser
) -> None:
    table = poisoned_table
    lead = client_for(table.lead)
    for call in table.calls():
        answer = lead.post(f"{table.runs_url}/openings", data={"call_id": str(call.id)})
        assert answer.status_code in (200, 303)
    page, wrong = await poison_watched(browser, lead)
    study = f"/studies/{table.lead.study.slug}"
    run = table.suggestions()[0].run_id
    shown = 0
    for address in (
        table.runs_url, f"{table.runs_url}/{run}", f"{table.runs_url}/{run}/validity", f"{study}/suggestions",
        f"{study}/suggestions/ledger", f"{study}/settings/leaving", f"{study}/history", f"{study}/codebook",
        f"{study}/rounds/{table.coding_round.number}", f"{study}/incidents/{table.incidents[0].id}",
        *sorted(links_to_calls(lead, f"{study}/suggestions/ledger")),
    ):  # fmt: skip
        if lead.get(address).status_code == 200:  # those that this study has
            text = await text_without_harm(page, wrong, address)
            shown += "<script>" in text
    assert shown >= 2
    await page.context.close()


def links_to_calls(client: TestClient, address: str) -> set[str]:
    return set(re.findall(rf'href="({re.escape(address)}/\d+)"', client.get(address).text))


async def poison_watched(browser: Browser, client: TestClient) -> tuple[Page, list[str]]:
    page, wrong = await watched_page(browser, client)
    await page.add_init_script(f"window.{MARK} = () => {{ window.poison_ran_really = true; }}")
    return page, wrong


async def text_without_harm(page: Page, wrong: list[str], address: str) -> str:
    """What can be read there, drawers opened, once nothing of it was made into an element or asked for."""
    answer = await page.goto(f"{HERE}{address}")
    assert answer is not None and answer.status == 200, address
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert await page.evaluate(MADE) == NOTHING, address
    assert wrong == [], address
    return str(await page.evaluate("document.body.textContent"))
