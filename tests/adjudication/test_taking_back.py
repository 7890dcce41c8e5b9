import pytest
from sqlalchemy import select

from app.adjudication import actions, policy, queries
from app.adjudication.models import FinalCode, Ruling
from app.adjudication.ruling_acts import take_back_ruling
from app.adjudication.ruling_models import RulingTakenBack
from app.problems import NotFound
from tests import makers
from tests.adjudication.test_ruling import current, page_for


def takes_back(table, viewer, ruling, reason="We read the text wrongly."):
    take_back_ruling(table.session, viewer, table.coding_round, ruling.id, reason)


def test_a_ruling_taken_back_opens_the_disagreement_again_and_stays_on_record(apart):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)

    takes_back(apart, apart.judge, ruling)

    assert current(apart) == []
    assert len(queries.disagreements(apart.session, apart.coding_round, standing="open")) == 1
    page = page_for(apart, apart.judge)
    assert page.standing_ruling is None
    assert page.rulings[0].taken_back.reason == "We read the text wrongly."
    superseded = apart.session.scalars(select(FinalCode).where(FinalCode.ruling_id == ruling.id)).one()
    assert superseded.superseded_at is not None


def test_the_next_ruling_follows_the_one_that_was_taken_back(apart):
    apart.opens(apart.judge)
    first = apart.rules(apart.judge, apart.config)
    takes_back(apart, apart.judge, first)

    second = apart.rules(apart.judge, apart.network)

    assert second.supersedes_id == first.id
    assert current(apart) == [("coded", apart.network.id, "third_person", second.id)]


def test_a_ruling_is_taken_back_once(apart):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)
    takes_back(apart, apart.judge, ruling)

    with pytest.raises(policy.RuledMeanwhile):
        takes_back(apart, apart.judge, ruling)


def test_a_ruling_that_another_superseded_is_not_taken_back(apart):
    apart.opens(apart.judge)
    first = apart.rules(apart.judge, apart.config)
    second = apart.rules(apart.judge, apart.network, seen_ruling_id=first.id)

    with pytest.raises(policy.RuledMeanwhile):
        takes_back(apart, apart.judge, first)
    assert current(apart) == [("coded", apart.network.id, "third_person", second.id)]


def test_what_was_ruled_on_a_ruling_that_is_gone_is_refused(apart):
    apart.opens(apart.judge)
    first = apart.rules(apart.judge, apart.config)
    takes_back(apart, apart.judge, first)

    with pytest.raises(policy.RuledMeanwhile):
        apart.rules(apart.judge, apart.human, seen_ruling_id=first.id)


@pytest.mark.parametrize(("reason", "refusal"), [(" ", policy.NoReason), ("x" * 5_001, policy.TooLong)])
def test_a_ruling_is_taken_back_with_a_reason(apart, reason, refusal):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)

    with pytest.raises(refusal):
        takes_back(apart, apart.judge, ruling, reason)


@pytest.mark.parametrize("who", ["ada", "ben", "reader"])
def test_who_may_not_rule_takes_nothing_back(apart, who):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)

    with pytest.raises(policy.OthersRule):
        takes_back(apart, getattr(apart, who), ruling)


def test_nothing_is_taken_back_in_a_closed_round(apart):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)
    apart.steps_to("closed")

    with pytest.raises(policy.NotSettling):
        takes_back(apart, apart.judge, ruling)


def test_a_ruling_of_another_round_or_study_is_not_found(apart, session):
    elsewhere = makers.make_study(session)
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)

    with pytest.raises(NotFound):
        take_back_ruling(session, apart.judge, apart.coding_round, ruling.id + 1_000, "Why not")
    assert elsewhere.study.id != apart.lead.study.id


def test_what_another_round_settled_later_stays_when_a_ruling_is_taken_back(apart):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)
    later = makers.make_round(apart.session, apart.lead, [apart.ada], [apart.incident])
    codes = {apart.cause.id: [apart.human]}
    makers.code_and_submit(apart.session, apart.ada, makers.assignment_of(apart.session, apart.ada, later), codes)
    actions.change_phase(apart.session, apart.lead, later.number, "settling")

    takes_back(apart, apart.judge, ruling)

    assert [row[1] for row in current(apart)] == [apart.human.id]


def test_the_page_takes_a_ruling_back_by_a_plain_form(apart, client_for):
    browser = client_for(apart.judge)
    browser.post(apart.address() + "/openings")
    ruling = apart.rules(apart.judge, apart.config)
    address = f"{apart.address()}/rulings/{ruling.id}/return"

    refused = browser.post(address, data={"reason": ""})
    done = browser.post(address, data={"reason": "We read it wrongly."})

    assert refused.status_code == 422 and "Give the reason" in refused.text
    assert (done.status_code, done.headers["location"]) == (303, apart.address())
    page = browser.get(apart.address()).text
    assert "Taken back by" in page and "We read it wrongly." in page and "Disagree on root cause" in page
    assert apart.session.scalars(select(Ruling.id).where(Ruling.id == ruling.id)).one() == ruling.id
    assert len(apart.session.scalars(select(RulingTakenBack)).all()) >= 1


def test_where_the_coders_agree_by_now_their_answer_is_final_after_the_taking_back(apart):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config)
    apart.steps_to("running", reason="One more look")
    ben = apart.assignment(apart.ben)
    makers.act(apart.session, apart.ben, ben, "take_back")
    for code in (apart.network, apart.config):
        makers.act(apart.session, apart.ben, ben, "toggle_code", dimension_id=apart.cause.id, code_id=code.id)
    makers.act(apart.session, apart.ben, ben, "submit")
    apart.steps_to("settling")

    takes_back(apart, apart.judge, ruling)

    [(state, code_id, basis, ruling_id)] = current(apart)
    assert (state, code_id, ruling_id) == ("coded", apart.config.id, None)
    assert basis.startswith("unanimous")


def test_what_an_earlier_round_had_settled_is_final_again(apart):
    """A ruling of a later round puts itself in the place of one of an earlier round, and is taken back."""
    table, incident = apart, apart.incident
    table.opens(table.judge)
    first = table.rules(table.judge, table.config)
    later = makers.make_round(table.session, table.lead, [table.ada, table.ben], [incident])
    for coder, code in ((table.ada, table.network), (table.ben, table.human)):
        assignment = makers.assignment_of(table.session, coder, later, incident)
        makers.code_and_submit(table.session, coder, assignment, {table.cause.id: [code]})
    actions.change_phase(table.session, table.lead, later.number, "settling")
    assert current(table) == [("coded", table.config.id, "third_person", first.id)]
    earlier, table.coding_round = table.coding_round, later
    table.opens(table.judge)
    ruling = table.rules(table.judge, table.human)
    assert current(table) == [("coded", table.human.id, "third_person", ruling.id)]

    takes_back(table, table.judge, ruling)

    assert current(table) == [("coded", table.config.id, "third_person", first.id)]
    again = table.session.scalars(select(FinalCode).where(FinalCode.superseded_at.is_(None))).all()
    assert {row.round_id for row in again} == {earlier.id}
