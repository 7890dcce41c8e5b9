"""One whole pass in a browser, on real incidents: from the first sign-in to the files that are taken away."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.engine import URL

from app.accounts.actions import make_owner_link
from app.coding.models import Memo
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.suggestions.models import Suggestion
from tests.browser import journey_desk as desk
from tests.browser import journey_figures as figures
from tests.browser import journey_pages as pages
from tests.browser import journey_plan as plans
from tests.browser.conftest import Site, running_site
from tests.browser.journey_files import Incidents, check_codebook, check_dataset, table_of_figures
from tests.browser.journey_plan import BEN, NEW_CODE, ONE_CODE, RUTH, SUGGESTED, Plan
from tests.conftest import SHARED
from tests.support.coding_replies import first_codes, invented_quote
from tests.support.openai_server import Broken, Busy, OpenAIServer, Says

CSV = SHARED / "data" / "genai-status" / "incident_stages.csv"
CHECKOUT = Path(__file__).parents[2]
STUDY, SLUG, ROUND = "GenAI status pages", "genai-status-pages", "Reliability of twelve"
RUTHS_EMAIL, BENS_EMAIL = "ruth@example.org", "ben@example.org"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.real_data,
    pytest.mark.skipif(not CSV.exists(), reason="needs ../shared/data/genai-status/incident_stages.csv"),
]


@dataclass
class Journey:
    """environment: of the worker and the command line. ruth leads, ben joins; each has a browser of their own."""

    site: Site
    environment: dict[str, str]
    server: OpenAIServer
    ruth: Page
    ben: Page
    incidents: Incidents


@pytest_asyncio.fixture(loop_scope="session")
async def journey(own_database: URL, browser: Browser) -> AsyncIterator[Journey]:
    moods = (Busy("0"), Broken(500), Says("{not json"), Says(invented_quote))
    with OpenAIServer(*moods, otherwise=Says(first_codes), models=["small"]) as server:
        model = {"llm_base_url": server.base_url, "llm_api_key": server.api_key, "llm_model": "small"}
        named = {f"TANDEM_{name.upper()}": value for name, value in model.items()}
        database = own_database.render_as_string(hide_password=False)
        environment = {**os.environ, **named, "TANDEM_DATABASE_URL": database}
        with running_site(own_database, **model) as site:
            ruth, ben = [await pages.own_browser(browser, site) for _ in (RUTH, BEN)]
            yield Journey(site, environment, server, ruth, ben, Incidents(CSV))
            for page in (ruth, ben):
                await page.context.close()


@contextmanager
def worker(journey: Journey) -> Iterator[None]:
    command = [sys.executable, "-m", "app.cli", "worker"]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=journey.environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


async def test_two_people_bring_real_incidents_code_them_with_a_model_and_leave_with_agreed_data(
    journey: Journey,
) -> None:
    await first_owner_makes_a_study(journey)
    await incidents_come_in(journey)
    await same_file_adds_nothing(journey)
    await colleague_joins(journey)
    plan = await round_is_planned(journey)
    await model_is_asked(journey)
    check_ledger(journey)
    await both_code(journey, plan)
    await suggestions_are_decided(journey, plan)
    await agreement_is_read(journey, plan)
    await disagreement_is_ruled(journey, plan)
    await files_are_taken(journey, plan)
    assert journey.site.complaints == []


async def first_owner_makes_a_study(journey: Journey) -> None:
    ruth = journey.ruth
    with journey.site.database.transaction() as session:
        link = make_owner_link(session, journey.site.url)
    await pages.become_owner(ruth, link, name=RUTH, email=RUTHS_EMAIL)
    await pages.sign_out(ruth, RUTH)
    await pages.sign_in(ruth, RUTHS_EMAIL)
    await pages.make_study(ruth, STUDY)
    await pages.take_one_code(ruth, "Root cause")


async def incidents_come_in(journey: Journey) -> None:
    ruth, incidents = journey.ruth, journey.incidents
    await pages.upload(ruth, CSV)
    await expect(ruth.get_by_text("794 rows")).to_be_visible()
    assert len(incidents.rows) == 794
    for part, column in enumerate(incidents.descriptions, start=1):
        assert await pages.becomes(ruth, column) == "Text"
        await expect(ruth.get_by_label(f"{column}: its place in the text")).to_have_value(str(part))
    assert await pages.becomes(ruth, "provider") == "Service"
    await ruth.get_by_label("provider becomes", exact=True).select_option(label="Cohort")
    await expect(ruth.get_by_role("row").filter(has_text="chosen by you")).to_contain_text("provider")
    tally = await pages.tallied(ruth, "With this mapping")
    assert (tally["new incidents"], tally["cannot be imported"]) == (len(incidents.told), incidents.untold)

    await ruth.get_by_role("button", name=f"Import {len(incidents.told)} incidents").click()
    await expect(ruth.get_by_role("heading", name=f"{len(incidents.told)} incidents added")).to_be_visible()
    report = await pages.tallied(ruth, "What came of it")
    assert (report["added"], report["already here"], report["refused"]) == (len(incidents.told), 0, incidents.untold)
    await pages.go(ruth, "Incidents")
    for cohort, count in incidents.cohorts().items():
        await ruth.get_by_label("Cohort").select_option(cohort)
        await expect(ruth.get_by_text(f"{count} of {len(incidents.told)} incidents")).to_be_visible()


async def same_file_adds_nothing(journey: Journey) -> None:
    """Though the mapping is another one now: the guessed one."""
    ruth, incidents = journey.ruth, journey.incidents
    await pages.upload(ruth, CSV)
    assert (await pages.tallied(ruth, "With this mapping"))["already here"] == len(incidents.told)
    await ruth.get_by_role("button", name="Import", exact=False).last.click()
    await expect(ruth.get_by_role("heading", name="Nothing was added")).to_be_visible()
    report = await pages.tallied(ruth, "What came of it")
    assert (report["added"], report["already here"], report["refused"]) == (0, len(incidents.told), incidents.untold)


async def colleague_joins(journey: Journey) -> None:
    link = await pages.invite(journey.ruth, BEN)
    await pages.join(journey.ben, link, name=BEN, email=BENS_EMAIL, study=STUDY)


async def round_is_planned(journey: Journey) -> Plan:
    await pages.plan_round(journey.ruth, ROUND, (RUTH, BEN), sample=12, seed=2025)
    await pages.start_round(journey.ruth)
    labels = await desk.labels_in_queue(journey.ben)
    assert set(labels) <= set(journey.incidents.told)
    return Plan.about(labels)


async def model_is_asked(journey: Journey) -> None:
    await pages.ask_for_suggestions(journey.ruth, 12)
    with worker(journey):
        await pages.watch_suggestions(journey.ruth, 12)


def check_ledger(journey: Journey) -> None:
    """A row for every call, those that failed among them."""
    with journey.site.database.reading() as session:
        calls = session.scalars(select(ModelCall)).all()
        session.expunge_all()
    assert len(calls) == len(journey.server.taken) == 15
    assert Counter(call.outcome for call in calls) == {"valid": 12, "failed": 2, "invalid": 1}
    [malformed] = [call for call in calls if call.outcome == "invalid"]
    assert malformed.raw_answer == "{not json"
    assert {bool(call.raw_answer) for call in calls if call.outcome == "failed"} == {False}
    assert all(call.problem for call in calls if call.outcome != "valid")
    assert [call.purpose for call in calls].count("repair") == 1


async def both_code(journey: Journey, plan: Plan) -> None:
    texts = {label: journey.incidents.text_of(label) for label in plan.labels}
    await desk.code_everything(journey.ruth, RUTH, plan, texts)
    await desk.code_everything(journey.ben, BEN, plan, texts)
    plan.handed_in()
    with journey.site.database.reading() as session:
        assert list(session.scalars(select(Memo.text))) == [plans.MEMO[1]]


async def suggestions_are_decided(journey: Journey, plan: Plan) -> None:
    """Ben's. A quote that the text does not hold is named so, and never becomes evidence."""
    ben, invented = journey.ben, plan.place_of(label_of_invented_quotes(journey))
    offer = await desk.open_suggestions(ben, plan.labels[invented], "Mitigation")
    await expect(offer.get_by_text("not in the text")).to_be_visible()

    accepted, changed, rejected = (
        desk.places_free_of(invented, places, dimension)
        for places, dimension in zip((plans.ACCEPTED_AT, plans.CHANGED_AT, plans.REJECTED_AT), SUGGESTED, strict=True)
    )
    quotes = {at: journey.incidents.text_of(plan.labels[at]).splitlines()[0] for at in (accepted[0], changed[0])}
    for at, dimension in (accepted, changed, rejected):
        offer = await desk.open_suggestions(ben, plan.labels[at], dimension)
        await expect(offer.get_by_role("article")).to_contain_text(SUGGESTED[dimension])
        await expect(offer.get_by_text("not in the text")).to_have_count(0)
        if (at, dimension) == accepted:
            await desk.accept(ben, offer)
            plan.took_over(accepted, SUGGESTED[dimension], (quotes[at],), "accepted")
        elif (at, dimension) == changed:
            await desk.change(ben, offer, plans.CHANGED_TO)
            plan.took_over(changed, plans.CHANGED_TO, (quotes[at],), "revised")
        else:
            await desk.reject(ben, offer)


