"""The history: everybody reads what happened, and nobody what colleagues do in a running round."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.bring_in import bring_in_codebook
from app.codebook.readers import read_codebook
from app.findings.history import history, lines
from app.rounds.actions import change_phase
from app.studies.models import StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import ClientFor

SECRET = "Flux capacitor drift"


def told(session: Session, viewer: Viewer) -> str:
    found = lines(session, viewer, history(session, viewer, limit=500))
    return "\n".join(f"{line.who} {line.words} {line.about} {line.reason}" for line in found)


def test_promise_1_coding_in_a_running_round_is_read_by_its_own_member_only(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(1, code_sharing="private")
    first, second = table.coders
    assignment = makers.assignment_of(session, first, coding_round, incidents[0])
    makers.act(session, first, assignment, "create_code", dimension_id=table.cause.id, name=SECRET)
    makers.act(session, first, assignment, "submit", incomplete=True)

    own = told(session, first)
    assert f"You handed in {incidents[0].label}" in own and SECRET in own
    for other in (table.lead, second, makers.make_member(session, table.lead, role="adjudicator")):
        heard = told(session, other)
        assert f"{first.name} finished" not in heard and "handed in" not in heard
        assert SECRET not in heard

    table.settle(coding_round)
    assert f"{first.name} finished {incidents[0].label}" in told(session, second)


def test_why_a_codebook_came_in_is_told(session: Session, table: Table) -> None:
    listed = read_codebook(b"code,definition\nRetry storm,Retries alone kept it down\n", "csv")
    bring_in_codebook(session, table.lead, listed, dimension="Cause of theirs", file_name="theirs.csv")
    assert "From theirs.csv" in told(session, table.coders[0])


def test_promise_1_a_reopened_round_is_veiled_again(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(1)
    first, second = table.coders
    table.submit(first, coding_round, incidents[0], ["Config"])
    table.settle(coding_round)
    change_phase(session, table.lead, coding_round.number, "running", reason="one was forgotten")

    assert f"{first.name} finished" not in told(session, second)
    assert "one was forgotten" in told(session, second)


def test_promise_3_a_colleagues_skip_and_its_reason_are_not_told(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(1)
    first, second = table.coders
    assignment = makers.assignment_of(session, first, coding_round, incidents[0])
    makers.act(session, first, assignment, "skip", reason="this is no incident at all")
    table.settle(coding_round)

    heard = told(session, second)
    assert "skipped" not in heard and "no incident at all" not in heard
    assert f"{first.name} finished {incidents[0].label}" in heard
    assert f"You skipped {incidents[0].label}" in told(session, first)


def test_planned_rounds_are_the_leads_own_business(session: Session, table: Table) -> None:
    incidents = makers.make_incidents(session, table.lead, 1)
    makers.make_round(session, table.lead, table.coders, incidents, phase="planned", name="Hush-hush")

    assert "You planned Hush-hush" in told(session, table.lead)
    assert "Hush-hush" not in told(session, table.coders[0])


def test_the_page_goes_back_in_time_without_gaps(session: Session, table: Table, client_for: ClientFor) -> None:
    for number in range(110):
        makers.make_code(session, table.lead, table.cause, f"Code number {number}")
    client = client_for(table.lead)
    address = f"/studies/{table.lead.study.slug}/history"

    newest = client.get(address)
    older = re.search(r'href="([^"]+\?before=\d+)"', newest.text)

    assert newest.status_code == 200 and older is not None
    following = client.get(older[1])
    seen = re.findall(r"<li>", newest.text), re.findall(r"<li>", following.text)
    recorded = session.scalars(select(StudyEvent.id).where(StudyEvent.study_id == table.lead.study.id)).all()
    assert len(seen[0]) == 100
    assert len(seen[0]) + len(seen[1]) == len(recorded)
    assert client.get(f"{address}?before=0").status_code == 422


def test_another_study_is_not_read(session: Session, table: Table, client_for: ClientFor) -> None:
    stranger = makers.make_study(session)

    assert client_for(stranger).get(f"/studies/{table.lead.study.slug}/history").status_code == 404
    assert table.codes["Config"].name not in told(session, stranger)
