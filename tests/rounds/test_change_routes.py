"""The forms that change a round, and the table of how far its coders are, as everybody may know it."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.models import AssignmentWork
from app.findings.history import history, lines
from app.rounds.actions import change_phase
from app.rounds.holdings import holdings
from app.rounds.models import Round
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import HTMX, ClientFor


def address(table: Table, coding_round: Round) -> str:
    return f"/studies/{table.lead.study.slug}/rounds/{coding_round.number}"


def test_a_lead_adds_moves_and_removes_by_the_forms(session: Session, table: Table, client_for: ClientFor) -> None:
    coding_round, _ = table.round_of(4, purpose="calibration", coders_per_incident=1)
    ada, ben = (coder.member.id for coder in table.coders)
    cleo = makers.make_member(session, table.lead).member
    client, base = client_for(table.lead), address(table, coding_round)
    sent = [
        ("coders", {"member_id": cleo.id, "gets": "share", "form_key": "a"}),
        ("coders", {"member_id": cleo.id, "gets": "share", "form_key": "a"}),
        ("reassignments", {"from_id": ben, "to_id": cleo.id, "how_many": "1"}),
        ("departures", {"member_id": ada, "pending_to": "evenly", "reason": "on leave"}),
    ]

    for which, fields in sent:
        answer = client.post(f"{base}/{which}", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{base}?changed=1#changes"), answer.text

    found = holdings(session, coding_round)
    assert found.coder_ids == [ben, cleo.id] and len(found.live) == 4 and found.gaps == {}
    page = client.get(f"{base}?changed=1").text
    assert f"removed {table.coders[0].name}; 0 handed in stay, 1 withdrawn, 1 went to others" in page
    assert f"gave 1 incident of {table.coders[1].name} to {cleo.name}" in page and "on leave" in page
    told = [
        f"{line.who} {line.words} {line.about}"
        for line in lines(session, table.lead, history(session, table.lead, limit=9))
    ]
    assert f"You removed a coder from {coding_round.name}" in told


def test_a_lead_adds_incidents_by_number_by_id_and_by_filter(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    coding_round, _ = table.round_of(1, purpose="reliability")
    new = makers.make_incidents(session, table.lead, 6)
    new[5].cohort = "GenAI"
    session.flush()
    client, base = client_for(table.lead), address(table, coding_round)

    named = f"{new[0].number}, {new[1].number}-{new[2].number} {new[3].external_id}"
    assert client.post(f"{base}/incidents", data={"by": "numbers", "numbers": named}).status_code == 303
    assert client.post(f"{base}/incidents", data={"by": "filter", "cohort": "GenAI"}).status_code == 303

    there = set(holdings(session, coding_round).incidents)
    assert {one.id for one in new} - there == {new[4].id}
    page = client.get(base).text
    assert "The sample is no longer the one that was drawn: 5 incidents were added later" in page
    assert "5 incidents, 4 by hand" in page


@pytest.mark.parametrize(
    ("which", "wrong", "said", "status"),
    [
        ("coders", {}, "Choose somebody.", 422),
        ("coders", {"member_id": "1", "gets": "share"}, "is no coder of this study", 422),
        ("departures", {"member_id": "99999999", "pending_to": "evenly"}, "does not code in this round", 422),
        (
            "departures",
            {"member_id": "1", "pending_to": "nobody", "reason": "x" * 2_001},
            "longer than 2,000 characters",
            422,
        ),
        ("reassignments", {"from_id": "gaps", "to_id": "evenly"}, "nothing to move", 409),
        ("reassignments", {"from_id": "gaps", "to_id": "evenly", "how_many": "0"}, "at least one", 422),
        ("incidents", {"by": "numbers"}, "The list names no incident", 422),
        ("incidents", {"by": "numbers", "numbers": "INC-99 4711-4713"}, "has no incident “INC-99”, “4711-4713”", 422),
        ("incidents", {"by": "numbers", "numbers": "1-2"}, "in the round already", 422),
        ("incidents", {"by": "filter", "words": "zzzz"}, "No incident fits this filter", 422),
        ("intake", {"words": "w" * 400}, "longer than 300 characters", 422),
        ("arrivals", {}, "Save a filter for it first", 409),
    ],
)
def test_what_cannot_be_stands_in_its_form_with_why(
    table: Table, client_for: ClientFor, which: str, wrong: dict[str, str], said: str, status: int
) -> None:
    coding_round, _ = table.round_of(2, purpose="calibration")

    answer = client_for(table.lead).post(f"{address(table, coding_round)}/{which}", data=wrong)

    assert (answer.status_code, said in answer.text) == (status, True), answer.text[-3000:]
    assert '<details class="change" open>' in answer.text


def test_a_round_past_its_coding_has_no_such_forms(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round([("Config", "Load")])
    client, base = client_for(table.lead), address(table, coding_round)

    assert "Change the round" not in client.get(base).text
    refused = client.post(f"{base}/coders", data={"member_id": "1", "gets": "gaps"})
    assert refused.status_code == 409 and "The coding of this round has ended" in refused.text


def test_a_rolling_round_says_how_many_wait_and_takes_them(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    coding_round, _ = table.round_of(1, purpose="calibration")
    client, base = client_for(table.lead), address(table, coding_round)
    client.post(f"{base}/intake", data={"words": "gateway", "by_itself": "yes"})
    makers.make_incidents(session, table.lead, 2)

    assert "2 incidents wait that fit the filter" in re.sub(r"\s+", " ", client.get(base).text)
    assert client.post(f"{base}/arrivals").status_code == 303
    assert len(holdings(session, coding_round).incidents) == 3
    client.post(f"{base}/intake", data={"end": "yes"})
    assert session.scalars(select(Round.intake).where(Round.id == coding_round.id)).one() is None


def test_the_table_of_coders_is_polled_and_silent_while_nothing_changes(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    coding_round, incidents = table.round_of(3)
    client, base = client_for(table.lead), address(table, coding_round)
    seen = re.search(r'hx-get="([^"]*/coders\?seen=\w+)"', client.get(base).text)
    assert seen
    assert client.get(seen[1], headers=HTMX).status_code == 204

    table.submit(table.coders[0], coding_round, incidents[0], ["Config"])
    work = session.scalars(select(AssignmentWork)).one()
    work.active_seconds = 90
    session.flush()

    polled = client.get(seen[1], headers=HTMX)
    assert polled.status_code == 200 and "1 of 3" in polled.text
    assert "2 min" in polled.text and "3 min" in polled.text, "a median of 90 s, and two incidents left"
    table.settle(coding_round)
    assert "hx-trigger" not in client.get(f"{base}/coders", headers=HTMX).text


def test_promise_1_coders_see_their_own_line_only_and_no_times_of_others(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    coding_round, incidents = table.round_of(2)
    ada, ben = table.coders
    table.submit(ada, coding_round, incidents[0], ["Config"])
    base = address(table, coding_round)

    for where in (base, f"{base}/coders"):
        shown = client_for(ben).get(where, headers=HTMX if where != base else {}).text
        assert ben.name in shown and ada.name not in shown and "Last saved" not in shown
    assert client_for(makers.make_member(session, table.lead, role="reader")).get(base).text.count("progress-line") == 0
    planned = makers.make_round(session, table.lead, table.coders, incidents, phase="planned")
    assert client_for(ben).get(f"{address(table, planned)}/coders", headers=HTMX).status_code == 404


def test_what_was_withdrawn_is_read_by_its_author_and_takes_no_act(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    coding_round, _ = table.round_of(2, purpose="calibration", coders_per_incident=1)
    ada, ben = table.coders
    mine = holdings(session, coding_round).of(ada.member.id)[0]
    memo = makers.act(session, ada, mine, "write_memo", text="only mine", sharing="shared")
    client_for(table.lead).post(
        f"{address(table, coding_round)}/departures", data={"member_id": ada.member.id, "pending_to": "evenly"}
    )
    desk = f"/studies/{table.lead.study.slug}/assignments/{mine.id}"

    read = client_for(ada).get(desk)
    assert read.status_code == 200 and "no longer yours in this round" in read.text
    act = {"kind": "submit", "act_id": "5f0c0a4e-3d0f-4a55-8c4e-0a0a0a0a0a0a", "after_act_id": str(memo.act_id)}
    refused = client_for(ada).post(f"{desk}/acts", data=act)
    assert refused.status_code == 409 and "no longer yours in this round" in refused.text
    assert client_for(ben).get(desk).status_code == 404
    assert "Withdrawn" in client_for(ada).get(f"/studies/{table.lead.study.slug}/coding").text


def test_going_back_to_coding_says_who_has_seen_what(session: Session, table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round([("Config", "Load"), ("Load", "Load")])
    incident = next(iter(holdings(session, coding_round).incidents))
    base = f"/studies/{table.lead.study.slug}"
    said = "opened answers of others to 1 incident"
    assert said not in client_for(table.lead).get(address(table, coding_round)).text

    opening = f"{base}/disagreements/{coding_round.number}/{incident}/{table.cause.id}/openings"
    assert client_for(table.coders[0]).post(opening).status_code == 303
    assert said in client_for(table.lead).get(address(table, coding_round)).text

    change_phase(session, table.lead, coding_round.number, "running", reason="one was forgotten")
    assert client_for(table.coders[0]).get(opening.removesuffix("/openings")).status_code == 404
