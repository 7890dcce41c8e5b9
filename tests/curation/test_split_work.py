"""What a split left, worked through one incident after the other until nothing is left."""

import re

import pytest
from sqlalchemy import select

from app.codebook import splitting
from app.codebook.actions import CodeText
from app.codebook.queries import whole_codebook
from app.codebook.tree import CodeEntry
from app.codebook.undo_policy import StandsLater
from app.coding.models import Exposure
from app.curation import recoding
from app.curation import recoding_policy as policy
from app.curation.recoding_models import Recoding
from app.curation.split_actions import Settling, open_split, settle_split
from app.curation.split_page import SplitPage, split_page
from app.curation.split_work import standing_parts
from app.curation.undoing import undo_act
from app.studies.models import StudyEvent
from tests import makers
from tests.curation.comparing import Quotes, make_quotes


@pytest.fixture
def quotes(session) -> Quotes:
    """Settling: of Configuration INC-1 is final with three quotes, INC-2 waits for a ruling and has one quote."""
    made = make_quotes(session)
    made.table.steps_to("settling")
    return made


def splits(quotes: Quotes, code: CodeEntry, *names: str) -> list[CodeEntry]:
    lead = quotes.table.lead
    parts = [CodeText(name, f"What {name} is.") for name in names]
    return splitting.split_code(quotes.session, lead.study.id, lead.member, code.id, parts, reason="two things")


def page_of(quotes: Quotes, code: CodeEntry, *, at: int | None = None, viewer=None) -> SplitPage:
    quotes.session.flush()
    wanted = None if at is None else quotes.incident(at).id
    return split_page(quotes.session, viewer or quotes.table.lead, code.id, wanted)


def settles(quotes: Quotes, code: CodeEntry, to: CodeEntry, *, at: int = 0, viewer=None, **more) -> Recoding:
    case = page_of(quotes, code, at=at, viewer=viewer).case
    assert case is not None and case.incident.id == quotes.incident(at).id
    said = {
        "incident_id": case.incident.id,
        "to_id": to.id,
        "evidence_ids": [card.quote.evidence_id for card in case.cards],
        "reason": "It says so.",
        "seen_final_ids": case.seen_final_ids,
    }
    return settle_split(quotes.session, viewer or quotes.table.lead, code.id, Settling(**(said | more)))


def lines(shown: SplitPage) -> list[tuple[str, bool, bool]]:
    return [(line.incident.label, line.bears, line.is_here) for line in shown.lines]


def test_promise_8_each_incident_is_put_under_a_part_until_nothing_is_left(quotes: Quotes):
    table = quotes.table
    rollout, value = splits(quotes, table.config, "Rollout", "Wrong value")
    before = quotes.submitted()
    open_split(quotes.session, table.lead, table.config.id)

    shown = page_of(quotes, table.config)
    assert [part.name for _, part in shown.keyed_parts] == ["Rollout", "Wrong value"]
    assert lines(shown) == [("INC-1", True, True), ("INC-2", False, False)]
    assert (shown.left, shown.quoted, shown.hidden, shown.settled, shown.waiting) == (2, 1, 0, 0, 0)
    assert (len(shown.case.cards), shown.case.final, shown.previous_id) == (3, ("Configuration",), None)
    assert {card.submitted_as for card in shown.case.cards} == {""}  # it was not merged into anything
    assert shown.next_id == quotes.incident(1).id

    settles(quotes, table.config, rollout)
    shown = page_of(quotes, table.config)
    assert lines(shown) == [("INC-2", False, True)] and (shown.left, shown.settled) == (1, 1)
    assert shown.reason == "It says so."

    settles(quotes, table.config, value, at=1)
    shown = page_of(quotes, table.config)
    assert (shown.left, shown.settled, shown.case) == (0, 2, None)
    assert [card.quote.incident.label for card in quotes.page(table.lead, rollout).main.cards] == ["INC-1"] * 3
    assert quotes.submitted() == before


def test_the_final_code_follows_the_part(quotes: Quotes):
    table = quotes.table
    rollout, _ = splits(quotes, table.config, "Rollout", "Wrong value")
    open_split(quotes.session, table.lead, table.config.id)
    settles(quotes, table.config, rollout)
    rows = recoding.current_answers(quotes.session, table.lead.study.id, table.cause.id, [quotes.incident(0).id])
    assert [(row.code_id, row.basis) for row in rows[quotes.incident(0).id]] == [(rollout.id, "recoded")]


