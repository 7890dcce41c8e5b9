"""A coder of the incident who rules on it rules on their own case, and everybody is told so."""

import csv
import io

import pytest
from sqlalchemy import select

from app.adjudication import actions
from app.export import dataset
from app.export.queries import study_data
from app.studies.models import StudyEvent
from tests import makers


@pytest.fixture
def scene(session):
    """The lead and Ada code; they differ."""
    lead = makers.make_study(session)
    ada = makers.make_member(session, lead)
    judge = makers.make_member(session, lead, role="adjudicator")
    cause = makers.make_dimension(session, lead, "Root cause")
    codes = [makers.make_code(session, lead, cause, name) for name in ("Configuration", "Network")]
    [incident] = makers.make_incidents(session, lead, 1)
    coding_round = makers.make_round(session, lead, [lead, ada], [incident])
    for coder, code in zip((lead, ada), codes, strict=True):
        makers.code_and_submit(session, coder, makers.assignment_of(session, coder, coding_round), {cause.id: [code]})
    actions.change_phase(session, lead, coding_round.number, "settling")
    return lead, judge, cause, codes, incident, coding_round


def rules(session, viewer, scene):
    _, _, cause, codes, incident, coding_round = scene
    actions.open_answers(session, viewer, coding_round, incident.id, cause.id)
    words = actions.RulingWords(state="coded", code_ids=[codes[0].id], cause="slip", reason="It says so.")
    return actions.rule(session, viewer, coding_round, incident.id, cause.id, words)


def own_case_of(session, scene, viewer):
    rows = csv.DictReader(
        io.StringIO(dataset.long_file(study_data(session, viewer.study, [scene[5]])).content.decode("utf-8-sig"))
    )
    return {row["rater"]: row["own_case"] for row in rows}


def test_who_coded_the_incident_is_told_so_before_and_after_they_rule(session, scene, client_for):
    lead, judge, cause, _, incident, coding_round = scene
    address = f"/studies/{lead.study.slug}/disagreements/{coding_round.number}/{incident.id}/{cause.id}"
    browser, other = client_for(lead), client_for(judge)
    for each in (browser, other):
        each.post(address + "/openings")

    assert "you rule on your own case" in browser.get(address).text
    assert "you rule on your own case" not in other.get(address).text
    rules(session, lead, scene)
    other.post(address + "/openings")
    assert f"Own case: {lead.name} coded this incident" in other.get(address).text


def test_the_history_and_the_data_set_tell_it(session, scene, client_for):
    lead = scene[0]
    rules(session, lead, scene)

    event = session.scalars(select(StudyEvent).where(StudyEvent.kind == "ruling.made")).one()
    assert event.details["on_own_case"] is True
    assert own_case_of(session, scene, lead)["(final)"] == "yes"
    assert "ruled, having coded it, on" in client_for(scene[1]).get(f"/studies/{lead.study.slug}/history").text


def test_of_a_third_person_nothing_of_the_kind_is_told(session, scene):
    lead, judge = scene[0], scene[1]
    rules(session, judge, scene)

    event = session.scalars(select(StudyEvent).where(StudyEvent.kind == "ruling.made")).one()
    assert event.details["on_own_case"] is False
    assert own_case_of(session, scene, lead)["(final)"] == "no"
