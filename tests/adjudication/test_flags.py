"""What coders flagged reaches those who settle the round: where at once, what they noted once it was opened."""

from sqlalchemy import select

from app.coding.models import Exposure
from tests import makers

NOTE = "Two outages in one report?"


def flags(table, coder, note=NOTE):
    makers.act(table.session, coder, table.assignment(coder), "flag", note=note)


def queue_url(table):
    return f"/studies/{table.lead.study.slug}/disagreements?round={table.coding_round.number}"


def opening(table):
    return f"/studies/{table.lead.study.slug}/disagreements/{table.coding_round.number}/flags/openings"


def test_a_flag_is_listed_with_its_coder_and_its_note_opens_by_a_post_that_records_it(table, client_for):
    flags(table, table.ada)
    flags(table, table.ben, note="")
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.config], "")
    table.steps_to("settling")

    before = client_for(table.judge).get(queue_url(table)).text
    assert "Flagged by their coders" in before and table.ada.name in before and NOTE not in before
    assert "no note" in before and "1 note of others not opened yet" in before
    assert NOTE in client_for(table.ada).get(queue_url(table)).text, "one's own note is one's own"

    answer = client_for(table.judge).post(opening(table))
    after = client_for(table.judge).get(answer.headers["location"]).text
    assert NOTE in after and "not opened yet" not in after
    seen = table.session.execute(select(Exposure.member_id, Exposure.incident_id, Exposure.kind)).all()
    assert set(seen) == {(table.judge.member.id, table.incident.id, "flag")}


def test_the_page_of_a_disagreement_shows_the_note_beside_the_answer_it_was_left_with(table, client_for):
    flags(table, table.ada)
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.network], "")
    table.steps_to("settling")

    assert NOTE not in client_for(table.judge).get(table.address()).text
    client_for(table.judge).post(table.address() + "/openings")
    assert NOTE in client_for(table.judge).get(table.address()).text


def test_promise_1_no_flag_is_told_or_opened_while_its_round_runs(table, client_for):
    flags(table, table.ada)
    for viewer in (table.lead, table.judge, table.ben):
        assert NOTE not in client_for(viewer).get(queue_url(table)).text
        assert client_for(viewer).post(opening(table)).status_code == 404
    assert table.session.scalars(select(Exposure.id)).all() == []


def test_a_flag_that_was_taken_down_is_not_listed(table, client_for):
    flags(table, table.ada)
    makers.act(table.session, table.ada, table.assignment(table.ada), "unflag")
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.config], "")
    table.steps_to("settling")
    assert "Flagged by" not in client_for(table.judge).get(queue_url(table)).text