def test_a_final_code_without_a_quote_is_settled_taken_back_and_in_the_log(session):
    quotes = make_quotes(session, incidents=5)
    table = quotes.table
    for coder, code in ((table.ada, table.config), (table.ben, table.config)):
        quotes.quotes(coder, code, at=3)
        quotes.hands_in(coder, at=3)
    for coder, code in ((table.ada, table.config), (table.ben, table.network)):
        quotes.quotes(coder, code, at=4)
        quotes.hands_in(coder, at=4)
    table.steps_to("settling")
    rollout, _ = splits(quotes, table.config, "Rollout", "Wrong value")
    open_split(session, table.lead, table.config.id)
    shown = page_of(quotes, table.config)
    assert [line.incident.label for line in shown.lines] == ["INC-1", "INC-4", "INC-2"]
    assert shown.waiting == 1  # INC-5: only a ruling can decide

    made = settles(quotes, table.config, rollout, at=3)

    shown = page_of(quotes, table.config)
    assert [line.incident.label for line in shown.lines] == ["INC-1", "INC-2"]
    told = shown.recodings[0]
    assert (told.quotes, [each.label for each in told.incidents]) == (0, ["INC-4"])
    events = select(StudyEvent.veiled_by_round_id).where(StudyEvent.kind == "recoding.made")
    assert session.scalars(events).all() == [table.coding_round.id]

    recoding.take_back(session, table.lead, made.id, "It does not.")
    shown = page_of(quotes, table.config)
    assert [line.incident.label for line in shown.lines] == ["INC-1", "INC-4", "INC-2"] and shown.settled == 0


def test_of_many_codes_two_parts_may_apply(quotes: Quotes):
    table = quotes.table
    first, second = splits(quotes, table.slow, "Slow start", "Slow answer")
    open_split(quotes.session, table.lead, table.slow.id)
    cards = page_of(quotes, table.slow).case.cards
    some = [card.quote.evidence_id for card in cards][:1]
    settles(quotes, table.slow, first, evidence_ids=some, keeps=True)
    shown = page_of(quotes, table.slow)
    assert lines(shown) == [("INC-1", True, True)] and len(shown.case.cards) == len(cards) - 1
    settles(quotes, table.slow, second)
    assert page_of(quotes, table.slow).left == 0
    rows = recoding.current_answers(quotes.session, table.lead.study.id, table.symptom.id, [quotes.incident(0).id])
    borne = {row.code_id for row in rows[quotes.incident(0).id]}
    assert {first.id, second.id} <= borne and table.slow.id not in borne


def test_promise_3_nothing_is_shown_before_it_was_opened_and_the_opening_is_on_record(quotes: Quotes, client_for):
    table, session = quotes.table, quotes.session
    rollout, _ = splits(quotes, table.config, "Rollout", "Wrong value")
    session.flush()
    client = client_for(table.judge)
    at = f"/studies/{table.lead.study.slug}/codebook/codes/{table.config.id}/unresolved"
    closed = client.get(at).text
    assert "2 incidents left" in closed and "2 incidents not opened yet" in closed
    assert "INC-1" not in closed and makers.TEXT[4:11] not in closed and "Final:" not in closed

    assert client.post(f"{at}/openings").status_code == 303
    session.expire_all()
    kinds = set(session.scalars(select(Exposure.kind).where(Exposure.member_id == table.judge.member.id)))
    assert kinds == {"colleague_code", "final_code"}
    assert "INC-1" in client.get(at).text

    open_split(session, table.lead, table.config.id)
    settles(quotes, table.config, rollout)
    session.flush()
    again = client.get(at).text  # another's settling is told once it is opened
    assert "1 incident not opened yet" in again and "It says so." not in again
    client.post(f"{at}/openings")
    assert "It says so." in client.get(at).text


def test_promise_1_what_the_viewer_codes_just_now_is_neither_shown_nor_counted(quotes: Quotes):
    table, session = quotes.table, quotes.session
    _, value = splits(quotes, table.config, "Rollout", "Wrong value")
    open_split(session, table.lead, table.config.id)
    settles(quotes, table.config, value, at=1)
    assert page_of(quotes, table.config).settled == 1
    coded = [quotes.incident(0), quotes.incident(1)]
    makers.make_round(session, table.lead, [table.lead, table.ada], coded, purpose="recoding")
    shown = page_of(quotes, table.config)
    assert lines(shown) == [] and (shown.left, shown.hidden, shown.settled, shown.waiting) == (0, 0, 0, 0)
    words = Settling(quotes.incident(0).id, table.human.id, [], "why")
    with pytest.raises(policy.MovedMeanwhile):
        settle_split(session, table.lead, table.config.id, words)


def test_promise_1_while_the_round_is_reopened_nothing_of_it_is_left_or_told(quotes: Quotes):
    table = quotes.table
    rollout, _ = splits(quotes, table.config, "Rollout", "Wrong value")
    open_split(quotes.session, table.lead, table.config.id)
    settles(quotes, table.config, rollout)
    table.steps_to("running", reason="one was forgotten")
    shown = page_of(quotes, table.config, viewer=table.judge)
    assert (shown.left, shown.hidden, shown.settled, shown.waiting, shown.recodings) == (0, 0, 0, 0, ())


