"""After closing: whose answers one walks, what may be told of them, and what each of them became (promises 1 and 3)."""

import pytest
from sqlalchemy import select

from app.adjudication import walk
from app.adjudication.actions import change_phase
from app.coding.models import Exposure
from app.coding.submissions import first_submissions
from app.problems import NotFound
from tests import makers
from tests.adjudication.conftest import make_table


def home(table):
    return f"/studies/{table.lead.study.slug}/rounds/{table.coding_round.number}/my-outcomes"


def marks(table, viewer):
    return {
        each.dimension.name: each.mark if each.is_open else "closed"
        for each in walk.outcomes(table.session, viewer, table.coding_round)
    }


@pytest.fixture
def closed(apart):
    """Ruled for Ada's cause; both said that no symptom applies."""
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config, reason="REASONTOLD by the last line.")
    apart.steps_to("closed")
    return apart


def test_a_coder_sees_where_they_were_kept_and_overruled_once_they_have_opened_it(closed):
    for viewer in (closed.ada, closed.ben):
        assert marks(closed, viewer) == {"Root cause": "closed", "Symptom": "closed"}
        walk.open_outcomes(closed.session, viewer, closed.coding_round.number)

    assert marks(closed, closed.ada) == {"Root cause": "kept", "Symptom": "kept"}
    assert marks(closed, closed.ben) == {"Root cause": "overruled", "Symptom": "kept"}
    [cause, _] = walk.tallies(walk.outcomes(closed.session, closed.ben, closed.coding_round))
    assert (cause.marks["overruled"], cause.marks["kept"], cause.closed) == (1, 0, 0)


def test_promise_3_neither_list_nor_page_tells_anything_final_before_the_opening(closed, client_for):
    browser = client_for(closed.ben)
    one = f"{home(closed)}/{closed.incident.id}/{closed.cause.id}"
    for address in (home(closed), home(closed) + "?show=overruled", one):
        page = browser.get(address)
        assert page.status_code == 200
        assert not [w for w in ("Configuration", "REASONTOLD", "is-disagree", closed.judge.name) if w in page.text]
    assert "INC-1" not in browser.get(home(closed) + "?show=overruled").text
    assert closed.session.scalars(select(Exposure).where(Exposure.member_id == closed.ben.member.id)).all() == []

    assert browser.post(home(closed) + "/openings").status_code == 303

    kinds = closed.session.scalars(select(Exposure.kind).where(Exposure.member_id == closed.ben.member.id)).all()
    assert sorted(kinds) == ["final_code", "final_code", "ruling"]
    page = browser.get(home(closed) + "?show=overruled")
    assert "INC-1" in page.text and "Configuration" in page.text and "Symptom</td>" not in page.text
    page = browser.get(one)
    assert "REASONTOLD" in page.text and "Slip; adopted" in page.text and closed.judge.name in page.text
    assert "quote-b1" not in page.text  # a colleague's quote has an opening of its own
    browser.post(one + "/openings")
    assert "quote-b1" in browser.get(one).text


def test_promise_3_what_one_still_codes_elsewhere_is_opened_by_itself_and_on_record(closed):
    again = makers.make_round(closed.session, closed.lead, [closed.ben], closed.incidents, name="Again")
    number = closed.coding_round.number
    walk.open_outcomes(closed.session, closed.ben, number)
    assert marks(closed, closed.ben) == {"Root cause": "closed", "Symptom": "closed"}

    walk.open_outcomes(closed.session, closed.ben, number, incident_id=closed.incident.id)

    assert marks(closed, closed.ben)["Root cause"] == "overruled"
    own = makers.assignment_of(closed.session, closed.ben, again)
    makers.code_and_submit(closed.session, closed.ben, own, {closed.cause.id: [closed.network]})
    makers.move_round(closed.session, closed.lead, again, "settling")
    assert [work.submission.independent for work in first_submissions(closed.session, again)] == [False]


@pytest.mark.parametrize("phase", ["running", "settling"])
def test_promise_1_there_is_nothing_to_walk_before_the_round_is_closed(session, client_for, phase):
    table = make_table(session)
    table.codes(table.ada, [table.config])
    table.codes(table.ben, [table.network])
    if phase == "settling":
        table.steps_to("settling")
    browser = client_for(table.ada)
    assert browser.get(home(table)).status_code == 404
    assert browser.post(home(table) + "/openings").status_code == 404
    assert browser.get(f"{home(table)}/{table.incident.id}/{table.cause.id}").status_code == 404


def test_only_who_coded_has_outcomes(closed, client_for):
    for viewer in (closed.lead, closed.judge, closed.reader, makers.make_study(closed.session)):
        browser = client_for(viewer)
        assert browser.get(home(closed)).status_code == 404
        assert browser.post(home(closed) + "/openings").status_code == 404
    assert (
        "What became of my answers"
        in client_for(closed.ada).get(f"/studies/{closed.lead.study.slug}/rounds/{closed.coding_round.number}").text
    )
    assert home(closed) in client_for(closed.ada).get(f"/studies/{closed.lead.study.slug}/coding").text


def test_codes_added_by_a_ruling_are_told_from_codes_taken_away(session):
    table = make_table(session)
    table.codes(table.ada, [table.config], [table.slow])
    table.codes(table.ben, [table.config], [table.down])
    table.steps_to("settling")
    table.opens(table.judge, table.symptom)
    table.rules(table.judge, table.slow, table.symptom, code_ids=[table.slow.id, table.down.id])
    table.steps_to("closed")
    walk.open_outcomes(session, table.ada, table.coding_round.number)

    assert marks(table, table.ada) == {"Root cause": "kept", "Symptom": "added"}


def test_a_later_round_changes_the_outcome_and_both_are_told(closed):
    number = closed.coding_round.number
    later = makers.make_round(closed.session, closed.lead, [closed.ada], closed.incidents, name="Later")
    own = makers.assignment_of(closed.session, closed.ada, later)
    makers.code_and_submit(closed.session, closed.ada, own, {closed.cause.id: [closed.human]})
    for phase in ("settling", "closed"):
        change_phase(closed.session, closed.lead, later.number, phase, reason="An audit may wait.")
    walk.open_outcomes(closed.session, closed.ben, number)

    found = walk.outcomes(closed.session, closed.ben, closed.coding_round)
    cause = walk.outcome_of(found, closed.incident.id, closed.cause.id)
    assert (cause.mark, cause.is_changed_later, cause.final.code_ids) == ("overruled", True, (closed.human.id,))
    assert cause.final_round_id == later.id


def test_closed_without_a_ruling_says_so(apart):
    apart.steps_to("closed", reason="Too small to settle")
    walk.open_outcomes(apart.session, apart.ben, apart.coding_round.number)
    assert marks(apart, apart.ben) == {"Root cause": "unsettled", "Symptom": "kept"}
    found = walk.outcomes(apart.session, apart.ben, apart.coding_round)
    with pytest.raises(NotFound):
        walk.outcome_of(found, apart.incident.id, 10**9)
