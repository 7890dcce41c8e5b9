"""Round pages: planning one, and how far it is, as everybody may know it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rounds.models import Round
from app.rounds.queries import assignments_of
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import ClientFor


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
