"""A meeting of two browsers: the scribe at a keyboard, a coder at a phone."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.adjudication.meeting_models import MeetingVote
from app.adjudication.meeting_views import WATCHED_SECONDS
from app.adjudication.models import Ruling
from tests.adjudication.conftest import Table, make_table
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}


def two_disagreements(site: Site) -> tuple[Table, str]:
    with site.database.transaction() as session:
        table = make_table(session, incidents=2)
        for at in (0, 1):
            table.codes(table.ada, [table.config], "", at=at)
            table.codes(table.ben, [table.network], "", at=at)
        table.steps_to("settling")
        home = f"{site.url}/studies/{table.lead.study.slug}/disagreements"
        address = f"{home}/{table.coding_round.number}/meeting"
        session.expunge_all()
        return table, address


async def starts(page: Page, address: str) -> None:
    await page.goto(address)
    assert await serious_findings(page) == []
    await page.get_by_role("button", name="Start the meeting").click()
    await page.wait_for_url(address)
    await page.wait_for_load_state()


async def joins(page: Page, address: str, *, opens: bool) -> None:
    """From the page of the disagreements."""
    await page.goto(address.rpartition("/disagreements/")[0] + "/disagreements")
    await expect(page.get_by_text("A meeting is under way")).to_be_visible()
    if opens:
        await page.get_by_label("Open each one for me").check()
    await page.get_by_role("button", name="Join").click()
    await page.wait_for_url(address)


async def test_two_vote_blind_see_the_votes_together_and_go_on(site: Site, signed_in: SignedIn):
    table, address = two_disagreements(site)
    judge, ada = await signed_in(table.judge), await signed_in(table.ada, **PHONE)
    await starts(judge, address)
    await joins(ada, address, opens=True)

    await expect(ada.locator("#answer-b")).to_contain_text("Network")  # it opened by itself
    await judge.keyboard.press("o")
    await expect(judge.locator("#answer-a")).to_contain_text("Configuration")
    await expect(judge.locator("#meeting-state")).to_contain_text(table.ada.name)

    await ada.locator(f"#vote-{table.network.id}").click()
    await expect(ada.locator("#meeting-vote")).to_contain_text("you have voted")
    await expect(judge.locator("#meeting-state")).to_contain_text("1 of 2 have voted.")
    assert await judge.locator(".ballot").count() == 0
    await judge.keyboard.press("2")
    await expect(judge.locator("#meeting-state")).to_contain_text("2 of 2 have voted.")
    assert await serious_findings(judge) == [] and await serious_findings(ada) == []

    await judge.keyboard.press("r")
    for page in (judge, ada):
        await expect(page.locator(".ballot tbody tr")).to_have_count(2)
        await expect(page.locator(".ballot")).to_contain_text("Network")
    await judge.keyboard.press("y")
    await expect(judge.locator(f"#pick-{table.network.id}")).to_be_checked()
    await judge.get_by_label("Slip").check()
    await judge.get_by_label("Reason").fill("The text says so.")
    await judge.keyboard.press("Control+Enter")

    for page in (judge, ada):
        await expect(page.locator("h1")).to_have_text("Incident 2")
    await expect(ada.locator("#answer-a")).to_contain_text("Configuration")
    await expect(judge.get_by_role("button", name="Open this one")).to_be_visible()
    assert site.complaints == []
    with site.database.reading() as session:
        assert session.scalars(select(Ruling.member_id)).all() == [table.judge.member.id]
        assert len(session.scalars(select(MeetingVote.id)).all()) == 2


async def test_what_is_half_written_stays_while_others_come_vote_and_comment(site: Site, signed_in: SignedIn):
    table, address = two_disagreements(site)
    judge, ada = await signed_in(table.judge), await signed_in(table.ada)
    await starts(judge, address)
    await judge.keyboard.press("o")
    await expect(judge.locator("#answer-a")).to_be_visible()
    await judge.keyboard.press("w")
    await judge.get_by_label("Reason").fill("Half a sent")

    await joins(ada, address, opens=False)
    await ada.keyboard.press("o")
    await expect(ada.locator("#answer-b")).to_be_visible()
    await ada.keyboard.press("1")
    await ada.locator("#comments summary").click()
    await ada.locator("#comment").fill("Look at line two.")
    await ada.get_by_role("button", name="Send").click()
    await expect(judge.locator("#meeting-state")).to_contain_text("1 thing said here since")
    await expect(judge.locator("#meeting-state")).to_contain_text("1 of 2 have voted.")

    await expect(judge.get_by_label("Reason")).to_have_value("Half a sent")
    await expect(judge.get_by_label("Reason")).to_be_focused()
    await judge.get_by_role("button", name="Show").click()
    await expect(judge.locator("#comments")).to_contain_text("Look at line two.")
    await expect(judge.get_by_label("Reason")).to_have_value("Half a sent")

    await judge.get_by_role("button", name="Reveal the votes").click()
    await judge.get_by_role("button", name="Vote again").click()
    await expect(ada.locator("#meeting-state")).to_contain_text("0 of 2 have voted.")
    await expect(ada.locator(f"#vote-{table.config.id}")).to_have_attribute("aria-pressed", "false")
    await expect(judge.get_by_label("Reason")).to_have_value("Half a sent")
    assert site.complaints == []


async def test_a_meeting_that_ends_leaves_the_pages_of_the_others_still(site: Site, signed_in: SignedIn):
    table, address = two_disagreements(site)
    judge, ada = await signed_in(table.judge), await signed_in(table.ada)
    await starts(judge, address)
    await joins(ada, address, opens=False)
    await judge.locator("#meeting-scribe summary").click()
    await judge.get_by_role("button", name="End the meeting").click()
    await expect(judge.get_by_role("heading", name="What was at hand")).to_be_visible()

    await expect(ada.get_by_text("This meeting has ended.")).to_be_visible()
    asked: list[str] = []
    ada.on("request", lambda request: asked.append(request.url))
    await ada.wait_for_timeout(1_000 * WATCHED_SECONDS + 500)  # longer than a page that watches waits
    assert asked == []
