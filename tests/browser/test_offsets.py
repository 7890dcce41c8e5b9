"""What is selected is what is stored and what is exported, in code points, whatever the text is made of (promise 4)."""

import csv
import io
import json
import random
from dataclasses import dataclass

import pytest
from playwright.async_api import Page
from sqlalchemy import select

from app.codebook.tree import CodeEntry
from app.coding.models import Evidence
from app.export.actions import dataset_export
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.methods.text import from_utf16_offset
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests import makers
from tests.browser.at_the_desk import press, saved
from tests.browser.conftest import SignedIn, Site

pytestmark = pytest.mark.browser

SEED = 20260
TEXTS = 5
LOOKS = 400  # selections a text, through the page's own module
QUOTES = 6  # a text, through the whole path
PIECES = (
    "gateway", "502", "for 40 minutes", "naïve", "cafe\u0301", "Z\u0335\u0321a\u0308\u0301lgo",  # combining marks
    "👩\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "👍🏽", "😀", "🇩🇪",  # emoji of several code points
    "שירות לא זמין", "الخدمة متوقفة", "\u202eabc\u202c", "\u200f", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𐐷", "𠜎𠜱",  # right to left, astral
    "<b>&amp;</b>", "\"quoted\"", "\u00ad", "\u200b", "\ufeff", "\u2028", "\u00a0", "\t", "\x1f", "\x85", "\ufffe",
)  # fmt: skip
ENDS = ("\r\n", "\r\n\r\n", "\n", "\r", " ", "  ", "")

# Random places in the text nodes and between them, where a caret can stand: around what a reader sees as one character
LOOK = """async ([looks, seed]) => {
  const {selectedQuote} = await import("/static/js/selection.js");
  const characters = new Intl.Segmenter("en", {granularity: "grapheme"});
  let state = seed;
  const below = (n) => (state = (state * 1103515245 + 12345) % 2147483648, Math.floor(state / 2147483648 * n));
  const root = document.querySelector("[data-text-root]");
  const paragraphs = root.querySelectorAll("[data-start]"), nodes = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("[data-start]")) nodes.push(node);
  }
  const place = () => {
    if (!below(12)) return [paragraphs[below(paragraphs.length)], 0];
    const node = nodes[below(nodes.length)];
    const carets = [...characters.segment(node.data)].map(({index}) => index);
    return [node, [...carets, node.length][below(carets.length + 1)]];
  };
  return [...Array(looks)].map(() => {
    getSelection().setBaseAndExtent(...place(), ...place());
    return {...selectedQuote(), words: getSelection().toString()};
  });
}"""
SELECT_AT = """([seed, longest]) => {
  const nodes = [...document.querySelectorAll("[data-text-root] [data-start]")].flatMap(paragraph => {
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT), found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) found.push(node);
    return found;
  }).filter(node => node.data.trim());
  const node = nodes[seed % nodes.length], characters = new Intl.Segmenter("en", {granularity: "grapheme"});
  const points = [...characters.segment(node.data)].map(({segment}) => segment), from = seed % points.length;
  const units = (n) => points.slice(0, n).join("").length;
  getSelection().setBaseAndExtent(node, units(from), node, units(Math.min(points.length, from + 1 + seed % longest)));
  return getSelection().toString();
}"""


@dataclass(frozen=True)
class Nasty:
    lead: Viewer
    ada: Viewer
    number: int
    code: CodeEntry
    desks: list[tuple[str, str]]  # address and stored text


def nasty_text(chance: random.Random) -> str:
    words = [chance.choice(PIECES) + chance.choice(ENDS) for _ in range(chance.randint(30, 80))]
    return "At 09:12 " + "".join(words) + " it ended."


def same_words(one: str, other: str) -> bool:
    return inked(one) == inked(other)


def inked(words: str) -> str:
    """White space apart: between paragraphs browsers say line ends of their own. To them a byte order mark is one."""
    return "".join(words.replace("\ufeff", " ").split())


