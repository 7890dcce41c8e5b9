"""Meetings over the wire: what each one's page shows, and that no page shows a vote before the reveal."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.adjudication import meeting_actions
from app.adjudication.meeting_models import Meeting
from app.adjudication.models import Ruling
from app.adjudication.settling_rules import rules_of, write_choice
from app.coding.models import Exposure
from tests.adjudication.conftest import make_table
from tests.adjudication.meeting_table import MeetingTable, make_meeting_table, under_way
from tests.support.clients import HTMX


@pytest.fixture
def meeting(session):
    return under_way(session)


@pytest.fixture
def before(session):
    return make_meeting_table(session)


def words_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def main_of(page):
    return page.text.split("<main", 1)[1].split("</main>")[0]


def results_of(page):
    """The tables of votes: the answers of the coders stand elsewhere on the page."""
    return re.findall(r'<table class="ballot">.*?</table>', page.text, re.DOTALL)


def looked_at(meeting, client):
    """Every page and part that tells of the meeting; parts as the script asks for them."""
    poll = f"{meeting.address}/state?seen=&item={meeting.item.id}&ballot={meeting.ballot.row.id}"
    first = f"{meeting.address}/state?seen=&item=&ballot="
    record = f"{meeting.address}s/{meeting.meeting.id}"
    history = f"/studies/{meeting.table.lead.study.slug}/history"
    parts = (meeting.address, poll, first, meeting.address + "/waiting")
    return [
        *(client.get(address) for address in (meeting.address, record, history)),
        *(client.get(address, headers=HTMX) for address in parts),
    ]


def test_promise_3_no_page_of_anybody_holds_anothers_vote_before_the_reveal(meeting, client_for):
    """One votes for a code that no coder answered with: it stands where one can choose it, and nowhere else."""
    table = meeting.table
    meeting.joins(table.lead)
    meeting.opens(table.lead)
    viewers = (table.judge, table.ben, table.lead, table.reader)
    codes = ("Human procedure", "Configuration", "Network")

    def told():
        pages = [page.text for viewer in viewers for page in looked_at(meeting, client_for(viewer))]
        return [tuple(page.count(code) for code in codes) for page in pages], pages

    before, _ = told()
    meeting.votes(table.ada, table.human)
    after, pages = told()

    assert after == before and any("Human procedure" in page for page in pages)
    for page in pages:
        assert not re.search(r'name="(answer|instead)"[^>]*( checked|aria-pressed="true")', page)
        assert '<table class="ballot">' not in page and "Abstained" not in page
    own = client_for(table.ada).get(meeting.address)
    assert re.search(rf'id="vote-{table.human.id}"[^>]*aria-pressed="true"', own.text)
    assert "1 of 4 have voted." in words_of(client_for(table.judge).get(meeting.address))


def test_after_the_reveal_all_are_shown_all_votes_together(meeting, client_for):
    table = meeting.table
    meeting.votes(table.ada, table.human)
    meeting.votes(table.ben, "abstains")
    client_for(table.judge).post(f"{meeting.here_item}/reveal", data={"ballot_id": meeting.ballot.row.id})

    for viewer in (table.ada, table.ben, table.judge):
        page = client_for(viewer).get(meeting.address)
        assert len(results_of(page)) == 1
        assert "Human procedure" in results_of(page)[0] and "Abstained" in results_of(page)[0]


def test_promise_3_who_has_not_opened_it_is_not_shown_the_votes_after_the_reveal_either(meeting, client_for):
    table = meeting.table
    meeting.joins(table.lead)
    meeting.votes(table.ada, table.human)
    meeting.reveals(table.judge)
    browser = client_for(table.lead)

    page = browser.get(meeting.address)
    assert results_of(page) == [] and "Human procedure" not in main_of(page) and table.ada.name in main_of(page)
    assert "Configuration" not in main_of(page) and "Open this one" in page.text

    browser.post(f"{meeting.here_item}/openings")
    page = browser.get(meeting.address)
    assert "Human procedure" in results_of(page)[0] and "Configuration" in main_of(page)


def test_promise_3_joining_alone_shows_nothing_of_others(meeting, client_for):
    browser = client_for(meeting.table.lead)
    browser.post(meeting.address + "/presence", data={"opens_items": "yes"})

    page = browser.get(meeting.address)

    assert 'hx-trigger="load, submit"' in page.text
    assert "Configuration" not in main_of(page)
    exposed = select(Exposure.id).where(Exposure.member_id == meeting.table.lead.member.id)
    assert meeting.session.scalars(exposed).all() == []


def test_a_meeting_is_held_with_plain_forms_alone(before, client_for):
    table, session = before.table, before.session
    judge, ada = client_for(table.judge), client_for(table.ada)
    door = judge.get(before.address)
    assert "Start the meeting" in door.text and "all 2 open disagreements" in door.text
    assert judge.post(before.address + "s", data={"dimension": ""}).headers["location"] == before.address
    before.meeting = session.scalars(select(Meeting)).one()

    assert "A meeting is under way" in ada.get(before.address + "/waiting").text
    ada.post(before.address + "/presence")
    for browser in (judge, ada):
        assert browser.post(before.here_item + "/openings").headers["location"] == before.address
    assert ada.post(before.here_item + "/votes", data=before.fields(table.network)).status_code == 303
    assert judge.post(before.here_item + "/votes", data=before.fields(table.network)).status_code == 303
    judge.post(before.here_item + "/reveal", data={"ballot_id": before.ballot.row.id})
    assert "Network" in results_of(ada.get(before.address))[0]

    written = judge.post(before.here_item + "/adoption", data={"cause": "", "reason": "Half a sent"})
    assert re.search(rf'id="pick-{table.network.id}"[^>]* checked', written.text)
    assert "Half a sent" in written.text and "Say why the coders differed" not in written.text
    ruling = {"answer": str(table.network.id), "cause": "slip", "reason": "So it says.", "seen_ruling_id": ""}
    first = before.item
    assert judge.post(before.here_item + "/rulings", data=ruling).status_code == 303
    session.expire_all()
    assert first.outcome == "ruled" and before.item.id != first.id
    assert "Ruling saved" in judge.get(before.address + "?ruled=1").text
    ended = judge.post(before.address + "/ending")
    assert ended.headers["location"] == f"{before.address}s/{before.meeting.id}"


def test_a_vote_of_nothing_is_refused_where_it_was_given(meeting, client_for):
    browser = client_for(meeting.table.ada)
    fields = meeting.fields("")

    answer = browser.post(meeting.here_item + "/votes", data=fields, headers=HTMX)

    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#meeting-vote")
    assert "Choose the final code" in answer.text
    assert browser.post(meeting.here_item + "/votes", data=fields).status_code == 422


def test_a_vote_that_crossed_the_reveal_is_answered_409(meeting, client_for):
    fields = meeting.fields(meeting.table.config)
    meeting.votes(meeting.table.ben, "abstains")
    meeting.reveals(meeting.table.judge)

    answer = client_for(meeting.table.ada).post(meeting.here_item + "/votes", data=fields)

    assert answer.status_code == 409 and "before yours arrived" in answer.text


def test_after_ones_vote_the_state_and_the_own_form_come_back(meeting, client_for):
    answer = client_for(meeting.table.ada).post(
        meeting.here_item + "/votes", data=meeting.fields(meeting.table.config), headers=HTMX
    )

    assert "1 of 3 have voted." in words_of(answer)
    assert 'id="meeting-vote"' in answer.text and "hx-swap-oob" in answer.text
    assert 'id="meeting-ruling"' not in answer.text


def test_who_watches_gets_nothing_while_nothing_changed_and_then_the_state_alone(meeting, client_for):
    browser = client_for(meeting.table.ben)
    page = browser.get(meeting.address)
    poll = re.search(r'hx-get="([^"]*/state[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert browser.get(poll, headers=HTMX).status_code == 204

    meeting.votes(meeting.table.ada, meeting.table.config)

    answer = browser.get(poll, headers=HTMX)
    assert answer.status_code == 200 and answer.text.count("<section") == 1
    assert "1 of 3 have voted." in words_of(answer) and 'id="vote"' not in answer.text


def test_who_watches_gets_everything_when_the_meeting_goes_on(meeting, client_for):
    browser = client_for(meeting.table.ben)
    poll = re.search(r'hx-get="([^"]*/state[^"]*)"', browser.get(meeting.address).text)[1].replace("&amp;", "&")
    meeting_actions.park(meeting.session, meeting.table.judge, meeting.number, meeting.item.id)

    answer = browser.get(poll, headers=HTMX)

    assert answer.headers["HX-Retarget"] == "#main" and "Incident 2" in answer.text
    assert "Configuration" not in answer.text


def test_a_comment_of_another_is_told_and_opened_without_a_word_of_it_before(meeting, client_for):
    one = f"/studies/{meeting.table.lead.study.slug}/disagreements/{meeting.number}"
    one += f"/{meeting.item.incident_id}/{meeting.item.dimension_id}"
    browser = client_for(meeting.table.ben)
    poll = re.search(r'hx-get="([^"]*/state[^"]*)"', browser.get(meeting.address).text)[1].replace("&amp;", "&")
    client_for(meeting.table.ada).post(one + "/comments", data={"text": "Look at line two."})

    told = browser.get(poll, headers=HTMX)
    assert "1 thing said here since" in words_of(told) and "line two" not in told.text
    shown = browser.post(meeting.here_item + "/openings", data={"part": "talk"}, headers=HTMX)
    assert "Look at line two." in shown.text and 'id="vote"' not in shown.text


def test_the_page_asks_no_more_once_the_meeting_has_ended(meeting, client_for):
    browser = client_for(meeting.table.ben)
    poll = f"{meeting.address}/state?seen=&item={meeting.item.id}"
    meeting_actions.leave(meeting.session, meeting.table.ben, meeting.number)
    left = browser.get(poll, headers=HTMX)
    assert "You are not in this meeting any more." in left.text and "hx-get" not in left.text
    meeting_actions.end(meeting.session, meeting.table.judge, meeting.number)

    ended = browser.get(poll, headers=HTMX)

    assert "This meeting has ended." in ended.text and "hx-get" not in ended.text


def test_the_scribe_has_a_button_beside_each_other_one_that_marks_them_as_gone(meeting, client_for):
    scribe, ada = client_for(meeting.table.judge), client_for(meeting.table.ada)
    label = f"Mark {meeting.table.ada.name} as gone"
    assert label in scribe.get(meeting.address).text and label not in ada.get(meeting.address).text
    assert f"Mark {meeting.table.judge.name} as gone" not in scribe.get(meeting.address).text

    answer = scribe.post(meeting.address + "/departure", data={"member_id": meeting.table.ada.member.id})

    assert (answer.status_code, answer.headers["location"]) == (303, meeting.address)
    assert label not in scribe.get(meeting.address).text
    gone = ada.get(f"{meeting.address}/state?seen=&item={meeting.item.id}", headers=HTMX)
    assert "You are not in this meeting any more." in gone.text and "Join again" in gone.text


def test_promise_1_a_reopened_round_takes_the_meeting_off_the_screens(meeting, client_for):
    browser = client_for(meeting.table.ben)
    poll = f"{meeting.address}/state?seen=&item={meeting.item.id}"
    record = f"{meeting.address}s/{meeting.meeting.id}"
    meeting.table.steps_to("running", reason="One more look")

    gone = browser.get(poll, headers=HTMX)

    assert (gone.status_code, gone.headers["HX-Retarget"]) == (404, "#main")
    assert "Configuration" not in gone.text and "hx-get" not in gone.text
    for address in (meeting.address, record, meeting.address + "/waiting", poll):
        assert browser.get(address).status_code == 404
    history = browser.get(f"/studies/{meeting.table.lead.study.slug}/history")
    assert "meeting" not in words_of(history).replace("joined the meeting", "").replace("opened", "")


def test_promise_6_both_rulings_are_shown_where_somebody_ruled_elsewhere_meanwhile(meeting, client_for):
    table = meeting.table
    table.opens(table.lead)
    table.rules(table.lead, table.network)
    browser = client_for(table.judge)
    ruling = {"answer": str(table.config.id), "cause": "slip", "reason": "Mine.", "seen_ruling_id": ""}

    answer = browser.post(meeting.here_item + "/rulings", data=ruling)

    assert answer.status_code == 409
    assert "Somebody else ruled on this in the meantime" in answer.text
    assert "The text says so in its last line." in answer.text and "Mine." in answer.text
    first = meeting.session.scalars(select(Ruling)).one()
    again = browser.post(meeting.here_item + "/rulings", data=ruling | {"seen_ruling_id": str(first.id)})
    assert again.status_code == 303
    newest = meeting.session.scalars(select(Ruling).order_by(Ruling.id.desc())).first()
    assert newest.supersedes_id == first.id


def test_what_is_missing_in_a_ruling_is_said_in_its_form(meeting, client_for):
    browser = client_for(meeting.table.judge)

    answer = browser.post(meeting.here_item + "/rulings", data={"reason": "Because"}, headers=HTMX)

    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#meeting-ruling")
    assert "Choose the final code" in answer.text and "Because" in answer.text


def test_only_the_scribe_has_the_ruling_form_and_it_holds_no_answer_beforehand(meeting, client_for):
    assert 'id="ruling"' not in client_for(meeting.table.ada).get(meeting.address).text
    page = client_for(meeting.table.judge).get(meeting.address)
    form = page.text.split('id="ruling"')[1].split("</form>")[0]
    assert f"{meeting.here_item}/rulings" in page.text
    assert not re.search(r'name="(answer|cause)"[^>]* checked', form) and "Who took part" not in form


def test_a_many_code_dimension_is_voted_on_with_several_codes(session, client_for):
    meeting = _many(session)
    browser = client_for(meeting.table.ada)
    page = browser.get(meeting.address)
    assert 'type="checkbox" name="answer"' in page.text
    fields = {**meeting.fields("")}
    fields.pop("instead")

    codes = [str(meeting.table.slow.id), str(meeting.table.down.id)]
    browser.post(meeting.here_item + "/votes", data=fields | {"answer": codes})

    assert meeting.ballot.votes[0].code_ids == (meeting.table.slow.id, meeting.table.down.id)


def _many(session):

    table = make_table(session)
    table.codes(table.ada, [table.config], [table.slow])
    table.codes(table.ben, [table.config], [table.down])
    table.steps_to("settling")
    meeting = MeetingTable(table)
    meeting.starts(table.judge)
    meeting.joins(table.ada)
    meeting.opens(table.ada)
    return meeting


def test_the_record_tells_who_was_there_what_was_voted_and_what_was_ruled(meeting, client_for):
    table = meeting.table
    meeting.votes(table.ada, table.human)
    meeting.votes(table.ben, table.network)
    meeting.reveals(table.judge)
    meeting.votes(table.ben, table.human)
    meeting.rules(table.judge, table.human)
    meeting_actions.end(meeting.session, table.judge, meeting.number)
    browser = client_for(table.judge)

    page = browser.get(f"{meeting.address}s/{meeting.meeting.id}")

    said = words_of(page)
    for name in (table.ada.name, table.ben.name, table.judge.name):
        assert name in said
    rows = re.findall(r"<tr>.*?</tr>", results_of(page)[0], re.DOTALL)
    assert "Human procedure" in rows[1] and "as it was" in rows[1]
    assert "Network" in rows[2] and "Human procedure" in rows[2]
    assert "The text says so." in said and "ended by the scribe" in said and "1 ruling" in said
    assert "Left unfinished" in said and "1 minute" in said
    assert f"{meeting.address}s/{meeting.meeting.id}" in browser.get(meeting.address).text
    assert "revealed the votes on" in words_of(browser.get(f"/studies/{table.lead.study.slug}/history"))


def test_promise_3_the_record_shows_votes_and_rulings_to_others_once_they_open_it(meeting, client_for):
    table = meeting.table
    meeting.votes(table.ada, table.human)
    meeting.reveals(table.judge)
    meeting.rules(table.judge, table.human)
    meeting_actions.end(meeting.session, table.judge, meeting.number)
    record = f"{meeting.address}s/{meeting.meeting.id}"
    browser = client_for(table.reader)

    closed = browser.get(record)
    assert "Human procedure" not in closed.text and "The text says so." not in closed.text
    assert "1 person voted. Not opened by you." in words_of(closed)
    browser.post(record + "/openings")

    opened = browser.get(record)
    assert "Human procedure" in results_of(opened)[0] and "The text says so." in opened.text
    kinds = select(Exposure.kind).where(Exposure.member_id == table.reader.member.id)
    assert {"colleague_code", "ruling", "vote"} == set(meeting.session.scalars(kinds))


def test_votes_that_were_never_revealed_stay_hidden_in_the_record(meeting, client_for):
    meeting.votes(meeting.table.ada, meeting.table.human)
    meeting_actions.end(meeting.session, meeting.table.judge, meeting.number)

    page = client_for(meeting.table.judge).get(f"{meeting.address}s/{meeting.meeting.id}")

    assert "1 vote never revealed." in words_of(page)
    assert "Human procedure" not in page.text and results_of(page) == []


def test_a_meeting_of_another_round_or_study_is_not_found(meeting, client_for):
    other = make_meeting_table(meeting.session)
    browser = client_for(other.table.lead)

    assert browser.get(f"{meeting.address}s/{meeting.meeting.id}").status_code == 404
    assert browser.get(f"{other.address}s/{meeting.meeting.id}").status_code == 404
    other.starts(other.table.lead)
    stranger = f"{other.address}/items/{meeting.item.id}"
    for act in ("openings", "votes", "names", "reveal", "ballots", "parking", "adoption", "rulings"):
        fields = meeting.fields("abstains", cause="slip", reason="x") | {"answer": str(other.table.config.id)}
        assert browser.post(f"{stranger}/{act}", data=fields).status_code == 404, act


def test_under_a_blind_settling_coders_vote_unnamed_until_their_names_are_asked_for(meeting, client_for):
    table = meeting.table
    rules = replace(rules_of(meeting.session, table.coding_round), blind=True)
    write_choice(meeting.session, table.lead, table.coding_round, rules)
    meeting.votes(table.ada, table.human)
    meeting.votes(table.judge, table.network)
    meeting.reveals(table.judge)
    browser = client_for(table.judge)

    told = results_of(browser.get(meeting.address))[0]
    assert re.search(r"Coder [AB]", told) and table.ada.name not in told and table.judge.name in told
    seats = browser.get(meeting.address).text.split('class="row seats"')[1].split("</ul>")[0]
    assert table.ada.name in seats and "coder-a" not in seats and "coder-b" not in seats
    assert table.ada.name in results_of(client_for(table.ada).get(meeting.address))[0]

    assert browser.post(meeting.here_item + "/names").headers["location"] == meeting.address
    assert table.ada.name in results_of(browser.get(meeting.address))[0]
