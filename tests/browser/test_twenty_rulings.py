"""Twenty disagreements ruled on by keyboard alone: a skip, a definition gap, two who rule at once, a second thought."""

import re

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from app.adjudication.models import FinalCode, Ruling
from app.codebook.queries import visible_codebook
from tests import makers
from tests.adjudication.conftest import Table, make_table
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser

TWENTY = 20
SKIPPED = 3  # place of the incident that one coder skipped
LINE = "The line was pushed by a person, and nothing checked it."


def twenty_disagreements(site: Site) -> Table:
    """Nineteen on which Ada and Ben name another cause, and one that Ben skipped."""
    with site.database.transaction() as session:
        table = make_table(session, incidents=TWENTY)
        for at in range(TWENTY):
            table.codes(table.ada, [table.config], "", at=at)
            if at == SKIPPED:
                assignment = table.assignment(table.ben, table.incidents[at])
                makers.act(session, table.ben, assignment, "skip", reason="Nothing about a cause in it")
            else:
                table.codes(table.ben, [table.network], "", at=at)
        table.steps_to("settling")
        session.expunge_all()
        return table


class Adjudicator:
    """One who rules: keys only, from the list of disagreements to its end."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def opens(self) -> None:
        await self.page.wait_for_load_state()
        await self.press("o")
        await expect(self.page.locator("#answer-a")).to_be_visible()

    async def writes(self, pick: str, cause: str, reason: str) -> None:
        """pick: the key of a code or of another answer; cause: the key of why they differed."""
        await self.press(pick, cause, "r")
        await expect(self.page.get_by_label("Reason")).to_be_focused()
        await self.page.keyboard.type(reason)

    async def hands_in(self) -> None:
        before = self.page.url
        await self.press("Control+Enter")
        await self.page.wait_for_url(lambda url: url.partition("?")[0] != before.partition("?")[0], wait_until="commit")
        await self.page.wait_for_load_state()


async def starts(page: Page, site: Site, table: Table) -> Adjudicator:
    await page.goto(f"{site.url}/studies/{table.lead.study.slug}/disagreements?round={table.coding_round.number}")
    await page.wait_for_load_state()
    await page.keyboard.press("s")
    await page.wait_for_url("**/disagreements/*/*/*")
    return Adjudicator(page)


async def rules_on_a_definition_gap(lead: Adjudicator) -> None:
    await lead.opens()
    await lead.writes("1", "g", "A person pushed it")
    await expect(lead.page.get_by_label("This needs a rule")).to_be_checked()
    line = lead.page.get_by_label("The line")
    await expect(line).to_have_value(re.compile("A person pushed it"))
    await lead.press("Tab")
    while not await line.evaluate("at => at === document.activeElement"):
        await lead.press("Tab")
    await lead.press("Control+a")
    await lead.page.keyboard.type(LINE)
    await lead.hands_in()


async def is_refused_then_rules_again(judge: Adjudicator) -> None:
    """The lead ruled on the very item in the meantime: both are shown, and the judge's words are kept."""
    await judge.press("Control+Enter")
    await expect(judge.page.get_by_text("Somebody else ruled on this in the meantime")).to_be_visible()
    await expect(judge.page.get_by_label("Reason")).to_have_value("The network came first.")
    await expect(judge.page.locator("#ruling-card .reason")).to_contain_text("A person pushed it")
    await judge.hands_in()


async def thinks_again(lead: Adjudicator, address: str) -> None:
    """What the judge ruled in between opens first; the newest ruling stands, and the earlier ones are kept."""
    await lead.page.goto(address)
    await lead.page.wait_for_load_state()
    await lead.press("o")
    await expect(lead.page.locator("#ruling-card .reason").first).to_contain_text("The network came first.")
    await lead.press("e")
    await lead.writes("2", "l", "On a second look the network failed first.")
    await lead.hands_in()


async def test_twenty_disagreements_are_ruled_on_by_keyboard(site: Site, signed_in: SignedIn):
    table = twenty_disagreements(site)
    lead = await starts(await signed_in(table.lead), site, table)
    judge = await starts(await signed_in(table.judge), site, table)
    first = lead.page.url
    await judge.opens()
    await judge.writes("2", "l", "The network came first.")

    await rules_on_a_definition_gap(lead)
    await is_refused_then_rules_again(judge)
    for _ in range(TWENTY - 1):
        await lead.opens()
        await lead.writes("1", "v", "The change came first.")
        await lead.hands_in()

    await expect(lead.page.get_by_text("Ruling saved. It was the last open one here.")).to_be_visible()
    await thinks_again(lead, first)
    check_what_is_on_record(site, table)
    assert [said for said in site.complaints if "409" not in said] == []


def check_what_is_on_record(site: Site, table: Table) -> None:
    with site.database.transaction() as session:
        of_study = Ruling.study_id == table.lead.study.id
        rulings = session.scalars(select(Ruling).where(of_study).order_by(Ruling.id)).all()
        code = visible_codebook(session, table.lead.study.id, table.lead.member.id).codes[table.config.id]
        skipped = table.incidents[SKIPPED].id
        finals = session.execute(
            select(FinalCode.incident_id, FinalCode.code_id).where(
                FinalCode.study_id == table.lead.study.id,
                FinalCode.dimension_id == table.cause.id,
                FinalCode.superseded_at.is_(None),
            )
        ).all()
        twice = session.scalar(select(func.count()).where(of_study, Ruling.supersedes_id.is_not(None)))
    assert len(rulings) == TWENTY + 2 and twice == 2
    first = rulings[0].incident_id
    assert [(ruling.cause, ruling.supersedes_id) for ruling in rulings if ruling.incident_id == first] == [
        ("definition_gap", None),
        ("slip", rulings[0].id),
        ("slip", rulings[1].id),
    ]
    assert LINE in code.use_when
    assert len(finals) == TWENTY and dict(finals)[skipped] == table.config.id
    assert dict(finals)[first] == table.network.id