@pytest.fixture
def nasty(site: Site) -> Nasty:
    chance = random.Random(SEED)
    lines = [["id", "title", "body"], *([f"N-{n}", f"Incident {n}", nasty_text(chance)] for n in range(TEXTS))]
    file = io.StringIO(newline="")
    csv.writer(file).writerows(lines)
    with site.database.transaction() as session:
        lead = makers.make_study(session)
        [ada] = makers.make_coders(session, lead, 1)
        cause = makers.make_dimension(session, lead, "Root cause", takes="many")
        code = makers.make_code(session, lead, cause, "Configuration")
        uploaded = upload(session, lead, file_name="nasty.csv", content=file.getvalue().encode())
        import_incidents(session, lead, uploaded, guess_mapping(table_of(uploaded)), source="nasty.csv")
        incidents = list(session.scalars(select(Incident).where(Incident.study_id == lead.study.id)))
        assert len(incidents) == TEXTS and not any("\r" in (each.text or "") for each in incidents)
        coding_round = makers.make_round(session, lead, [ada], incidents)
        home = f"{site.url}/studies/{lead.study.slug}/assignments"
        desks = [
            (f"{home}/{makers.assignment_of(session, ada, coding_round, each).id}", each.text or "")
            for each in incidents
        ]
        return Nasty(lead, ada, coding_round.number, code, desks)


async def test_promise_4_what_is_selected_is_what_is_stored_and_what_is_exported(
    site: Site, nasty: Nasty, signed_in: SignedIn
) -> None:
    page = await signed_in(nasty.ada)
    selected: list[str] = []
    for number, (address, text) in enumerate(nasty.desks):
        await page.goto(address, wait_until="networkidle")
        await check_looks(page, text, seed=number)
        await press(page, ["1"])
        for at in range(QUOTES):
            words = await page.evaluate(SELECT_AT, [7919 * (at + 1) + number, 40])
            if inked(words):
                await press(page, ["e"])
                selected.append(words)
        await saved(page)
        await check_looks(page, text, seed=100 + number)  # now that the text is marked, margin notes and all
        await press(page, ["Control+Enter"])
        await page.wait_for_url(lambda url, address=address: url != address)

    stored = stored_quotes(site, nasty)
    assert len(selected) > TEXTS * QUOTES / 2
    assert {inked(words) for words in selected} == {inked(quote) for quote in stored}
    assert sorted(exported_quotes(site, nasty)) == sorted(stored)
    assert site.complaints == []


async def check_looks(page: Page, text: str, *, seed: int) -> None:
    found = [look for look in await page.evaluate(LOOK, [LOOKS, seed]) if "quote" in look]
    assert len(found) > LOOKS / 2
    for look in found:
        start, end = from_utf16_offset(text, look["start"]), from_utf16_offset(text, look["end"])
        assert text[start:end] == look["quote"] or same_words(text[start:end], look["quote"]), look
        if seed < 100:  # margin notes are no part of the text, though a browser selects them along
            assert same_words(text[start:end], look["words"]), look


def stored_quotes(site: Site, nasty: Nasty) -> list[str]:
    """Each is its place in the text as it was imported."""
    with site.database.reading() as session:
        rows = session.execute(
            select(Evidence, Incident.text)
            .join_from(Evidence, makers.Assignment, makers.Assignment.id == Evidence.assignment_id)
            .join(Incident, Incident.id == makers.Assignment.incident_id)
        ).all()
        assert all(text[row.start : row.end] == row.quote for row, text in rows)
        return [row.quote for row, _ in rows]


def exported_quotes(site: Site, nasty: Nasty) -> list[str]:
    with site.database.transaction() as session:
        coding_round = session.scalars(select(Round)).one()
        makers.move_round(session, nasty.lead, coding_round, "settling")
    with site.database.reading() as session:
        file = dataset_export(session, nasty.lead.study, form="long", round_number=nasty.number)
    rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline=""))
    return [quote for row in rows if row["rater"] == nasty.ada.name for quote in json.loads(row["quotes"])]
