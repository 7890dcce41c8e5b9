"""The next desk comes along with the answer to a submit: shown at once, as things are then, and left by *back*."""

from collections.abc import Sequence
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.coding.models import Act
from tests import makers
from tests.browser.at_the_desk import SELECT_WORDS, adas_desk, desk_url, opened, press, saved
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench

pytestmark = pytest.mark.browser


def second(site: Site, bench: Bench) -> int:
    with site.database.reading() as session:
        return makers.assignment_of(session, bench.ada, bench.coding_round, bench.incidents[1]).id


def journeys(page: Page) -> list[str]:
    """Fills with the addresses of the desks that the browser asks for."""
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if r.method == "GET" and "/assignments/" in r.url else None)
    return asked


async def handed_in(page: Page, site: Site, bench: Bench, keys: Sequence[str] = ("0", "ArrowDown", "0")) -> int:
    """The first incident; the second is shown then."""
    following = second(site, bench)
    await press(page, keys)
    await saved(page)
    await press(page, ["Control+Enter"])
    await expect(page.locator(f"main[data-assignment='{following}']")).to_be_visible()
    return following


def acts_on(site: Site, assignment_id: int) -> list[str]:
    with site.database.reading() as session:
        kinds = select(Act.kind).where(Act.assignment_id == assignment_id).order_by(Act.id)
        return list(session.scalars(kinds))


async def test_the_next_desk_is_there_without_being_asked_for_and_takes_acts_at_once(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    asked = journeys(page)
    await page.evaluate("window.sameDocument = true")
    following = await handed_in(page, site, bench)
    await expect(page).to_have_url(f"{desk_url(site, bench).rpartition('/')[0]}/{following}")
    await expect(page).to_have_title(f"{bench.incidents[1].label} · {bench.coding_round.name} · Tandem")
    await expect(page.locator(".own-progress")).to_contain_text("1 of 2")
    await expect(page.locator("main")).to_be_focused()
    await expect(page.get_by_role("button", name="? Keys")).to_be_visible()

    await press(page, ["1"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e", "ArrowDown", "2", "m"])
    await page.keyboard.type("Like the one before")
    await press(page, ["Escape"])
    await saved(page)
    await press(page, ["Control+z"])
    await saved(page)

    assert asked == [] and await page.evaluate("window.sameDocument")
    assert acts_on(site, following) == ["toggle_code", "add_evidence", "toggle_code", "write_memo", "undo"]
    assert (adas_desk(site, bench).state, adas_desk(site, bench).memo) == ("submitted", "")
    await page.reload(wait_until="networkidle")
    await expect(page.locator("mark.quote")).to_have_text("40 minutes")
    assert site.complaints == []


async def test_nothing_is_done_on_a_desk_whose_submit_is_on_its_way(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["0", "ArrowDown", "0"])
    await saved(page)
    await page.context.set_offline(True)
    await press(page, ["Control+Enter", "Control+Enter", "1", "m", "Control+z"])
    await expect(page.get_by_text("1 to save")).to_be_visible()
    assert await page.evaluate("document.getElementById('answers').inert")

    await page.context.set_offline(False)
    await expect(page.locator(f"main[data-assignment='{second(site, bench)}']")).to_be_visible()
    assert acts_on(site, bench.adas.id) == ["answer", "answer", "submit"]
    await press(page, ["1"])
    await saved(page)
    assert acts_on(site, second(site, bench)) == ["toggle_code"]


async def test_a_submit_that_is_refused_gives_the_desk_back(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["0"])
    await saved(page)
    await press(page, ["Control+Enter"])
    await expect(page.get_by_role("button", name="Submit as it is")).to_be_visible()
    assert not await page.evaluate("document.getElementById('answers').inert")
    await press(page, ["ArrowDown", "0", "Control+Enter"])
    await expect(page.locator(f"main[data-assignment='{second(site, bench)}']")).to_be_visible()
    assert acts_on(site, bench.adas.id) == ["answer", "answer", "submit"]


async def test_what_was_changed_elsewhere_in_the_meantime_is_on_the_next_desk(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    with site.database.transaction() as session:
        ours = makers.assignment_of(session, bench.ada, bench.coding_round, bench.incidents[1])
        makers.act(session, bench.ada, ours, "toggle_code", dimension_id=bench.cause.id, code_id=bench.network.id)
        makers.make_code(session, bench.lead, bench.cause, "Capacity")
    following = await handed_in(page, site, bench)

    await expect(page.locator(f"#code-{bench.network.id}")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("[data-code-name=Capacity]")).to_have_count(1)
    await press(page, ["0"])  # stands on the newest act, so it collides with nothing
    await saved(page)
    await expect(page.locator("#collision")).to_be_hidden()
    assert len(acts_on(site, following)) == 2


async def test_back_shows_the_incident_before_as_it_is_stored_and_forward_the_next_one(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    following = await handed_in(page, site, bench)
    await page.go_back()
    await expect(page.locator(f"main[data-assignment='{bench.adas.id}']")).to_be_visible()
    await expect(page.get_by_role("button", name="Take back to draft")).to_be_visible()
    await page.go_forward()
    await expect(page.locator(f"main[data-assignment='{following}']")).to_be_visible()
    await expect(page.locator("#submit")).to_be_visible()
    assert site.complaints == []


async def test_what_waits_in_the_browser_for_the_next_incident_is_shown_and_sent(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    following = second(site, bench)
    await page.context.set_offline(True)
    kept = {
        "member": str(bench.ada.member.id), "assignment": str(following), "order": "9" * 18, "act_id": str(uuid4()),
        "after_act_id": "", "tab": "another", "active_seconds": 0,
        "url": f"/studies/{bench.lead.study.slug}/assignments/{following}/acts",
        "fields": [["kind", "toggle_code"], ["dimension_id", str(bench.cause.id)], ["code_id", str(bench.network.id)],
                   ["member", str(bench.ada.member.id)]],
    }  # fmt: skip
    await press(page, ["0", "ArrowDown", "0", "Control+Enter"])
    await page.evaluate(
        "a => localStorage.setItem(['tandem-act', a.member, a.assignment, a.order, a.act_id].join('/'),"
        " JSON.stringify(a))",
        kept,
    )
    await page.context.set_offline(False)

    await expect(page.locator(f"main[data-assignment='{following}']")).to_be_visible()
    await expect(page.locator(f"#code-{bench.network.id}")).to_have_attribute("aria-pressed", "true")
    await saved(page)
    assert acts_on(site, following) == ["toggle_code"] and adas_desk(site, bench).state == "submitted"


async def test_after_an_update_of_the_server_the_browser_goes_there_itself(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    asked = journeys(page)
    await page.evaluate(  # as after an update of the server
        "document.querySelector('head link[rel=stylesheet]').setAttribute('href', '/static/css/tokens.css?older')"
    )
    following = await handed_in(page, site, bench)
    await expect(page.locator("#submit")).to_be_visible()

    assert [url.rpartition("/")[2] for url in asked] == [str(following)]
