"""One's earlier work at hand in a real browser: codes nearly the same while a name is typed, earlier quotes, time."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, edit_code
from app.coding.queries import work_on
from tests import makers
from tests.browser.at_the_desk import adas_desk, opened, press, saved
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench, make_bench

pytestmark = pytest.mark.browser
CASES = json.loads((Path(__file__).parents[1] / "methods" / "near_names.json").read_text())


@pytest.fixture
def bench(site: Site) -> Bench:
    with site.database.transaction() as session:
        made = make_bench(session)
        defined(session, made)
        other = makers.assignment_of(session, made.ada, made.coding_round, made.incidents[1])
        where = {"dimension_id": made.cause.id, "code_id": made.config.id, "start": 4, "end": 11}
        makers.act(session, made.ada, other, "add_evidence", **where, quote=makers.TEXT[4:11])
    return replace(made, session=None)  # type: ignore[arg-type]


def defined(session: Session, made: Bench) -> None:
    """All codes of the cause have long definitions, so that the guidelines of the last are out of sight at first."""
    for code in (made.config, made.network):
        words = CodeText(code.name, "What it means. " * 60)
        edit_code(session, made.lead.study.id, made.lead.member, code.id, words, seen_seq=10**9)


async def test_a_code_nearly_the_same_is_taken_by_keyboard(site: Site, bench: Bench, signed_in: SignedIn) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["/"])
    await page.keyboard.type("Netwrok")
    option = page.get_by_role("option", name="Network")
    await expect(option).to_be_visible()
    await press(page, ["ArrowDown"])
    await expect(option).to_have_attribute("aria-selected", "true")
    await press(page, ["Enter"])
    await expect(page.locator(f"#code-{bench.network.id}")).to_have_attribute("aria-pressed", "true")
    await saved(page)
    await expect(page.locator(".near-code")).to_have_count(0)

    assert [chip.code.name for chip in adas_desk(site, bench).cards[0].applied] == ["Network"]

    judged = """async cases => {
      const { isNear } = await import("/static/js/near.js");
      return cases.map(([one, other]) => [isNear(one, other), isNear(other, one)]);
    }"""
    for kind, expected in (("near", True), ("apart", False)):
        answers = await page.evaluate(judged, CASES[kind])
        wrong = [case for case, each in zip(CASES[kind], answers, strict=True) if each != [expected, expected]]
        assert wrong == [], kind
    assert site.complaints == []


async def test_earlier_quotes_stand_beside_the_code_and_acts_tell_the_time(
    site: Site, bench: Bench, signed_in: SignedIn
) -> None:
    page = await signed_in(bench.ada)
    with site.database.transaction() as session:
        at = makers.assignment_of(session, bench.ada, bench.coding_round, bench.incidents[0])
        at.created_at = at.created_at.replace(year=at.created_at.year - 1)
    await opened(page, site, bench)
    await page.wait_for_timeout(1200)
    await press(page, ["1"])
    await saved(page)
    await expect(page.locator("[data-brief]")).to_have_count(1)
    await press(page, ["o"])
    panel = page.get_by_role("region", name="Your earlier quotes")
    await expect(panel.get_by_role("link", name=makers.TEXT[4:11])).to_have_attribute("target", "_blank")
    await expect(page.locator("#words-selected")).to_contain_text(f"Your earlier quotes for {bench.config.name}")
    await press(page, ["o"])
    await expect(panel).to_have_count(0)
    await press(page, ["g"])
    current = page.locator(".answer.is-focused .guideline[aria-current]")
    await expect(current).to_contain_text(bench.config.name)
    await press(page, ["g"])
    await page.locator(f"#code-{bench.network.id}").focus()
    await press(page, ["g"])
    await expect(current).to_contain_text(bench.network.name)
    assert await page.locator(".answer.is-focused .guideline-list").evaluate("list => list.scrollTop") > 0

    with site.database.reading() as session:
        work = work_on(session, bench.adas.study_id, bench.adas.id)
        assert work is not None and 1 <= work.active_seconds < 30
    assert site.complaints == []
