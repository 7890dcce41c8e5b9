"""Moving quotes to another code: final codes follow, what was submitted stays, and it can be taken back."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.adjudication import actions as adjudication
from app.adjudication.walk import outcomes
from app.codebook.actions import retire_code
from app.codebook.policy import NameTaken
from app.codebook.queries import whole_codebook
from app.coding.models import Exposure, Submission
from app.curation import recoding
from app.curation import recoding_policy as policy
from app.curation.move_page import move_page
from app.curation.recoding_models import RecodedQuote, Recoding
from app.export.queries import study_data
from app.findings.history import history, lines
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers
from tests.curation.comparing import Quotes, make_quotes


@pytest.fixture
def quotes(session) -> Quotes:
    """Settling, and everything opened by the lead and the adjudicator."""
    made = make_quotes(session)
    made.table.steps_to("settling")
    for viewer in (made.table.lead, made.table.judge):
        made.opens(viewer, *(code for code in made.codes() if code.dimension_id == made.table.cause.id))
        made.opens(viewer, made.table.slow, made.table.down)
    return made


def address(quotes: Quotes, code, *more: str) -> str:
    return "/".join((f"/studies/{quotes.table.lead.study.slug}/codebook/codes/{code.id}", *more))


def test_promise_8_the_final_code_becomes_the_new_one_and_what_was_submitted_stays(quotes: Quotes):
    table = quotes.table
    before = quotes.submitted()
    assert quotes.final(table.cause) == {("Configuration", False, "unanimous")}

    made = quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=0), table.human)

    assert quotes.final(table.cause) == {("Human procedure", False, "recoded")}
    assert quotes.submitted() == before
    assert quotes.ids(table.lead, table.config, at=0) == []
    cards = quotes.page(table.lead, table.human).main.cards
    assert [(card.submitted_as, card.mover.id) for card in cards] == [("Configuration", table.lead.member.id)] * 3
    assert quotes.final(table.cause, at=2) == {("Network", False, "unanimous")}
    said = (made.from_code_id, made.to_code_id, made.dimension_id, made.member_id, made.reason)
    assert said == (
        table.config.id,
        table.human.id,
        table.cause.id,
        table.lead.member.id,
        "They tell of another cause.",
    )
    event = quotes.session.scalars(select(StudyEvent).where(StudyEvent.kind == "recoding.made")).one()
    assert (event.subject_id, event.veiled_by_round_id) == (table.config.id, table.coding_round.id)


def test_where_nothing_is_final_yet_the_quotes_move_and_nothing_becomes_final(quotes: Quotes):
    table = quotes.table
    shown = move_page(quotes.session, table.lead, table.config.id, quotes.ids(table.lead, table.config, at=1), None)
    assert [(each.final, each.bears, each.is_hidden) for each in shown.incidents] == [((), False, False)]
    quotes.moves(table.lead, table.config, shown.evidence_ids, table.human)
    assert quotes.final(table.cause, at=1) == set()
    assert len(quotes.page(table.lead, table.human).main.cards) == 1


def test_a_final_answer_that_was_settled_otherwise_stays(quotes: Quotes):
    table = quotes.table
    quotes.opens(table.judge, table.network)
    place = (quotes.session, table.judge, table.coding_round, quotes.incident(1).id, table.cause.id)
    adjudication.open_answers(*place)
    words = adjudication.RulingWords("coded", "slip", "The text says so.", code_ids=[table.network.id])
    adjudication.rule(*place, words)
    with pytest.raises(policy.SettledMeanwhile):  # the lead has not seen the ruling's final code
        quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=1), table.human)
    quotes.opens(table.lead, table.config)
    quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=1), table.human)
    assert quotes.final(table.cause, at=1) == {("Network", False, "third_person")}


def test_of_many_codes_the_others_stay_and_the_main_mark_goes_along(quotes: Quotes):
    table = quotes.table
    assert quotes.final(table.symptom) == {("Slow answers", True, "unanimous"), ("Outage", False, "unanimous")}
    errors = makers.make_code(quotes.session, table.lead, table.symptom, "Errors")
    quotes.moves(table.lead, table.slow, quotes.ids(table.lead, table.slow), errors)
    rows = quotes.final(table.symptom)
    assert {(main, basis) for _, main, basis in rows} == {(True, "recoded"), (False, "recoded")}
    assert ("Outage", False, "recoded") in rows and ("Slow answers", True, "recoded") not in rows


def test_where_other_quotes_of_the_code_stay_the_code_stays_beside_the_new_one(quotes: Quotes):
    table = quotes.table
    rolled = [
        card.quote.evidence_id
        for card in quotes.page(table.lead, table.slow).main.cards
        if card.words.quote == "rolled the"
    ]
    one = move_page(quotes.session, table.lead, table.slow.id, rolled, None).incidents[0]
    assert (one.others, one.keeps, one.bears) == (2, True, True)
    every = move_page(quotes.session, table.lead, table.slow.id, quotes.ids(table.lead, table.slow), None)
    assert (every.incidents[0].others, every.incidents[0].keeps) == (0, False)

    errors = makers.make_code(quotes.session, table.lead, table.symptom, "Errors")
    made = quotes.moves(table.lead, table.slow, rolled, errors, keeps_on=[quotes.incident(0).id])

    rows = quotes.final(table.symptom)
    assert len(rows) == 3 and ("Slow answers", True, "recoded") in rows
    assert made.to_code_id == errors.id


def test_moved_to_a_code_that_the_answer_bears_already_it_is_there_once(quotes: Quotes):
    table = quotes.table
    quotes.moves(table.lead, table.slow, quotes.ids(table.lead, table.slow), table.down)
    assert quotes.final(table.symptom) == {("Outage", True, "recoded")}


def test_a_new_code_is_made_beside_the_old_one_with_the_reason(quotes: Quotes):
    table = quotes.table
    ids = quotes.ids(table.lead, table.config)
    made = quotes.moves(table.lead, table.config, ids, None, name="Rollout", definition="Wrong from the start.")
    code = whole_codebook(quotes.session, table.lead.study.id).codes[made.to_code_id]
    assert (code.name, code.definition, code.parent_id, code.origin) == (
        "Rollout", "Wrong from the start.", table.config.parent_id, "curation",
    )  # fmt: skip


def test_taken_back_the_quotes_and_the_final_codes_are_as_they_were(quotes: Quotes):
    table = quotes.table
    before, submitted = quotes.final(table.symptom), quotes.submitted()
    ids = quotes.ids(table.lead, table.slow)
    made = quotes.moves(table.lead, table.slow, ids, table.down)
    quotes.session.expire_all()
    recoding.take_back(quotes.session, table.lead, made.id, "They were right.")
    assert quotes.final(table.symptom) == before and quotes.submitted() == submitted
    assert quotes.ids(table.lead, table.slow) == ids
    told = quotes.page(table.lead, table.slow).recodings
    assert [(each.quotes, each.taken_back.reason) for each in told] == [(4, "They were right.")]
    with pytest.raises(policy.TakenBack):
        recoding.take_back(quotes.session, table.lead, made.id, "Again.")


def test_of_two_recodings_the_later_one_is_taken_back_first(quotes: Quotes):
    table = quotes.table
    before = quotes.final(table.cause)
    ids = quotes.ids(table.lead, table.config, at=0)
    first = quotes.moves(table.lead, table.config, ids, table.human)
    second = quotes.moves(table.lead, table.human, ids, table.network)
    assert quotes.final(table.cause) == {("Network", False, "recoded")}
    with pytest.raises(policy.ChangedSince):
        recoding.take_back(quotes.session, table.lead, first.id, "No.")
    recoding.take_back(quotes.session, table.lead, second.id, "No.")
    assert quotes.final(table.cause) == {("Human procedure", False, "recoded")}
    recoding.take_back(quotes.session, table.lead, first.id, "No.")
    assert quotes.final(table.cause) == before and quotes.ids(table.lead, table.config, at=0) == ids


def test_what_was_settled_since_is_not_undone_behind_its_back(quotes: Quotes):
    table = quotes.table
    made = quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=0), table.human)
    later = makers.make_round(
        quotes.session, table.lead, [table.ada], table.incidents[:1], coders_per_incident=1, purpose="recoding"
    )
    quotes.quotes(table.ada, table.network, (4, 11), coding_round=later)
    quotes.hands_in(table.ada, coding_round=later)
    adjudication.change_phase(quotes.session, table.lead, later.number, "settling")
    assert quotes.final(table.cause) == {("Network", False, "single_coder")}, "the later round stands (ADR 8)"
    with pytest.raises(policy.ChangedSince):
        recoding.take_back(quotes.session, table.lead, made.id, "No.")


def test_settling_again_a_recoded_answer_stays_as_a_ruling_does(quotes: Quotes):
    table = quotes.table
    quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=0), table.human)
    table.steps_to("running", reason="One was forgotten.")
    table.steps_to("settling")
    assert quotes.final(table.cause) == {("Human procedure", False, "recoded")}
    assert quotes.final(table.cause, at=2) == {("Network", False, "unanimous")}


def test_promise_1_while_its_round_is_reopened_a_recoding_is_hidden_and_stays(quotes: Quotes):
    table = quotes.table
    ids = quotes.ids(table.lead, table.config, at=0)
    made = quotes.moves(table.lead, table.config, ids, table.human)
    table.steps_to("running", reason="One was forgotten.")
    assert quotes.page(table.lead, table.human).recodings == ()
    assert [card.quote.move for card in quotes.page(table.ada, table.config).main.cards] == [None] * 3
    assert quotes.page(table.reader, table.config).hidden == 0, "not even how many were moved"
    with pytest.raises(NotFound):
        recoding.take_back(quotes.session, table.lead, made.id, "No.")
    with pytest.raises(policy.MovedMeanwhile):
        quotes.moves(table.lead, table.config, ids, table.human)
    told = lines(quotes.session, table.ada, history(quotes.session, table.ada, limit=50))
    assert not any("quotes of" in line.words and line.who != "You" for line in told if "moved" in line.words)


def test_promise_1_a_recoding_counts_no_quotes_of_what_its_reader_codes_just_now(quotes: Quotes):
    table = quotes.table
    quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config), table.human)
    quotes.opens(table.judge, table.config)
    told = [each.quotes for each in quotes.page(table.judge, table.human).recodings]
    assert told == [4]

    makers.make_round(
        quotes.session, table.lead, [table.judge], table.incidents[:1], coders_per_incident=1, purpose="recoding"
    )
    assert [each.quotes for each in quotes.page(table.judge, table.human).recodings] == [1]
    makers.make_round(
        quotes.session, table.lead, [table.judge], table.incidents[1:2], coders_per_incident=1, purpose="recoding"
    )
    assert quotes.page(table.judge, table.human).recodings == ()
    assert [each.quotes for each in quotes.page(table.lead, table.human).recodings] == [4]


def test_promise_1_nothing_is_moved_to_a_code_that_is_its_authors_alone(quotes: Quotes):
    table = quotes.table
    blind = makers.make_round(
        quotes.session, table.lead, [table.lead], table.incidents[2:], coders_per_incident=1, code_sharing="private"
    )
    own = makers.assignment_of(quotes.session, table.lead, blind, quotes.incident(2))
    made = makers.act(
        quotes.session, table.lead, own, "create_code", dimension_id=table.cause.id, name="Only mine"
    ).code_id
    ids = quotes.ids(table.lead, table.config, at=0)
    shown = move_page(quotes.session, table.lead, table.config.id, ids, None)
    assert made not in {code.id for code in shown.targets} and table.human.id in {code.id for code in shown.targets}
    with pytest.raises(policy.NotThere):
        words = recoding.MoveWords(ids, "So.", to_id=made, seen_final_ids=shown.seen_final_ids)
        recoding.move_quotes(quotes.session, table.lead, table.config.id, words)


def test_promise_3_a_recoding_is_told_once_it_was_opened(quotes: Quotes, client_for):
    table = quotes.table
    quotes.opens(table.ben, table.config)
    quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=0), table.human)
    client = client_for(table.ben)
    for code in (table.config, table.human):
        shown = client.get(address(quotes, code, "quotes")).text
        assert "They tell of another cause." not in shown and "Show the quotes" in shown
    client.post(address(quotes, table.config, "quotes", "openings"))
    assert "They tell of another cause." in client.get(address(quotes, table.human, "quotes")).text
    told = select(Exposure.incident_id).where(Exposure.kind == "recoding", Exposure.member_id == table.ben.member.id)
    assert quotes.session.scalars(told).all() == [quotes.incident(0).id]


def test_promise_3_who_knows_of_a_recoding_hands_in_what_is_not_independent(quotes: Quotes):
    table = quotes.table
    outside = makers.make_coders(quotes.session, table.lead, 1)[0]
    quotes.opens(outside, table.config)
    later = makers.make_round(
        quotes.session, table.lead, [outside], table.incidents[:1], coders_per_incident=1, purpose="recoding"
    )
    quotes.quotes(outside, table.config, coding_round=later)
    quotes.hands_in(outside, coding_round=later)
    handed_in = select(Submission.independent).where(Submission.member_id == outside.member.id)
    assert quotes.session.scalars(handed_in).all() == [False]


def test_promise_6_what_somebody_moved_or_settled_meanwhile_is_not_moved_unseen(quotes: Quotes):
    table = quotes.table
    ids = quotes.ids(table.lead, table.config, at=0)
    seen = move_page(quotes.session, table.lead, table.config.id, ids, None).seen_final_ids
    quotes.moves(table.judge, table.config, ids[:1], table.human)
    with pytest.raises(policy.MovedMeanwhile):
        quotes.moves(table.lead, table.config, ids, table.human, seen_final_ids=seen)
    with pytest.raises(policy.SettledMeanwhile):
        quotes.moves(table.lead, table.config, ids[1:], table.human, seen_final_ids=seen)
    assert quotes.session.scalars(select(RecodedQuote.submitted_evidence_id)).all() == ids[:1]


def test_promise_6_what_was_typed_outlives_that_somebody_moved_or_settled_meanwhile(quotes: Quotes, client_for):
    table = quotes.table
    ids, client = quotes.ids(table.lead, table.config, at=0), client_for(table.lead)
    seen = list(move_page(quotes.session, table.lead, table.config.id, ids, None).seen_final_ids)
    quotes.moves(table.judge, table.config, ids[:1], table.network)
    quotes.opens(table.lead, table.config)
    fields = {"quote": ids, "seen_final_ids": seen, "to_id": table.human.id, "reason": "I typed this."}

    refused = client.post(address(quotes, table.config, "recodings"), data=fields)

    assert refused.status_code == 409 and "Somebody moved one of these quotes" in refused.text
    assert 'value="I typed this."' in refused.text and "Move 2 quotes" in refused.text
    sent = dict.fromkeys(re.findall(r'name="(quote|seen_final_ids)" value="(\d+)"', refused.text))
    now = {name: [value for key, value in sent if key == name] for name in ("quote", "seen_final_ids")}
    assert now["quote"] == [str(each) for each in ids[1:]] and now["seen_final_ids"] != [str(each) for each in seen]
    assert client.post(address(quotes, table.config, "recodings"), data=fields | now).status_code == 303


def test_what_the_page_was_narrowed_to_comes_back_after_the_move(quotes: Quotes, client_for):
    table = quotes.table
    client, ids = client_for(table.lead), quotes.ids(table.lead, table.config, at=0)
    asked = f"round=1&coder={table.ada.member.id}&beside={table.human.id}"
    none = client.get(address(quotes, table.config, "quotes", f"chosen?{asked}"))
    assert none.status_code == 422 and none.text.count('class="quote-card"') == 3, "those of the coder, as before"
    chosen = client.get(address(quotes, table.config, "quotes", f"chosen?{asked}&quote={ids[0]}")).text
    kept = dict(re.findall(r'type="hidden" name="(round|coder|beside|seen_final_ids)" value="(\d+)"', chosen))
    assert kept.keys() == {"round", "coder", "beside", "seen_final_ids"}
    fields = kept | {"quote": ids[:1], "to_id": table.human.id, "reason": "So."}
    done = client.post(address(quotes, table.config, "recodings"), data=fields)
    assert done.headers["location"] == address(quotes, table.config, f"quotes?{asked}")


@pytest.mark.parametrize("who", ["reader", "ada", "ben"])
def test_coders_and_readers_look_and_do_not_move(quotes: Quotes, client_for, who):
    table = quotes.table
    viewer, ids = getattr(table, who), quotes.ids(table.lead, table.config)
    client = client_for(viewer)
    assert "Move the chosen" not in client.get(address(quotes, table.config, "quotes")).text
    assert client.get(address(quotes, table.config, "quotes", f"chosen?quote={ids[0]}")).status_code == 403
    fields = {"quote": ids, "to_id": table.human.id, "reason": "So."}
    assert client.post(address(quotes, table.config, "recodings"), data=fields).status_code == 403
    assert quotes.session.scalars(select(Recoding.id)).all() == []


def test_the_form_says_what_is_missing_and_keeps_what_was_typed(quotes: Quotes, client_for):
    table = quotes.table
    client, ids = client_for(table.lead), quotes.ids(table.lead, table.config, at=0)
    page = client.get(address(quotes, table.config, "quotes", f"chosen?quote={ids[0]}&quote={ids[1]}"))
    assert page.status_code == 200 and "Move 2 quotes" in page.text
    none = client.get(address(quotes, table.config, "quotes", "chosen"))
    assert none.status_code == 422 and "Choose at least one quote" in none.text
    seen = list(move_page(quotes.session, table.lead, table.config.id, ids, None).seen_final_ids)
    fields = {"quote": ids, "seen_final_ids": seen}
    here = address(quotes, table.config, "recodings")
    for more, sentence in (
        ({"to_id": table.human.id}, "Say why, in a sentence."),
        ({"reason": "So it is.", "to_id": ""}, "Choose the code that they are moved to."),
        ({"reason": "So it is.", "to_id": table.slow.id}, "a code of the same dimension"),
        ({"reason": "So it is.", "to_id": table.config.id}, "They stand under this code already."),
        ({"reason": "So it is.", "name": "Network"}, NameTaken().sentence),
    ):
        refused = client.post(here, data=fields | more)
        assert refused.status_code == 422 and sentence in refused.text, more
        assert "reason" not in more or 'value="So it is."' in refused.text
    assert client.post(here, data={"reason": "x", "to_id": table.human.id}).status_code == 422
    assert quotes.session.scalars(select(Recoding.id)).all() == []
    retire_code(quotes.session, table.lead.study.id, table.lead.member, table.network.id, reason="no use")
    assert client.post(here, data=fields | {"reason": "x", "to_id": table.network.id}).status_code == 422

    done = client.post(here, data=fields | {"reason": "So it is.", "to_id": table.human.id, "form_key": "k"})
    again = client.post(here, data=fields | {"reason": "So it is.", "to_id": table.human.id, "form_key": "k"})
    assert (done.status_code, again.status_code) == (303, 303)
    made = quotes.session.scalars(select(Recoding.id)).one()
    back = f"/studies/{table.lead.study.slug}/codebook/recodings/{made}/return"
    refused = client.post(back, data={"reason": " "})
    assert refused.status_code == 422 and "Say why" in refused.text
    assert client.post(back, data={"reason": "They were right."}).status_code == 303
    assert quotes.final(table.cause) == {("Configuration", False, "unanimous")}


def test_somebody_elses_study_has_no_such_quotes(quotes: Quotes):
    table = quotes.table
    stranger = makers.make_study(quotes.session)
    dimension = makers.make_dimension(quotes.session, stranger)
    code = makers.make_code(quotes.session, stranger, dimension)
    ids = quotes.ids(table.lead, table.config)
    with pytest.raises(policy.MovedMeanwhile):
        recoding.move_quotes(quotes.session, stranger, code.id, recoding.MoveWords(ids, "So.", name="New"))


def test_the_data_set_holds_what_was_recoded_in_its_round(quotes: Quotes):
    table = quotes.table
    quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=0), table.human)
    data = study_data(quotes.session, table.lead.study, [table.coding_round])
    final = data.rounds[0].final[quotes.incident(0).id, table.cause.id]
    assert (final.basis, [row.code_id for row in final.codes]) == ("recoded", [table.human.id])


def test_a_coder_finds_among_the_outcomes_what_their_answer_became(quotes: Quotes):
    table = quotes.table
    quotes.moves(table.lead, table.config, quotes.ids(table.lead, table.config, at=0), table.human)
    table.steps_to("closed", reason="Enough.")
    found = {each.key: each for each in outcomes(quotes.session, table.ada, table.coding_round)}
    outcome = found[quotes.incident(0).id, table.cause.id]
    assert outcome.final.code_ids == (table.human.id,) and outcome.final_basis == "recoded"
    assert not outcome.is_open and outcome.is_changed_later


choices = st.lists(st.tuples(st.integers(1, 6), st.booleans()), unique_by=lambda each: each[0], max_size=5)


@given(choices, st.sets(st.integers(1, 6), max_size=3), st.integers(1, 6), st.booleans(), st.integers())
def test_a_recoded_answer_loses_nothing_but_what_was_moved(answer, bearing, target, keeps, seed):
    bearing = bearing - {target}
    after = policy.recoded_answer(answer, bearing, target, keeps=keeps)
    before = {code for code, _ in answer}
    if not before & bearing:
        assert after is None
        return
    codes = {code for code, _ in after if after} if after else before
    assert target in codes and before - bearing <= codes
    assert codes == (before | {target} if keeps else (before - bearing) | {target})
    if after:
        assert len(after) == len(codes) and sum(main for _, main in after) <= sum(main for _, main in answer)
    shuffled = Random(seed).sample(answer, len(answer))
    other = policy.recoded_answer(shuffled, bearing, target, keeps=keeps)
    assert (dict(other) if other else None) == (dict(after) if after else None)
