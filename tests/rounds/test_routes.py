"""Round pages: planning one, and how far it is, as everybody may know it."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rounds.models import Round
from app.rounds.queries import assignments_of
from app.studies.actions import invite_member
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import HTMX, ClientFor


def plan(table: Table, **changed: object) -> dict[str, object]:
    return {
        "name": "First",
        "purpose": "reliability",
        "take": "sample",
        "sample_size": "2",
        "seed": "7",
        "coder_ids": [str(coder.member.id) for coder in table.coders],
        "coders_per_incident": "2",
        "arm": "blind",
        "blind_percent": "0",
        "code_sharing": "private",
        "reveal": "round_end",
        "codebook": "freeze",
        **changed,
    }


def test_a_lead_plans_a_round_by_the_form(session: Session, table: Table, client_for: ClientFor) -> None:
    makers.make_incidents(session, table.lead, 5)
    base = f"/studies/{table.lead.study.slug}/rounds"
    client = client_for(table.lead)

    assert client.get(f"{base}/new").status_code == 200
    answer = client.post(base, data=plan(table))

    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/1")
    made = session.scalars(select(Round).where(Round.study_id == table.lead.study.id)).one()
    assert (made.name, made.purpose, made.phase, made.seed) == ("First", "reliability", "planned", 7)
    assert len(assignments_of(session, made)) == 4
    assert "First" in client.get(f"{base}/1").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"coders_per_incident": "1"}, "at least two coders"),
        ({"coder_ids": []}, "has no coders"),
        ({"sample_size": "99"}, ""),
        ({"sample_size": ""}, "A number is missing."),
        ({"words": "zzzz"}, "No incident fits this filter."),
        ({"purpose": "fame"}, "a choice that does not exist"),
    ],
)
def test_a_plan_that_cannot_be_is_shown_again_with_why(
    session: Session, table: Table, client_for: ClientFor, wrong: dict[str, object], said: str
) -> None:
    makers.make_incidents(session, table.lead, 5)

    answer = client_for(table.lead).post(f"/studies/{table.lead.study.slug}/rounds", data=plan(table, **wrong))

    assert answer.status_code == 422
    assert said in answer.text and 'value="First"' in answer.text
    assert session.scalar(select(Round).where(Round.study_id == table.lead.study.id)) is None


CALIBRATION = {"purpose": "calibration", "codebook": "live", "code_sharing": "shared", "reveal": "each_incident"}


def test_a_calibration_round_that_opens_each_incident_says_so_before_and_after_it_is_planned(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    makers.make_incidents(session, table.lead, 5)
    base = f"/studies/{table.lead.study.slug}/rounds"
    client = client_for(table.lead)
    words = "incident by incident, once all its coders have submitted"

    assert words in client.post(f"{base}/preview", data=plan(table, **CALIBRATION), headers=HTMX).text
    ending = client.post(f"{base}/preview", data=plan(table, **CALIBRATION | {"reveal": "round_end"}), headers=HTMX)
    assert "all at once, when the coding ends" in ending.text
    assert client.post(base, data=plan(table, **CALIBRATION)).status_code == 303
    assert session.scalars(select(Round)).one().opens_each_incident
    assert words in client.get(f"{base}/1").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"purpose": "reliability"}, "Only a calibration round may open answers incident by incident."),
        ({"purpose": "single_coding"}, "Only a calibration round may open answers incident by incident."),
        ({"code_sharing": "private"}, "Share new codes by name, or open all answers when the coding ends."),
        ({"repeat_percent": "20"}, "Plan no repeats, or open all answers when the coding ends."),
        ({"reveal": "now"}, "a choice that does not exist"),
    ],
)
def test_what_opening_each_incident_does_not_go_with_is_refused_in_the_preview_and_in_the_form(
    session: Session, table: Table, client_for: ClientFor, changed: dict[str, object], said: str
) -> None:
    makers.make_incidents(session, table.lead, 5)
    base = f"/studies/{table.lead.study.slug}/rounds"
    client = client_for(table.lead)
    sent = plan(table, **{**CALIBRATION, **changed})

    assert said in client.post(f"{base}/preview", data=sent, headers=HTMX).text
    refused = client.post(base, data=sent)
    assert refused.status_code == 422 and said in refused.text
    assert session.scalar(select(Round).where(Round.study_id == table.lead.study.id)) is None


def test_only_the_lead_plans(table: Table, client_for: ClientFor) -> None:
    base = f"/studies/{table.lead.study.slug}/rounds"
    client = client_for(table.coders[0])

    assert [client.get(f"{base}/new").status_code, client.post(base, data=plan(table)).status_code] == [403, 403]
    assert client.post(f"{base}/pilot").status_code == 403


def test_a_planned_round_is_not_found_by_coders(session: Session, table: Table, client_for: ClientFor) -> None:
    incidents = makers.make_incidents(session, table.lead, 2)
    makers.make_round(session, table.lead, table.coders, incidents, phase="planned", name="Hush-hush")
    base = f"/studies/{table.lead.study.slug}/rounds"

    assert "Hush-hush" in client_for(table.lead).get(base).text
    assert "Hush-hush" not in client_for(table.coders[0]).get(base).text
    assert client_for(table.coders[0]).get(f"{base}/1").status_code == 404


def test_promise_1_a_coder_sees_only_how_far_they_are_themselves(table: Table, client_for: ClientFor) -> None:
    coding_round, incidents = table.round_of(3)
    first, second = table.coders
    for incident in incidents[:2]:
        table.submit(first, coding_round, incident, ["Config"])
    base = f"/studies/{table.lead.study.slug}/rounds"

    for address in (base, f"{base}/{coding_round.number}"):
        assert "0 of 3" in client_for(second).get(address).text
        assert "2 of " not in client_for(second).get(address).text
        assert "2 of 6" in client_for(table.lead).get(address).text


def test_who_was_invited_and_has_not_joined_is_not_chosen_beforehand(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    makers.make_incidents(session, table.lead, 2)
    awaited, _ = invite_member(session, table.lead, name="Cleo", role="coder")
    page = client_for(table.lead).get(f"/studies/{table.lead.study.slug}/rounds/new").text

    box = re.search(rf'<input id="coder_ids-{awaited.id}"[^>]*>([^<]*)', page)
    assert box and "checked" not in box[0] and "Cleo (invited, not here yet)" in box[1]
    there = re.search(rf'<input id="coder_ids-{table.coders[0].member.id}"[^>]*>', page)
    assert there and "checked" in there[0]


def test_the_pilot_is_started_once_however_often_the_button_is_pressed(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    makers.make_incidents(session, table.lead, 3)
    client, address = client_for(table.lead), f"/studies/{table.lead.study.slug}/rounds/pilot"

    assert [client.post(address).status_code for _ in range(2)] == [303, 303]
    of_study = select(Round.name).where(Round.study_id == table.lead.study.id)
    assert session.scalars(of_study).all() == ["Pilot"]

    makers.make_incidents(session, table.lead, 1)
    client.post(address)
    assert session.scalars(of_study).all() == ["Pilot", "Pilot"]


def test_without_a_dimension_no_round_starts_and_nothing_of_it_is_left(session: Session, client_for: ClientFor) -> None:
    lead = makers.make_study(session)
    makers.make_incidents(session, lead, 1)
    client, base = client_for(lead), f"/studies/{lead.study.slug}/rounds"

    refused = client.post(f"{base}/pilot")

    assert refused.status_code == 422 and "has no dimension yet" in refused.text
    assert session.scalars(select(Round).where(Round.study_id == lead.study.id)).all() == []