def test_promise_6_what_somebody_settled_meanwhile_is_said_and_nothing_is_done(quotes: Quotes, client_for):
    table, session = quotes.table, quotes.session
    rollout, value = splits(quotes, table.config, "Rollout", "Wrong value")
    for viewer in (table.lead, table.judge):
        open_split(session, viewer, table.config.id)
    seen = page_of(quotes, table.config, viewer=table.judge).case
    settles(quotes, table.config, rollout)
    session.flush()
    at = f"/studies/{table.lead.study.slug}/codebook/codes/{table.config.id}/unresolved"
    posted = {
        "incident_id": str(seen.incident.id), "to_id": str(value.id), "reason": "mine",
        "quote": [str(card.quote.evidence_id) for card in seen.cards],
        "seen_final_ids": [str(key) for key in seen.seen_final_ids],
    }  # fmt: skip
    answer = client_for(table.judge).post(f"{at}/recodings", data=posted)
    assert answer.status_code == 409 and "Somebody moved one of these quotes" in answer.text
    assert len(session.scalars(select(Recoding)).all()) == 1


def test_the_form_goes_on_to_the_next_one_and_says_what_is_missing(quotes: Quotes, client_for):
    table, session = quotes.table, quotes.session
    rollout, _ = splits(quotes, table.config, "Rollout", "Wrong value")
    open_split(session, table.lead, table.config.id)
    session.flush()
    client = client_for(table.lead)
    at = f"/studies/{table.lead.study.slug}/codebook/codes/{table.config.id}/unresolved"
    case = page_of(quotes, table.config).case
    posted = {
        "incident_id": str(case.incident.id), "to_id": str(rollout.id), "reason": " ",
        "quote": [str(card.quote.evidence_id) for card in case.cards[:1]],
        "seen_final_ids": [str(key) for key in case.seen_final_ids],
    }  # fmt: skip
    refused = client.post(f"{at}/recodings", data=posted)
    assert refused.status_code == 422 and "Say why" in refused.text
    assert len(re.findall(r'name="quote" value="\d+" checked', refused.text)) == 1
    none = client.post(f"{at}/recodings", data=posted | {"reason": "It says so.", "to_id": ""})
    assert none.status_code == 422 and "Choose the code that they are moved to." in none.text

    done = client.post(f"{at}/recodings", data=posted | {"reason": "It says so."})
    assert done.headers["location"] == f"{at}?incident={quotes.incident(1).id}"
    assert 'value="It says so."' in client.get(at).text


def test_coders_and_readers_do_not_work_it_and_a_code_that_was_not_split_has_none(quotes: Quotes, client_for):
    table, session = quotes.table, quotes.session
    splits(quotes, table.config, "Rollout", "Wrong value")
    session.flush()
    at = f"/studies/{table.lead.study.slug}/codebook/codes"
    for viewer in (table.ada, table.reader):
        assert client_for(viewer).get(f"{at}/{table.config.id}/unresolved").status_code == 403
        assert client_for(viewer).post(f"{at}/{table.config.id}/unresolved/openings").status_code == 403
    answer = client_for(table.lead).get(f"{at}/{table.network.id}/unresolved")
    assert answer.status_code == 409 and "was not split" in answer.text


def test_parts_that_were_merged_or_split_on_are_followed(quotes: Quotes):
    table, session = quotes.table, quotes.session
    lead = table.lead
    one, two = splits(quotes, table.config, "One", "Two")
    splits(quotes, one, "One a", "One b")
    recoding.codebook_actions.merge_codes(
        session, lead.study.id, lead.member, two.id, table.network.id, reason="the same"
    )
    codebook = whole_codebook(session, lead.study.id)
    names = [each.name for each in standing_parts(codebook, codebook.codes[table.config.id])]
    assert names == ["One a", "One b", "Network"]


def test_a_split_that_was_undone_leaves_nothing_to_settle(quotes: Quotes, client_for):
    table, session = quotes.table, quotes.session
    splits(quotes, table.config, "Rollout", "Wrong value")
    seq = whole_codebook(session, table.lead.study.id).codebook_seq
    undo_act(session, table.lead, seq, reason="a slip")
    with pytest.raises(policy.NotSplit):
        page_of(quotes, table.config)


def test_a_part_that_quotes_were_moved_to_is_not_unmade_behind_their_back(quotes: Quotes):
    table, session = quotes.table, quotes.session
    _, value = splits(quotes, table.config, "Rollout", "Wrong value")
    seq = whole_codebook(session, table.lead.study.id).codebook_seq
    open_split(session, table.lead, table.config.id)
    made = settles(quotes, table.config, value, at=1)  # nothing is final there, so no final code names the part
    with pytest.raises(StandsLater, match="Quotes were moved to “Wrong value”"), session.begin_nested():
        undo_act(session, table.lead, seq, reason="a slip")
    recoding.take_back(session, table.lead, made.id, "a slip")
    undo_act(session, table.lead, seq, reason="a slip")
    assert whole_codebook(session, table.lead.study.id).codes[table.config.id].is_active
