"""A calibration round that opens each incident: who compares, when, and what it does to what they hand in later."""

import pytest
from sqlalchemy import select

from app.adjudication.actions import change_phase
from app.adjudication.known import known_of_incidents
from app.coding.comparing import comparable_assignments
from app.coding.models import Exposure, Submission
from app.coding.round_changes import add_coder, remove_coder
from app.findings.awaiting import awaiting
from app.findings.history import history
from tests import makers
from tests.adjudication.conftest import make_table

EACH = {"reveal": "each_incident", "code_sharing": "shared"}


@pytest.fixture
def table(session):
    return make_table(session, incidents=2, **EACH)


def address(table, coder, at=0):
    return f"/studies/{table.lead.study.slug}/assignments/{table.assignment(coder, table.incidents[at]).id}"


def both_submit(table):
    """Ada quotes her configuration; Ben takes the network and leaves the symptom open."""
    ada = table.assignment(table.ada)
    quote = {"start": 4, "end": 11, "quote": "gateway"}
    makers.act(
        table.session, table.ada, ada, "add_evidence", dimension_id=table.cause.id, code_id=table.config.id, **quote
    )
    makers.code_and_submit(table.session, table.ada, ada, {table.symptom.id: "not_enough_information"})
    table.codes(table.ben, [table.network], "")


def compares(client_for, table, coder, at=0):
    return client_for(coder).post(f"{address(table, coder, at)}/comparison/openings")


def main_of(page):
    """Without the bar, which names the viewer."""
    return page.text.partition("<main")[2]


def test_coders_see_the_first_submissions_side_by_side_once_they_have_opened_them(table, client_for):
    both_submit(table)
    for coder in (table.ada, table.ben):
        opened = compares(client_for, table, coder)
        assert (opened.status_code, opened.headers["location"]) == (303, f"{address(table, coder)}/comparison")
        page = main_of(client_for(coder).get(opened.headers["location"]))
        for word in (
            "Configuration",
            "Network",
            "Not enough information",
            "Not coded",
            "<q>gateway</q>",
            "Other codes",
        ):
            assert word in page
        assert table.ada.name in page and table.ben.name in page


def test_promise_1_nothing_of_an_incident_opens_before_all_its_coders_have_submitted_it(table, client_for):
    makers.code_and_submit(table.session, table.ada, table.assignment(table.ada), {table.cause.id: [table.config]})
    makers.act(table.session, table.ben, table.assignment(table.ben), "skip", reason="Too thin.")
    for coder in (table.ada, table.ben):
        assert client_for(coder).get(f"{address(table, coder)}/comparison").status_code == 404
        assert compares(client_for, table, coder).status_code == 404
        assert "Compare with colleagues" not in client_for(coder).get(address(table, coder)).text
    assert table.session.scalars(select(Exposure.id)).all() == []

    bens = table.assignment(table.ben)
    makers.act(table.session, table.ben, bens, "take_back")
    makers.code_and_submit(table.session, table.ben, bens, {table.cause.id: [table.network]})
    assert client_for(table.ada).get(f"{address(table, table.ada)}/comparison").status_code == 200
    assert client_for(table.ada).get(f"{address(table, table.ada, 1)}/comparison").status_code == 404


def test_promise_3_before_the_post_the_page_shows_ones_own_answer_alone(table, client_for):
    both_submit(table)
    page = main_of(client_for(table.ben).get(f"{address(table, table.ben)}/comparison"))
    assert "Compare with 1 colleague" in page and "Network" in page
    for told in ("Configuration", "<q>gateway</q>", table.ada.name, "Not enough information", "Other codes"):
        assert told not in page
    assert table.session.scalars(select(Exposure.id)).all() == []


def test_promise_3_what_is_handed_in_after_comparing_is_not_independent_and_the_first_stays_so(table, client_for):
    both_submit(table)
    compares(client_for, table, table.ada)
    ada, ben = table.assignment(table.ada), table.assignment(table.ben)
    for coder, assignment, code in ((table.ada, ada, table.network), (table.ben, ben, table.human)):
        makers.act(table.session, coder, assignment, "take_back")
        makers.code_and_submit(table.session, coder, assignment, {table.cause.id: [code]})

    def independence(assignment):
        of_assignment = Submission.assignment_id == assignment.id
        return table.session.scalars(
            select(Submission.independent).where(of_assignment).order_by(Submission.ordinal)
        ).all()

    assert independence(ada) == [True, False]
    assert independence(ben) == [True, True], "Ben has opened nothing"
    page = main_of(client_for(table.ada).get(f"{address(table, table.ada)}/comparison"))
    assert "Configuration" in page and "Human procedure" not in page, "first submissions are compared"


def test_a_draft_that_was_taken_back_still_counts_as_submitted(table, client_for):
    both_submit(table)
    makers.act(table.session, table.ben, table.assignment(table.ben), "take_back")
    assert "Compare with colleagues" in client_for(table.ada).get(address(table, table.ada)).text
    assert "Compare with colleagues" in client_for(table.ben).get(address(table, table.ben)).text
    assert compares(client_for, table, table.ben).status_code == 303


