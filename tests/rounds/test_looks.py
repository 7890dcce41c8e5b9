"""Looks at the agreement of a running round: off by default, the lead's alone, recorded, and for a while only."""

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.coding.round_changes import HasLooked, add_coder
from app.rounds.looks import LooksAreOff, allow_looks, look
from app.rounds.models import Round, RoundLook
from app.rounds.policy import LOOK_LASTS, StillBlind, check_open_to_others
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import ClientFor

CAUSES = [("Config", "Config"), ("Code", "Code"), ("Load", "Config"), ("Code", "Code")]


@pytest.fixture
def running(table: Table) -> Round:
    coding_round, incidents = table.round_of(len(CAUSES))
    for incident, causes in zip(incidents, CAUSES, strict=True):
        for coder, cause in zip(table.coders, causes, strict=True):
            table.submit(coder, coding_round, incident, [cause])
    return coding_round


def base(table: Table, coding_round: Round) -> str:
    return f"/studies/{table.lead.study.slug}/rounds/{coding_round.number}"


def looks(session: Session) -> list[RoundLook]:
    return list(session.scalars(select(RoundLook).order_by(RoundLook.id)))


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")]).split())


def test_a_lead_allows_looks_and_looks_and_both_are_recorded_and_told_to_all(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    here, client = base(table, running), client_for(table.lead)
    assert "Allow looks" in client.get(here).text and "Look at the figures now" not in client.get(here).text

    client.post(f"{here}/looks/permission", data={"allowed": "yes"})
    assert "Look at the figures now" in client.get(here).text
    answer = client.post(f"{here}/looks")

    (made,) = looks(session)
    assert answer.status_code == 303 and answer.headers["location"] == f"{here}/looks/{made.id}"
    told = text_of(client.get(answer.headers["location"]).text)
    assert "8 of 8 handed in so far" in told and re.search(r"75 % \[\d+, \d+\]", told)
    kinds = [event.kind for event in session.scalars(select(StudyEvent).order_by(StudyEvent.id))]
    assert kinds[-2:] == ["round.looks_allowed", "round.looked_at"]
    for viewer in (table.coders[0], makers.make_member(session, table.lead, role="reader")):
        assert f": {table.lead.name}</li>" in client_for(viewer).get(here).text
        history = client_for(viewer).get(f"/studies/{table.lead.study.slug}/history").text
        assert "looked at the agreement, while it ran, of" in history


def test_promise_1_a_look_shows_figures_and_no_code_coder_or_incident(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    allow_looks(session, table.lead, running.number, allowed=True)
    made = look(session, table.lead, running.number)

    page = client_for(table.lead).get(f"{base(table, running)}/looks/{made.id}").text

    names = ["Config", "Load", "INC-", *(coder.name for coder in table.coders)]
    assert [name for name in names if name in page] == []


def test_promise_1_looks_are_off_until_they_are_allowed(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    with pytest.raises(LooksAreOff):
        look(session, table.lead, running.number)
    assert client_for(table.lead).post(f"{base(table, running)}/looks").status_code == 409
    assert looks(session) == []


def test_promise_1_nobody_but_a_lead_allows_or_looks(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    adjudicator = makers.make_member(session, table.lead, role="adjudicator")
    with pytest.raises(LeadOnly):
        allow_looks(session, adjudicator, running.number, allowed=True)
    allow_looks(session, table.lead, running.number, allowed=True)
    for viewer in (adjudicator, *table.coders):
        assert client_for(viewer).post(f"{base(table, running)}/looks").status_code == 403
    assert looks(session) == []


def test_promise_1_a_lead_who_codes_in_the_round_is_a_coder_there(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    incidents = makers.make_incidents(session, table.lead, 2)
    coding_round = makers.make_round(session, table.lead, [table.lead, *table.coders], incidents)
    allow_looks(session, table.lead, coding_round.number, allowed=True)

    page = client_for(table.lead).get(base(table, coding_round)).text
    answer = client_for(table.lead).post(f"{base(table, coding_round)}/looks")

    assert "Look at the figures now" not in page and "You code in this round" in page
    assert answer.status_code == 403 and looks(session) == []


def test_promise_1_a_look_is_its_leads_alone(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    another = makers.make_member(session, table.lead, role="lead")
    allow_looks(session, table.lead, running.number, allowed=True)
    made = look(session, table.lead, running.number)
    address = f"{base(table, running)}/looks/{made.id}"

    assert client_for(table.lead).get(address).status_code == 200
    assert client_for(another).get(address).status_code == 404
    assert client_for(table.coders[0]).get(address).status_code == 403


def _older(session: Session, made: RoundLook) -> None:
    session.execute(update(RoundLook).where(RoundLook.id == made.id).values(at=made.at - LOOK_LASTS))
    session.expire_all()


def test_promise_1_a_look_ends_after_a_while_and_with_its_permission(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    allow_looks(session, table.lead, running.number, allowed=True)
    first, second = (look(session, table.lead, running.number) for _ in range(2))
    client, here = client_for(table.lead), f"{base(table, running)}/looks"
    _older(session, first)
    assert client.get(f"{here}/{first.id}").status_code == 404
    assert client.get(f"{here}/{second.id}").status_code == 200

    client.post(f"{here}/permission", data={"allowed": "no"})
    assert client.get(f"{here}/{second.id}").status_code == 404


def test_promise_1_a_look_opens_no_other_door(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    """Neither another round nor the other pages: the door takes a look at this very round, and is not left open."""
    allow_looks(session, table.lead, running.number, allowed=True)
    made = look(session, table.lead, running.number)
    other, _ = table.round_of(1)
    allow_looks(session, table.lead, other.number, allowed=True)

    check_open_to_others(running, made)
    for coding_round, recorded in ((other, made), (running, None)):
        with pytest.raises(StillBlind):
            check_open_to_others(coding_round, recorded)
    client = client_for(table.lead)
    assert client.get(f"{base(table, running)}/looks/{made.id}").status_code == 200
    agreement = f"/studies/{table.lead.study.slug}/agreement"
    for address in (f"{agreement}?round={running.number}", f"{agreement}/table.csv?round={running.number}"):
        assert client.get(address).status_code == 404


def test_the_same_form_sent_twice_is_one_look(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    allow_looks(session, table.lead, running.number, allowed=True)
    client = client_for(table.lead)
    for _ in range(2):
        assert client.post(f"{base(table, running)}/looks", data={"form_key": "k"}).status_code == 303
    assert len(looks(session)) == 1


def test_after_the_coding_the_looks_stand_beside_the_figures(
    session: Session, table: Table, client_for: ClientFor, running: Round
) -> None:
    allow_looks(session, table.lead, running.number, allowed=True)
    look(session, table.lead, running.number)
    table.settle(running)

    client = client_for(table.coders[0])
    page = text_of(client.get(f"/studies/{table.lead.study.slug}/agreement?round={running.number}").text)
    assert re.search(rf"Looked at while it ran .* by {table.lead.name}", page)
    assert client_for(table.lead).post(f"{base(table, running)}/looks").status_code == 409


def test_who_has_looked_cannot_become_a_coder_of_the_round(session: Session, table: Table, running: Round) -> None:
    allow_looks(session, table.lead, running.number, allowed=True)
    look(session, table.lead, running.number)

    with pytest.raises(HasLooked):
        add_coder(session, table.lead, running.number, table.lead.member.id, takes="nothing")