def label_of_invented_quotes(journey: Journey) -> str:
    with journey.site.database.reading() as session:
        rows = session.execute(
            select(Incident.external_id, Suggestion.quotes).join(Incident, Suggestion.incident_id == Incident.id)
        ).all()
    labels = {
        status: {label for label, [quote] in rows if quote["status"] == status} for status in ("exact", "not_found")
    }
    assert (len(labels["exact"]), len(labels["not_found"])) == (11, 1)
    return labels["not_found"].pop()


async def agreement_is_read(journey: Journey, plan: Plan) -> None:
    ruth = journey.ruth
    await pages.end_coding(ruth, ROUND)
    await ruth.get_by_role("link", name="Agreement", exact=True).last.click()
    await expect(ruth.get_by_role("heading", name="Agreement")).to_be_visible()
    rows = await pages.rows_of_measures(ruth)
    table = table_of_figures(await pages.downloaded(ruth, ruth.get_by_role("link", name="Table as CSV")))
    for answers, kind in ((plan.first, "Reliability"), (plan.last, "After assistance: not a reliability estimate")):
        for dimension in plans.DIMENSIONS:
            cells = pages.row_with(rows, dimension, assisted=answers is plan.last)
            if dimension == "Mitigation":  # a code that one coder coined alone cannot be compared before it is pooled
                assert NEW_CODE in cells[0] and "No figure yet" in cells[0]
                continue
            units = plan.table(answers, dimension)
            check_written(cells, dimension, units)
            check_figures({measure: row for (of, d, measure), row in table.items() if (of, d) == (kind, dimension)},
                          dimension, units)  # fmt: skip