def test_promise_1_who_does_not_code_the_incident_gets_nothing_of_it(session, table, client_for):
    both_submit(table)
    outside = makers.make_member(session, table.lead)
    for viewer in (table.lead, table.judge, table.reader, outside, table.ben):
        for method, place in (("GET", "/comparison"), ("POST", "/comparison/openings")):
            assert client_for(viewer).request(method, address(table, table.ada) + place).status_code == 404
    stranger = makers.make_study(session)
    through = address(table, table.ada).replace(table.lead.study.slug, stranger.study.slug)
    assert client_for(stranger).post(f"{through}/comparison/openings").status_code == 404
    assert client_for(stranger).post(f"{address(table, table.ada)}/comparison/openings").status_code == 404


def test_promise_1_who_takes_an_incident_over_closes_it_until_they_have_submitted(session, table):
    cleo, dora = makers.make_coders(session, table.lead, 2)
    coders = [table.ada, table.ben, cleo]
    coding_round = makers.make_round(session, table.lead, coders, [table.incident], **EACH)
    own = {coder: makers.assignment_of(session, coder, coding_round) for coder in coders}
    for coder in (table.ada, table.ben):
        makers.code_and_submit(session, coder, own[coder], {table.cause.id: [table.config]})

    def comparable(viewer):
        session.expire_all()
        return comparable_assignments(session, viewer, coding_round)

    assert comparable(table.ada) == []
    remove_coder(session, table.lead, coding_round.number, cleo.member.id, pending_to="nobody")
    assert comparable(table.ada) == [own[table.ada].id] and comparable(cleo) == []
    add_coder(session, table.lead, coding_round.number, dora.member.id, takes="gaps")
    assert comparable(table.ada) == comparable(dora) == []
    remove_coder(session, table.lead, coding_round.number, table.ben.member.id, pending_to="nobody")
    doras = makers.assignment_of(session, dora, coding_round)
    makers.code_and_submit(session, dora, doras, {table.cause.id: [table.config]})
    assert comparable(table.ada) == [own[table.ada].id], "what Ben handed in is kept"
    assert comparable(dora) == [doras.id] and comparable(table.ben) == []


def test_the_queue_and_the_overview_list_what_is_still_to_be_compared(session, table, client_for):
    def waiting(viewer):
        return [each.words for each in awaiting(session, viewer) if each.words.endswith("to compare")]

    assert waiting(table.ada) == []
    both_submit(table)
    assert waiting(table.ada) == waiting(table.ben) == ["1 incident to compare"] and waiting(table.lead) == []
    queue = f"/studies/{table.lead.study.slug}/coding?round={table.coding_round.number}&show=comparable"
    page = client_for(table.ada).get(queue).text
    assert f'href="{address(table, table.ada)}/comparison"' in page
    assert f'href="{address(table, table.ada, 1)}" data-row' not in page

    compares(client_for, table, table.ada)
    assert waiting(table.ada) == [] and waiting(table.ben) == ["1 incident to compare"]
    assert "No incident of this round is still to be compared." in client_for(table.ada).get(queue).text
    assert "Compared<" in client_for(table.ada).get(queue.partition("&")[0]).text


def test_what_was_compared_counts_as_discussed_for_later_rounds(session, table, client_for):
    study_id, incident_id = table.lead.study.id, table.incidents[0].id
    both_submit(table)
    assert incident_id not in known_of_incidents(session, study_id).discussed
    compares(client_for, table, table.ada)
    assert known_of_incidents(session, study_id).discussed == {incident_id}


def test_promise_1_that_somebody_compared_is_their_own_business_while_the_round_runs(session, table, client_for):
    both_submit(table)
    compares(client_for, table, table.ada)

    def told(viewer):
        return [event for event in history(session, viewer, limit=100) if event.kind == "comparison.opened"]

    compares(client_for, table, table.ada)
    assert len(told(table.ada)) == 1
    assert told(table.ben) == told(table.lead) == []


def test_after_the_coding_the_comparison_leads_to_the_disagreements_with_what_was_opened(session, table, client_for):
    both_submit(table)
    compares(client_for, table, table.ada)
    change_phase(session, table.lead, table.coding_round.number, "settling")
    answer = client_for(table.ada).get(f"{address(table, table.ada)}/comparison")
    there = f"/studies/{table.lead.study.slug}/disagreements?round={table.coding_round.number}"
    assert (answer.status_code, answer.headers["location"]) == (303, there)
    assert compares(client_for, table, table.ben).status_code == 404
    assert "Network" in main_of(client_for(table.ada).get(table.address()))
    assert "Configuration" not in main_of(client_for(table.ben).get(table.address()))


def test_a_round_that_opens_at_its_end_offers_no_comparison(session, client_for):
    table = make_table(session, code_sharing="shared")
    both_submit(table)
    assert comparable_assignments(session, table.ada, table.coding_round) == []
    assert compares(client_for, table, table.ada).status_code == 404
    assert "ompare" not in main_of(client_for(table.ada).get(address(table, table.ada)))


def test_a_silent_repeat_has_no_comparison_of_its_own(session, client_for):
    """No plan makes one in such a round; a row of an older kind would not open either."""
    table = make_table(session, **EACH)
    both_submit(table)
    ada = table.assignment(table.ada)
    again = type(ada)(
        study_id=ada.study_id, round_id=ada.round_id, incident_id=ada.incident_id, member_id=ada.member_id,
        pass_=2, arm=ada.arm, order=9,
    )  # fmt: skip
    session.add(again)
    session.flush()
    there = f"/studies/{table.lead.study.slug}/assignments/{again.id}/comparison"
    assert client_for(table.ada).get(there).status_code == 404
