"""Networks that go away, acts that come twice, sessions that end: the database holds what the screen said."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Error, Page, Route, expect
from sqlalchemy import func, select, update

from app.accounts.models import Person, SignIn
from app.accounts.passwords import hash_password
from app.coding.models import Act, Flag
from app.db.base import now
from tests.browser.at_the_desk import (
    SELECT_WORDS,
    adas_desk,
    check_screen_is_stored,
    desk_url,
    kept,
    opened,
    press,
    saved,
    saved_kinds,
    stored_acts,
)
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench, make_bench

pytestmark = pytest.mark.browser
PASSWORD = "four words in a row"


@pytest.fixture
def bench(site: Site) -> Bench:
    with site.database.transaction() as session:
        made = make_bench(session)
        hashed = hash_password(PASSWORD)
        for viewer in (made.ada, made.ben):
            session.execute(update(Person).where(Person.id == viewer.person.id).values(password_hash=hashed))
    return replace(made, session=None)  # type: ignore[arg-type]


async def eight_acts(page: Page, bench: Bench) -> list[str]:
    """Of every kind that one has at hand; what each is to be on the disk. Twelve more follow."""
    config, network = (f"toggle_code {code.id}" for code in (bench.config, bench.network))
    await press(page, ["1", "2", "1", "2"])
    await page.evaluate(SELECT_WORDS, "bad config push")
    await press(page, ["e", "0", "1", "m"])
    await page.keyboard.type("Ask about the push")
    await press(page, ["Escape"])
    return [config, network, config, network, "add_evidence", "answer", config, "write_memo"]


async def twelve_acts(page: Page, bench: Bench) -> list[str]:
    config, network, slow, down = (f"toggle_code {c.id}" for c in (bench.config, bench.network, bench.slow, bench.down))
    await press(page, ["ArrowDown", "1", "2", "u", "2"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e", "/"])
    await page.keyboard.type("Lost messages")
    await press(page, ["Enter", "1", "f"])
    await page.keyboard.type("Look at the push")
    await page.get_by_role("button", name="Flag", exact=True).click()
    await press(page, ["ArrowUp", "2", "1", "ArrowDown", "1", "1"])
    return [slow, down, "answer", down, "add_evidence", "create_code", slow, "flag", network, config, slow, slow]


async def test_promise_5_twenty_acts_in_two_minutes_without_a_network_outlive_a_reload_and_a_closed_tab(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await signed_in(bench.ada)
    context = page.context
    await page.clock.install()
    await opened(page, site, bench)
    tried = []

    async def swallowed(route: Route) -> None:
        tried.append(route.request.post_data)
        await route.abort()

    await context.route("**/acts", swallowed)
    done = await eight_acts(page, bench)
    await page.clock.run_for(60_000)
    await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("8 not yet saved")
    await page.reload(wait_until="networkidle")
    done += await twelve_acts(page, bench)
    for _ in range(6):
        attempts = len(tried)
        await page.clock.run_for(10_000)
        await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("20 not yet saved")
    assert len(set(tried)) == 1 and attempts >= 6 and stored_acts(site) == []
    await page.close()

    page = await context.new_page()
    await context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        await page.goto(desk_url(site, bench))
    await context.set_offline(False)
    await context.unroute("**/acts")
    await opened(page, site, bench)
    await saved(page)

    assert stored_acts(site) == done
    await expect(page.locator("#collision")).to_be_hidden()
    await check_screen_is_stored(page, site, bench)
    assert adas_desk(site, bench).memo == "Ask about the push"
    with site.database.reading() as session:
        assert session.scalars(select(Flag.note)).all() == ["Look at the push"]
    await press(page, ["0"])
    await saved(page)
    await check_screen_is_stored(page, site, bench)


async def test_promise_5_the_same_acts_sent_twice_are_done_once(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)

    async def sent_twice(route: Route) -> None:
        first, second = [await route.fetch() for _ in range(2)]
        assert first.headers["act-saved"] == second.headers["act-saved"]
        await route.fulfill(response=second)

    await page.route("**/acts", sent_twice)
    await press(page, ["1", "2", "ArrowDown", "/"])
    await page.keyboard.type("Lost messages")
    await press(page, ["Enter", "1"])
    await page.evaluate(SELECT_WORDS, "40 minutes")
    await press(page, ["e"])
    await saved(page)

    assert saved_kinds(site) == ["toggle_code", "toggle_code", "create_code", "toggle_code", "add_evidence"]
    await check_screen_is_stored(page, site, bench)
    assert site.complaints == []


async def test_promise_5_acts_of_a_session_that_expired_wait_for_the_same_person(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["1"])
    await saved(page)
    with site.database.transaction() as session:
        session.execute(update(SignIn).values(expires_at=now() - timedelta(minutes=1)))
    await press(page, ["2", "ArrowDown", "1", "2"])
    await expect(page.get_by_role("link", name="Sign in to save 3")).to_be_visible()
    assert stored_acts(site) == [f"toggle_code {bench.config.id}"]

    await page.get_by_role("link", name="Sign in to save").click()
    await signs_in(page, bench.ada.person.email)
    await page.wait_for_url(desk_url(site, bench))
    await saved(page)

    pressed = (bench.config, bench.network, bench.slow, bench.down)
    assert stored_acts(site) == [f"toggle_code {code.id}" for code in pressed]
    await check_screen_is_stored(page, site, bench)


async def test_promise_5_acts_that_wait_are_not_sent_by_the_next_person_at_this_browser(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await page.route("**/acts", lambda route: route.abort())
    await press(page, ["1", "ArrowDown", "2"])
    await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("2 not yet saved")
    await page.unroute("**/acts")
    await signs_out(page, bench.ada.person.name)

    await signs_in(page, bench.ben.person.email)
    bens = f"{site.url}/studies/{bench.lead.study.slug}/assignments/{bench.bens.id}"
    await page.goto(bens, wait_until="networkidle")
    await press(page, ["2", "ArrowDown", "1"])
    await expect(page.locator("#saved [data-saved=saved]")).to_be_visible()
    await expect(page.locator("#submit-count")).to_have_text("2 of 2")
    assert await page.evaluate("document.querySelectorAll('[data-unsaved]')[0].textContent") == "0"
    assert await kept(page) == 2
    assert acts_by(site) == {bench.ben.member.id: 2}
    await signs_out(page, bench.ben.person.name)

    await signs_in(page, bench.ada.person.email)
    await opened(page, site, bench)
    await saved(page)
    assert acts_by(site) == {bench.ben.member.id: 2, bench.ada.member.id: 2}
    assert stored_acts(site)[2:] == [f"toggle_code {code.id}" for code in (bench.config, bench.down)]
    await check_screen_is_stored(page, site, bench)


async def signs_in(page: Page, email: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(re.compile("^(?!.*/sign-in)"))


async def signs_out(page: Page, name: str) -> None:
    await page.get_by_role("button", name=f"{name}: your menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def acts_by(site: Site) -> dict[int, int]:
    with site.database.reading() as session:
        return dict(session.execute(select(Act.member_id, func.count()).group_by(Act.member_id)).all())
