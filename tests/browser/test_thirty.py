"""Thirty real incidents are coded by keyboard alone, each with evidence; how many keys that takes is reported."""

import statistics
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from app.coding.models import Act, Submission, SubmittedCode, SubmittedEvidence
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.studies.viewer import Viewer
from tests import makers
from tests.browser.conftest import SignedIn, Site
from tests.conftest import SHARED

CSV = SHARED / "data" / "genai-status" / "incident_stages.csv"
THIRTY = 30
MOST_STEPS = 12  # from sentence to sentence, until one says what is looked for
CODEBOOK = {
    "Symptom": ("Errors", "Slow answers", "Outage", "Degraded quality"),
    "Root cause": ("Configuration", "Dependency", "Overload"),
    "Mitigation": ("Fix deployed", "Rolled back", "Recovered by itself"),
}
# Symptom by what the text says: its digit and the words that a sentence of evidence must hold
SAID = (
    ("1", "error"),
    ("2", "laten"),
    ("2", "slow"),
    ("3", "outage"),
    ("3", "unavailable"),
    ("4", "degraded"),
    ("1", ""),
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.real_data,
    pytest.mark.skipif(not CSV.exists(), reason="needs ../shared/data/genai-status/incident_stages.csv"),
]


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)
            self.count += 1

    async def type(self, words: str) -> None:
        await self.page.keyboard.type(words)
        self.count += len(words)


@pytest.fixture
def coder(site: Site) -> Viewer:
    with site.database.transaction() as session:
        lead = makers.make_study(session)
        [ada] = makers.make_coders(session, lead, 1)
        for name, codes in CODEBOOK.items():
            dimension = makers.make_dimension(session, lead, name, takes="many")
            for code in codes:
                makers.make_code(session, lead, dimension, code, definition=f"The report says so: {code}.")
        uploaded = upload(session, lead, file_name=CSV.name, content=CSV.read_bytes())
        import_incidents(session, lead, uploaded, guess_mapping(table_of(uploaded)), source=CSV.name)
        with_text = select(Incident).where(Incident.study_id == lead.study.id, Incident.text.is_not(None))
        makers.make_round(
            session, lead, [ada], session.scalars(with_text.order_by(Incident.number).limit(THIRTY)).all()
        )
        session.expunge_all()
    return ada


async def test_thirty_real_incidents_are_coded_by_keyboard_alone_with_evidence(
    site: Site, coder: Viewer, signed_in: SignedIn, record_property: Callable[[str, object], None]
) -> None:
    page = await signed_in(coder)
    await page.goto(f"{site.url}/studies/{coder.study.slug}/coding", wait_until="networkidle")
    await page.keyboard.press("Enter") if await focused_on(page, "Start coding") else None
    await page.wait_for_url("**/assignments/*")
    keys, presses = Keys(page), []
    for number in range(THIRTY):
        before = keys.count
        await code_incident(keys, number)
        presses.append(keys.count - before)

    told = f"key presses an incident: median {statistics.median(presses):g}, {min(presses)} to {max(presses)}"
    print(f"\n{told}, {sum(presses)} for {THIRTY}")
    record_property("key_presses_per_incident", presses)
    await expect(page.get_by_text("All done")).to_be_visible()
    check_stored(site)
    assert statistics.median(presses) <= 15
    assert site.complaints == []


async def focused_on(page: Page, name: str) -> bool:
    link = page.get_by_role("link", name=name)
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await link.evaluate("link => link === document.activeElement"):
            return True
    return False


async def code_incident(keys: Keys, number: int) -> None:
    """Symptom with a sentence of evidence; a cause, at times a new one with the words that name it; a mitigation."""
    page = keys.page
    text = (await page.locator("#incident-text").text_content() or "").lower()
    digit, words = next((digit, words) for digit, words in SAID if words in text)
    await keys.press(digit, "t")
    for _ in range(MOST_STEPS):
        if words in (await page.evaluate("getSelection().toString()")).lower():
            break
        await keys.press("ArrowDown")
    await keys.press("e", "Escape", "ArrowDown")
    if number % 10 == 4:
        await keys.press("/")
        await keys.type(f"Cause {number}")
        await keys.press("Enter")
    else:
        await keys.press("u" if number % 3 else "2")
    await keys.press("ArrowDown", "1" if "fix" in text else "3")
    here = page.url
    await keys.press("Control+Enter")
    await page.wait_for_url(lambda url: url != here, wait_until="load")


def check_stored(site: Site) -> None:
    """Thirty submissions, whole, each with a quote that is its place in the text."""
    with site.database.reading() as session:
        submitted = session.scalars(select(Submission)).all()
        assert [each.kind for each in submitted] == ["submitted"] * THIRTY
        quotes = session.execute(
            select(SubmittedEvidence, Incident.text, SubmittedCode.incident_id)
            .join_from(SubmittedEvidence, SubmittedCode, SubmittedCode.id == SubmittedEvidence.submitted_code_id)
            .join(Incident, Incident.id == SubmittedCode.incident_id)
        ).all()
        assert {incident for _, _, incident in quotes} == {each.incident_id for each in submitted}
        assert all(text[quote.start : quote.end] == quote.quote for quote, text, _ in quotes)
        assert session.scalar(select(func.count()).where(Act.kind == "create_code")) == 3