def check_written(cells: list[str], dimension: str, units: figures.Table) -> None:
    """What a reader sees: value, interval and n. cells: drawing, alpha, percent, AC1, Cohen, n, differ."""
    distance = figures.nominal if dimension in ONE_CODE else figures.masi
    assert cells[1].startswith(f"{figures.written(figures.alpha(units, distance))} [")
    assert cells[2].startswith(f"{100 * figures.percent(units):.0f} %") and "[" in cells[2]
    if dimension in ONE_CODE:
        assert cells[4].startswith(f"{figures.written(figures.cohen(units))}") and "[" in cells[4]
    else:
        assert f"Jaccard {figures.written(figures.alpha(units, figures.jaccard))} [" in cells[1]
    assert cells[5].split()[0] == str(len(units))
    assert cells[6].split()[0] == str(sum(one != other for one, other in units))


def check_figures(lines: dict[str, dict[str, str]], dimension: str, units: figures.Table) -> None:
    expected = {"percent": figures.percent(units), "Cohen's kappa": figures.cohen(units)}
    if dimension in ONE_CODE:
        expected["alpha"] = figures.alpha(units, figures.nominal)
    else:
        expected["alpha, MASI distance (Passonneau 2006)"] = figures.alpha(units, figures.masi)
        expected["alpha, Jaccard distance"] = figures.alpha(units, figures.jaccard)
    for measure, value in expected.items():
        line = lines[measure]
        assert float(line["value"]) == pytest.approx(value, abs=1e-9), (dimension, measure)
        assert float(line["low"]) <= value <= float(line["high"])
        assert line["n"] == str(len(units))


async def disagreement_is_ruled(journey: Journey, plan: Plan) -> None:
    ruth, (at, dimension) = journey.ruth, plans.RULED
    expected = {(plan.labels[at], dimension) for at, dimension in plan.disagreements()}
    assert await pages.disagreements_listed(ruth) == expected
    final = len(plan.labels) * len(plans.DIMENSIONS) - len(expected)
    await expect(ruth.get_by_text(f"{final} answers final without one")).to_be_visible()
    await pages.open_disagreement(ruth, plan.labels[at], dimension)
    await pages.rule(ruth, plans.RULED_CODES, cause="Definition", reason=plans.REASON)
    assert await pages.disagreements_listed(ruth) == expected - {(plan.labels[at], dimension)}


async def files_are_taken(journey: Journey, plan: Plan) -> None:
    ruth = journey.ruth
    await pages.go(ruth, "Export")
    await ruth.get_by_label("REFI-QDA codebook (.qdc)").check()
    check_codebook(await pages.downloaded(ruth, ruth.get_by_role("button", name="Download the codebook")), NEW_CODE)
    await ruth.get_by_label("Long CSV").check()
    dataset = await pages.downloaded(ruth, ruth.get_by_role("button", name="Download the data set"))
    check_dataset(dataset, plan, journey.incidents)

    command = [sys.executable, "-m", "app.cli", "export", "dataset", SLUG, "-o", "-"]
    done = subprocess.run(command, cwd=CHECKOUT, env=journey.environment, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == dataset
