"""Everything a study needs, in a browser that runs no script: plain forms and links all the way."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select

from app.accounts.models import Person
from app.accounts.passwords import hash_password
from app.adjudication.models import FinalCode, Ruling
from app.codebook.models import CodeRevision
from app.codebook.queries import whole_codebook
from app.coding.models import Evidence, Memo, Submission
from app.llm.scripted import ScriptedModel
from app.rounds.models import Round
from app.rounds.queries import incidents_of
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import SuggestionDecision, SuggestionRun
from tests import makers
from tests.browser.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "four words in a row"
FILE = b"id,title,text\nA-1,One,The gateway returned 502 after a bad config push.\nA-2,Two,Searches found nothing.\n"


async def plain_page(browser: Browser, site: Site, person: Person) -> Page:
    """Signed in by the form, with scripts switched off."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.goto(f"{site.url}/sign-in")
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{site.url}/")
    return page


async def press(page: Page, name: str | re.Pattern[str]) -> None:
    await page.get_by_role("button", name=name).first.click()


@pytest.fixture
def people(site: Site):
    with site.database.transaction() as session:
        lead = makers.make_study(session, slug="plain")
        ada, ben = makers.make_coders(session, lead, 2)
        for each in (lead, ada, ben):
            each.person.password_hash = hash_password(PASSWORD)
        cause = makers.make_dimension(session, lead, "Root cause")
        makers.make_dimension(session, lead, "Symptom", takes="many")
        for name in ("Configuration", "Network"):
            makers.make_code(session, lead, cause, name)
        session.flush()
        session.expunge_all()
    return lead, ada, ben


async def test_a_study_is_done_from_import_to_export(site: Site, browser: Browser, people) -> None:
    lead, ada, ben = people
    home = f"{site.url}/studies/plain"
    page = await plain_page(browser, site, lead.person)

    await page.goto(f"{home}/imports/new")
    await page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": FILE})
    await press(page, "Upload")
    await press(page, re.compile("^Import"))
    await expect(page.get_by_role("heading", name="2 incidents added")).to_be_visible()

    await page.goto(f"{home}/rounds/new")
    await page.get_by_label("Name", exact=True).fill("First")
    await page.get_by_role("checkbox", name=lead.name).uncheck()
    await page.get_by_role("checkbox", name="On request").check()
    await page.get_by_label("Share of incidents with several coders kept blind").fill("0")
    await press(page, "Plan the round")
    await press(page, "Start the round")
    a_model_answers(site, lead)

    await code_both(await plain_page(browser, site, ada.person), home, cause="Configuration", with_more=True)
    await code_both(await plain_page(browser, site, ben.person), home, cause="Network", with_more=False)

    await page.goto(f"{home}/rounds/1")
    await press(page, "End the coding")
    await page.goto(f"{home}/disagreements")
    await page.get_by_role("row").filter(has_text="A-1").get_by_role("link").first.click()
    await press(page, re.compile("Open"))
    await page.locator("label.pick", has_text="Configuration").click()
    await page.get_by_role("radio", name="Overlooked").check()
    await page.get_by_label("Reason").fill("The push is named in the text.")
    await press(page, "Rule and next")
    await expect(page.get_by_text("Ruling saved")).to_be_visible()

    await page.goto(f"{home}/export")
    async with page.expect_download() as download:
        await press(page, "Download the codebook")
    assert b"Configuration" in (await (await download.value).path()).read_bytes()
    check_what_is_stored(site)


def a_model_answers(site: Site, lead) -> None:
    """Both incidents get a code of the first dimension: a new one."""
    with site.database.transaction() as session:
        coding_round = session.scalars(select(Round)).one()
        run = ask_for_suggestions(session, lead, coding_round, model="small")
        session.flush()
        run_id, incident_ids = run.id, [one.id for one in incidents_of(session, coding_round)]
        dimensions = [f"d{one.id}" for one in whole_codebook(session, lead.study.id).dimensions]
    said = {"quotes": [{"paragraph": 1, "text": "Searches found nothing"}], "reasoning": "So it says.", "codes": []}
    new = [{"name": "Drift", "definition": "It drifted."}]
    model = ScriptedModel(otherwise={key: {**said, "new_codes": new} for key in dimensions}, name="small")
    for incident_id in incident_ids:
        suggest_for_incident(site.database, model, study_id=lead.study.id, run_id=run_id, incident_id=incident_id)
    with site.database.reading() as session:
        assert session.scalars(select(SuggestionRun.state)).all() == ["done"]


