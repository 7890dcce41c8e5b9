"""The page that asks whether a model is fit, and what it did to the people: in a browser, at every width."""

import re

import pytest
from playwright.async_api import expect

from app.adjudication import actions as adjudication
from app.adjudication.actions import RulingWords
from app.db.session import Database
from app.incidents.models import Incident
from app.studies.viewer import Viewer
from app.web.theme import COOKIE as THEME
from tests import makers
from tests.browser.axe import serious_findings
from tests.browser.conftest import SignedIn, Site
from tests.suggestions.assisted import Helped, make_helped

pytestmark = pytest.mark.browser
WIDTHS = (1440, 1024, 390)


def helped(site: Site) -> tuple[Viewer, str]:
    """A round that is past its coding, with blind, on request and after; its lead, and the page of its run."""
    with site.database.bind.engine.connect() as connection, connection.begin():
        database = Database(connection)
        with database.transaction() as session:
            table = make_helped(session, database, 18, arm="after", arms=("after", "on_request"), blind_share=1 / 3)
            table.asks(dict.fromkeys(range(0, 18, 4), table.config))
            code(table)
            judge = makers.make_member(session, table.lead, role="adjudicator")
            adjudication.change_phase(session, table.lead, table.coding_round.number, "settling")
            words = RulingWords("coded", "model_anchored", "The text says so.", [table.config.id])
            for incident in differing(table):
                adjudication.open_answers(session, judge, table.coding_round, incident.id, table.cause.id)
                adjudication.rule(session, judge, table.coding_round, incident.id, table.cause.id, words)
            assert table.run is not None
            url = f"{table.runs_url}/{table.run.id}/validity"
            session.refresh(table.lead.person)  # for whoever signs in
            session.expunge_all()
    return table.lead, url


def differing(table: Helped) -> list[Incident]:
    """Of those on which only Ada switched."""
    return [one for one in table.of_arm("after")[::2] if table.incidents.index(one) % 3]


def code(table: Helped) -> None:
    for place, incident in enumerate(table.incidents):
        arm, turned = table.arm_of(incident), place % 3 == 0
        for who in (table.ada, table.ben):
            if arm == "on_request" and who is table.ada:
                table.opens(who, incident)
                if turned:
                    offered = table.offered(incident, table.symptom.id)
                    table.decides(who, offered, incident, "reject", reason="Too vague to be a symptom")
            mine = table.network if who is table.ben and turned else table.config
            table.says(who, incident, [mine], [table.slow] if place % 2 else "none_applies")
            table.worked(who, incident, 120 + 17 * place + (40 if arm != "blind" else 0))
    for place, incident in enumerate(table.of_arm("after")):
        table.opens(table.ada, incident)
        if place % 2 == 0:
            table.again(table.ada, incident, table.network)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_page_of_validity_is_whole_and_reads_well(site: Site, signed_in: SignedIn, theme: str) -> None:
    lead, url = helped(site)
    for width in WIDTHS:
        page = await signed_in(lead, viewport={"width": width, "height": 900})
        page.set_default_timeout(30_000)
        await page.context.add_cookies([{"name": THEME, "value": theme, "url": site.url}])
        await page.goto(f"{site.url}{url}")
        await page.wait_for_load_state()
        await expect(page.get_by_role("heading", name="What the suggestions did to the people")).to_be_visible()
        assert await serious_findings(page) == []
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(wider) <= 0, f"wider than {width}"
    effect = page.get_by_role("region", name=re.compile("Effect of suggestions"))
    assert await effect.count() == 2
    for cell in await effect.locator("td.number").all_inner_texts():
        assert re.search(r"\[.+\]", cell), cell
    decisions = page.get_by_role("region", name="Decisions by dimension and coder")
    await expect(decisions.get_by_role("rowheader", name="Root cause")).to_be_visible()
    switches = page.get_by_role("region", name="Switches by coder")
    await expect(switches.get_by_role("rowheader", name="All coders")).to_be_visible()
    assert site.complaints == []
