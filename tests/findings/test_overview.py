"""The first page of a study: what waits, and what may not be seen yet."""

import re

import pytest
from nltk.metrics.agreement import AnnotationTask
from sqlalchemy.orm import Session

from app.findings.awaiting import awaiting
from app.findings.overview import corpus
from app.studies.viewer import Viewer
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import ClientFor

CAUSES = [("Config", "Config"), ("Code", "Code"), ("Load", "Config"), ("Code", "Code"), ("Load", "Load")]
SECRET = "Flux capacitor drift"


def text_of(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def page_of(client_for: ClientFor, viewer: Viewer) -> str:
    answer = client_for(viewer).get(f"/studies/{viewer.study.slug}/")
    assert answer.status_code == 200
    return answer.text


def waits(session: Session, viewer: Viewer) -> list[str]:
    return [one.words for one in awaiting(session, viewer)]


def test_promise_9_the_reliability_card_shows_alpha_with_interval_and_n(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES)

    told = text_of(page_of(client_for, table.lead))

    rows = [(str(rater), unit, said[rater]) for unit, said in enumerate(CAUSES) for rater in (0, 1)]
    alpha = f"{AnnotationTask(data=rows).alpha():.2f}".removeprefix("0")
    assert re.search(rf"{re.escape(alpha)} \[[^\]]+\], n = 5 Krippendorff’s α, Root cause", told)
    assert "under v1. n = 5 incidents, 2 coders, first submissions, none exposed" in told


def test_promise_9_a_calibration_round_makes_no_reliability_card(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES, purpose="calibration")

    told = text_of(page_of(client_for, table.lead))

    assert "No reliability figure yet" in told
    assert "Krippendorff" not in told


@pytest.mark.parametrize("who", ["lead", "coder", "adjudicator", "reader"])
def test_promise_1_nothing_of_a_running_round_is_on_the_first_page(
    session: Session, table: Table, client_for: ClientFor, who: str
) -> None:
    coding_round, incidents = table.round_of(3, code_sharing="private")
    first, second = table.coders
    for incident in incidents:
        table.submit(first, coding_round, incident, ["Config"])
    assignment = makers.assignment_of(session, first, coding_round, incidents[0])
    makers.act(session, first, assignment, "take_back")
    makers.act(session, first, assignment, "create_code", dimension_id=table.cause.id, name=SECRET)
    viewer = {"lead": table.lead, "coder": second}.get(who) or makers.make_member(session, table.lead, role=who)

    page = page_of(client_for, viewer)

    told = text_of(page)
    assert SECRET not in page
    assert f"{first.name} finished" not in told and "disagreement" not in told
    assert "coded by two or more 0 coded once 0" in told
    assert ("2 of 6" in told) == (who == "lead")  # how far all are is the lead's; what they say is nobody's
    assert ("0 of 3" in told) == (who == "coder")


def test_a_coder_is_sent_to_the_next_incident_of_the_queue(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(2)
    first = table.coders[0]
    done = makers.assignment_of(session, first, coding_round)
    makers.code_and_submit(session, first, done, {table.cause.id: [table.codes["Config"]]})

    (one,) = awaiting(session, first)

    assert (one.words, one.far) == ("1 incident to code", "1 of 2 done")
    left = next(i for i in incidents if i.id != done.incident_id)
    assert one.url.endswith(f"/assignments/{makers.assignment_of(session, first, coding_round, left).id}")


def test_disagreements_wait_for_those_who_may_rule(session: Session, table: Table) -> None:
    table.coded_round(CAUSES)
    adjudicator = makers.make_member(session, table.lead, role="adjudicator")

    assert waits(session, adjudicator) == ["1 disagreement"]
    assert waits(session, table.lead) == ["1 disagreement"]
    assert waits(session, table.coders[0]) == []


def test_a_lead_is_led_from_import_to_pilot_to_round(session: Session, client_for: ClientFor) -> None:
    lead = makers.make_study(session)
    coder = makers.make_member(session, lead)
    assert waits(session, lead) == ["Import incidents"]
    assert waits(session, coder) == []

    incidents = makers.make_incidents(session, lead, 2)
    assert waits(session, lead) == ["Start a pilot"]
    makers.make_dimension(session, lead)
    answer = client_for(lead).post(f"/studies/{lead.study.slug}/rounds/pilot")
    assert answer.status_code == 303
    assert waits(session, lead) == ["2 incidents to code"]

    makers.make_round(session, lead, [coder], incidents, phase="planned", name="Second")
    assert waits(session, lead) == ["2 incidents to code", "Second is planned"]


def test_a_round_that_all_have_handed_in_waits_to_be_ended(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(1)
    for coder in table.coders:
        table.submit(coder, coding_round, incidents[0], ["Config"])

    assert waits(session, table.lead) == [f"Everybody has handed in {coding_round.name}"]
    table.settle(coding_round)
    assert waits(session, table.lead) == [f"{coding_round.name} is settled"]


def test_the_corpus_counts_add_up(session: Session, table: Table) -> None:
    table.coded_round(CAUSES)
    table.round_of(2)
    makers.make_incidents(session, table.lead, 3)

    found = corpus(session, table.lead)

    assert (found.total, found.coded_by_more, found.coded_once, found.not_yet, found.in_coding) == (10, 5, 0, 5, 2)
    bars = found.bars()
    assert all(x >= 0 and x + width <= 320 for _, x, width in bars)
    assert [name for name, _, _ in bars] == ["s1", "s3"]


def test_only_sample_studies_say_so(session: Session, table: Table, client_for: ClientFor) -> None:
    assert "Sample data" not in page_of(client_for, table.lead)
    table.lead.study.origin = "sample"
    session.merge(table.lead.study)
    session.flush()

    assert "Sample data, written for Tandem; no real incident" in page_of(client_for, table.lead)


def test_the_address_without_a_slash_leads_here(table: Table, client_for: ClientFor) -> None:
    answer = client_for(table.lead).get(f"/studies/{table.lead.study.slug}")

    assert (answer.status_code, answer.headers["location"]) == (308, f"/studies/{table.lead.study.slug}/")


def test_strangers_find_nothing(session: Session, table: Table, client_for: ClientFor) -> None:
    stranger = makers.make_study(session)

    for more in ("", "/", "/history"):
        assert client_for(stranger).get(f"/studies/{table.lead.study.slug}{more}").status_code == 404