async def question(page: Page, name: str) -> Locator:
    """Its card, opened by the link that its name is."""
    head = page.get_by_role("heading", name=name, exact=True)
    await head.get_by_role("link").click()
    return page.locator("article", has=page.get_by_role("heading", name=name, exact=True)).last


async def code_both(page: Page, home: str, *, cause: str, with_more: bool) -> None:
    await page.goto(f"{home}/coding")
    await page.get_by_role("link", name=re.compile("A-1")).click()
    root = await question(page, "Root cause")
    await root.get_by_role("button", name=cause).click()
    if with_more:
        await page.locator(".paste-quote summary").first.click()
        await page.get_by_label("Words of the incident").first.fill("bad config push")
        await press(page, "Add the quote")
        await page.locator("#memo summary").click()
        await page.get_by_label("Memo on this incident").fill("Ask about the push")
        await press(page, "Save memo")
    symptom = await question(page, "Symptom")
    if with_more:
        await symptom.locator(".new-code summary").click()
        await symptom.get_by_label("Name", exact=True).fill("Gateway errors")
        await symptom.get_by_label("Definition").fill("The gateway answers with an error.")
        await symptom.get_by_role("button", name="Create and apply").click()
    else:
        await symptom.get_by_role("button", name="None applies").click()
    await press(page, "Submit and next")

    await page.goto(f"{home}/coding")
    await page.get_by_role("link", name=re.compile("A-2")).click()
    await (suggestions_changed if with_more else first_suggestion_accepted)(page)
    for name in ("Root cause", "Symptom"):
        card = await question(page, name)
        if not await card.get_by_role("button", pressed=True).count():
            await card.get_by_role("button", name="Not enough information").click()
    await press(page, "Submit and next")


async def suggestions_opened(page: Page) -> str:
    """The address of the desk."""
    desk = page.url.partition("?")[0].partition("#")[0]
    await page.goto(f"{desk}/suggestions")
    while await page.get_by_role("button", name=re.compile("^(Suggest|Show)")).count():
        await press(page, re.compile("^(Suggest|Show)"))
        await page.goto(f"{desk}/suggestions")
    return desk


async def first_suggestion_accepted(page: Page) -> None:
    desk = await suggestions_opened(page)
    await press(page, re.compile("^Accept"))
    await page.goto(desk)


async def suggestions_changed(page: Page) -> None:
    """Both are rejected, and then the first is changed into a new code of another name."""
    desk = await suggestions_opened(page)
    for _ in range(2):
        await page.locator("summary", has_text="Reject").first.click()
        await press(page, "Reject it")
        await page.goto(f"{desk}/suggestions")
    first = page.locator(".suggestion").first
    await first.get_by_text("Change").click()
    await first.get_by_label("A new code, named").fill("Slow drift")
    await first.get_by_role("button", name="Coin it").click()
    await page.goto(desk)


def check_what_is_stored(site: Site) -> None:
    with site.database.reading() as session:
        assert session.scalars(select(Evidence.quote)).all()[0] == "bad config push"
        assert session.scalars(select(Memo.text)).all() == ["Ask about the push"]
        assert len(session.scalars(select(Submission.id)).all()) == 4
        assert sorted(session.scalars(select(SuggestionDecision.decision))) == [
            "accepted",
            "changed",
            "rejected",
            "rejected",
        ]
        assert "Slow drift" in set(session.scalars(select(CodeRevision.name)))
        assert session.scalars(select(Ruling.reason)).all() == ["The push is named in the text."]
        bases = set(session.scalars(select(FinalCode.basis)))
        assert len(bases) >= 2
