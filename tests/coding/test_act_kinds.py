"""What each kind of act does to a coder's own work."""

import pytest
from sqlalchemy import select

from app.codebook.actions import CodeText, NotOpenToNewCodes, create_code, retire_code
from app.codebook.policy import NoName, NotActive
from app.codebook.queries import visible_codebook
from app.coding.act_kinds import NoMainHere, NoSkipReason
from app.coding.acts import ActRequest, apply_offered
from app.coding.applying import CategoryNotApplied, CodeNotApplied, QuoteDoesNotFit
from app.coding.handing_in import Incomplete, NothingAnswered
from app.coding.models import Act, CodeApplication, Evidence, Flag, Memo, Submission
from app.coding.payload import ActNotUnderstood, ActTooLarge, UnusableCharacters
from app.coding.policy import HandedIn, NothingHandedIn, ReadersDoNotCode
from app.problems import NotFound
from app.rounds.policy import RoundNotRunning
from tests import makers
from tests.coding.conftest import Bench, make_bench


def evidence_at(bench: Bench, words: str) -> dict[str, object]:
    start = makers.TEXT.index(words)
    return {"start": start, "end": start + len(words), "quote": words}


def last_inverse(bench: Bench) -> dict[str, object]:
    return bench.session.scalars(select(Act.inverse).order_by(Act.id.desc())).first() or {}


def test_a_code_pressed_once_is_applied_and_pressed_again_is_gone(bench):
    answer = bench.ada_toggles(bench.cause, bench.config)

    assert answer.state == "draft"
    assert bench.adas_card(bench.cause).state == "coded"
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}

    bench.ada_toggles(bench.cause, bench.config)

    assert bench.adas_card(bench.cause).state == ""
    assert bench.adas_card(bench.cause).applied == []


def test_where_one_code_is_taken_the_former_one_goes_with_its_evidence_into_the_inverse(bench):
    where = {"dimension_id": bench.cause.id, "code_id": bench.config.id}
    bench.ada_does("add_evidence", **where, **evidence_at(bench, "bad config push"))
    bench.ada_toggles(bench.cause, bench.network)

    assert bench.adas_card(bench.cause).applied_ids == {bench.network.id}
    assert bench.session.scalars(select(Evidence)).all() == []
    kept = last_inverse(bench)["codes"][0]
    assert kept["code_id"] == bench.config.id
    assert kept["evidence"][0]["quote"] == "bad config push"


def test_where_many_codes_are_taken_they_stand_side_by_side_and_one_may_be_the_main_one(bench):
    bench.ada_toggles(bench.symptom, bench.slow)
    bench.ada_toggles(bench.symptom, bench.down)
    bench.ada_does("set_main", dimension_id=bench.symptom.id, code_id=bench.down.id)

    card = bench.adas_card(bench.symptom)
    assert card.applied_ids == {bench.slow.id, bench.down.id}
    assert card.main is not None and card.main.code.id == bench.down.id

    bench.ada_does("set_main", dimension_id=bench.symptom.id, code_id=None)
    assert bench.adas_card(bench.symptom).main is None


def test_a_main_code_is_one_that_is_applied_in_a_dimension_that_has_main_codes(bench):
    with pytest.raises(CodeNotApplied):
        bench.ada_does("set_main", dimension_id=bench.symptom.id, code_id=bench.down.id)
    with pytest.raises(NoMainHere):
        bench.ada_does("set_main", dimension_id=bench.cause.id, code_id=bench.config.id)


@pytest.mark.parametrize("state", ["none_applies", "not_enough_information"])
def test_an_answer_without_codes_takes_the_codes_away_and_a_code_takes_it_away_again(bench, state):
    bench.ada_toggles(bench.symptom, bench.slow)
    bench.ada_does("answer", dimension_id=bench.symptom.id, state=state)

    assert bench.adas_card(bench.symptom).state == state
    assert bench.adas_card(bench.symptom).applied == []
    assert [code["code_id"] for code in last_inverse(bench)["codes"]] == [bench.slow.id]

    bench.ada_toggles(bench.symptom, bench.down)
    assert bench.adas_card(bench.symptom).state == "coded"

    bench.ada_does("answer", dimension_id=bench.symptom.id, state="")
    assert not bench.adas_card(bench.symptom).is_answered


def test_an_answer_that_does_not_exist_is_refused(bench):
    with pytest.raises(ActNotUnderstood):
        bench.ada_does("answer", dimension_id=bench.cause.id, state="coded")


def test_a_category_a_retired_code_and_a_code_of_another_dimension_are_not_applied(bench):
    session, lead = bench.session, bench.lead
    category = makers.make_code(session, lead, bench.cause, "Change", is_category=True)
    retire_code(session, lead.study.id, lead.member, bench.network.id, reason="not used")

    with pytest.raises(CategoryNotApplied):
        bench.ada_toggles(bench.cause, category)
    with pytest.raises(NotActive):
        bench.ada_toggles(bench.cause, bench.network)
    with pytest.raises(NotFound):
        bench.ada_toggles(bench.cause, bench.slow)


def test_a_code_retired_after_it_was_applied_can_still_be_taken_away(bench):
    bench.ada_toggles(bench.cause, bench.config)
    retire_code(bench.session, bench.lead.study.id, bench.lead.member, bench.config.id, reason="not used")

    (chip,) = bench.adas_card(bench.cause).applied
    assert chip.is_gone and chip.digit == ""

    bench.ada_toggles(bench.cause, bench.config)
    assert bench.adas_card(bench.cause).applied == []


def test_a_code_made_in_place_is_applied_at_once_with_the_words_it_was_named_from(bench):
    spot = evidence_at(bench, "bad config push")
    answer = bench.ada_does(
        "create_code", dimension_id=bench.cause.id, name="Bad push", start=spot["start"], end=spot["end"]
    )

    card = bench.adas_card(bench.cause)
    assert card.applied_ids == {answer.code_id}
    assert [quote.quote for quote in card.evidence] == ["bad config push"]
    made = bench.adas_desk().codebook.codes[answer.code_id]
    assert (made.origin, made.created_in_round, made.disclosed) == ("coding", bench.coding_round.id, "")


def test_creating_a_code_that_is_there_applies_it(bench):
    answer = bench.ada_does("create_code", dimension_id=bench.cause.id, name=" configuration ")

    assert answer.code_id == bench.config.id
    bench.ada_does("create_code", dimension_id=bench.cause.id, name="Configuration")
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}


def test_find_or_create_never_finds_what_another_coder_coined_privately(bench):
    bens = makers.act(bench.session, bench.ben, bench.bens, "create_code", dimension_id=bench.cause.id, name="Expired")
    adas = bench.ada_does("create_code", dimension_id=bench.cause.id, name="Expired")

    assert adas.code_id != bens.code_id
    assert bens.code_id not in bench.adas_desk().codebook.codes
    with pytest.raises(NotFound):
        bench.ada_does("toggle_code", dimension_id=bench.cause.id, code_id=bens.code_id)
    with pytest.raises(NotFound):
        bench.ada_does("create_code", dimension_id=bench.cause.id, name="Under it", parent_id=bens.code_id)


def test_where_codes_are_shared_others_find_the_name_and_nothing_more(session):
    bench = make_bench(session, code_sharing="shared")
    words = {"dimension_id": bench.cause.id, "name": "Expired", "definition": "A certificate ran out."}
    bens = makers.act(session, bench.ben, bench.bens, "create_code", **words)

    assert bench.ada_does("create_code", dimension_id=bench.cause.id, name="expired").code_id == bens.code_id
    seen = bench.adas_desk().codebook.codes[bens.code_id]
    assert (seen.name, seen.definition) == ("Expired", "")


def test_a_closed_dimension_takes_no_new_codes_and_a_new_code_needs_a_name(bench):
    closed = makers.make_dimension(bench.session, bench.lead, "Detection", openness="closed")

    with pytest.raises(NotOpenToNewCodes):
        bench.ada_does("create_code", dimension_id=closed.id, name="Alert")
    with pytest.raises(NoName):
        bench.ada_does("create_code", dimension_id=bench.cause.id, name="  ")


def test_under_a_frozen_version_only_its_codes_and_those_of_this_round_are_applied(session):
    bench = make_bench(session, purpose="reliability")
    lead = bench.lead
    words = CodeText("Too late")
    late = create_code(session, lead.study.id, lead.member, bench.cause.id, words, origin="curation")
    retire_code(session, lead.study.id, lead.member, bench.network.id, reason="after the freeze")
    dimension = makers.make_dimension(session, lead, "Too late as well")

    with pytest.raises(NotFound):
        bench.ada_toggles(bench.cause, late)
    with pytest.raises(NotFound):
        bench.ada_does("answer", dimension_id=dimension.id, state="none_applies")
    bench.ada_toggles(bench.cause, bench.network)
    coined = bench.ada_does("create_code", dimension_id=bench.cause.id, name="Coined here")
    assert bench.adas_card(bench.cause).applied_ids == {coined.code_id}
    bench.ada_does("submit", incomplete=True)
    frozen_seq = bench.adas_desk().codebook.codebook_seq
    assert session.scalars(select(Submission.codebook_seq)).one() == frozen_seq
    assert frozen_seq < visible_codebook(session, lead.study.id, lead.member.id).codebook_seq


def test_evidence_is_put_under_a_code_and_taken_away(bench):
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    answer = bench.ada_does("add_evidence", **where, **evidence_at(bench, "returned 502"))
    again = bench.ada_does("add_evidence", **where, **evidence_at(bench, "returned 502"))

    assert again.evidence_id == answer.evidence_id
    assert bench.adas_card(bench.symptom).applied_ids == {bench.down.id}
    bench.ada_does("remove_evidence", evidence_id=answer.evidence_id)
    assert bench.adas_card(bench.symptom).evidence == []
    assert bench.adas_card(bench.symptom).applied_ids == {bench.down.id}
    with pytest.raises(NotFound):
        bench.ada_does("remove_evidence", evidence_id=answer.evidence_id)


def test_evidence_of_another_coder_cannot_be_removed(bench):
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    spot = evidence_at(bench, "returned 502")
    bens = makers.act(bench.session, bench.ben, bench.bens, "add_evidence", **where, **spot)

    with pytest.raises(NotFound):
        bench.ada_does("remove_evidence", evidence_id=bens.evidence_id)


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [(0, 3, "the"), (0, 4_000, "The"), (5, 5, ""), (6, 3, "The"), (24, 27, "😀 f")],
)
def test_promise_4_a_quote_that_the_text_does_not_hold_there_is_no_evidence(bench, start, end, quote):
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    with pytest.raises(QuoteDoesNotFit):
        bench.ada_does("add_evidence", **where, start=start, end=end, quote=quote)

    assert bench.session.scalars(select(Evidence)).all() == []


def test_promise_4_offsets_count_code_points_behind_an_emoji_too(bench):
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    bench.ada_does("add_evidence", **where, **evidence_at(bench, "40 minutes"))

    (kept,) = bench.session.scalars(select(Evidence)).all()
    assert makers.TEXT[kept.start : kept.end] == kept.quote == "40 minutes"


def test_a_memo_is_written_rewritten_and_removed_and_its_author_s_alone(bench):
    bench.ada_does("write_memo", text="Could be the push.")
    bench.ada_does("write_memo", text="It was the push.\r\nSurely.")

    assert bench.adas_desk().memo == "It was the push.\nSurely."
    (memo,) = bench.session.scalars(select(Memo)).all()
    assert (memo.sharing, memo.incident_id) == ("private", bench.adas.incident_id)
    assert last_inverse(bench) == {"memo": "Could be the push.", "sharing": "private"}
    bench.ada_does("write_memo", text="It was the push.", sharing="shared")
    assert memo.sharing == "shared"
    bench.ada_does("write_memo", text=" ")
    assert bench.session.scalars(select(Memo)).all() == []


def test_a_flag_keeps_the_coding_and_is_taken_down_again(bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("flag", note="Two causes?")
    bench.ada_does("flag", note="Three causes?")

    flag = bench.adas_desk().flag
    assert flag is not None and flag.note == "Three causes?"
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}
    bench.ada_does("unflag")
    assert bench.adas_desk().flag is None
    assert len(bench.session.scalars(select(Flag)).all()) == 2


def test_a_skip_says_why_and_stands_until_it_is_taken_back(bench):
    with pytest.raises(NoSkipReason):
        bench.ada_does("skip", reason="  ")
    bench.ada_does("skip", reason="No incident at all")

    assert bench.adas_desk().state_word == "Skipped"
    (submission,) = bench.session.scalars(select(Submission)).all()
    assert (submission.kind, submission.skip_reason) == ("skipped", "No incident at all")
    with pytest.raises(HandedIn):
        bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("take_back")
    assert bench.adas_desk().state_word == "Draft"


def test_what_is_submitted_refuses_acts_until_it_is_taken_back(bench):
    with pytest.raises(NothingHandedIn):
        bench.ada_does("take_back")
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("answer", dimension_id=bench.symptom.id, state="none_applies")
    assert bench.ada_does("submit").state == "submitted"

    with pytest.raises(HandedIn):
        bench.ada_toggles(bench.cause, bench.network)
    with pytest.raises(HandedIn):
        bench.ada_does("submit")
    assert bench.ada_does("take_back").state == "draft"
    bench.ada_toggles(bench.cause, bench.network)
    bench.ada_does("submit")
    assert list(bench.session.scalars(select(Submission.ordinal).order_by(Submission.id))) == [1, 2]


def test_submitting_names_what_is_open_and_takes_a_part_only_when_told(bench):
    with pytest.raises(NothingAnswered):
        bench.ada_does("submit", incomplete=True)
    bench.ada_toggles(bench.cause, bench.config)
    with pytest.raises(Incomplete, match="Symptom") as problem:
        bench.ada_does("submit")

    assert problem.value.open_dimensions == ["Symptom"]
    assert bench.ada_does("submit", incomplete=True).state == "submitted"


def test_nothing_is_coded_outside_a_running_round_or_by_a_reader(bench):
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    with pytest.raises(RoundNotRunning):
        bench.ada_toggles(bench.cause, bench.config)
    assert not bench.adas_desk().may_change


def test_a_member_who_became_a_reader_does_not_code(bench):
    bench.ada.member.role = "reader"
    with pytest.raises(ReadersDoNotCode):
        bench.ada_toggles(bench.cause, bench.config)


def test_a_planned_round_is_not_found(session):
    bench = make_bench(session, phase="planned")
    with pytest.raises(NotFound):
        bench.ada_toggles(bench.cause, bench.config)


@pytest.mark.parametrize("payload", [{}, {"dimension_id": "x"}, {"dimension_id": True}, {"dimension_id": 2**70}])
def test_an_act_that_cannot_be_read_is_refused(bench, payload):
    with pytest.raises(ActNotUnderstood):
        bench.ada_does("toggle_code", **payload)


def test_an_act_of_no_known_kind_is_refused_and_so_is_the_one_kept_for_suggestions(bench):
    for kind in ("dance", "apply_offered"):
        with pytest.raises(ActNotUnderstood):
            bench.ada_does(kind)


def test_text_that_the_database_cannot_hold_is_refused(bench):
    for text in ("a\0b", "\ud800"):
        with pytest.raises(UnusableCharacters):
            bench.ada_does("write_memo", text=text)
    with pytest.raises(ActTooLarge):
        bench.ada_does("write_memo", text="a" * 300_000)
    bench.ada_does("write_memo", text="a literal \\u0000 is only text")


def offer(bench: Bench, **payload: object) -> ActRequest:
    return makers.next_request(bench.session, bench.adas, "", **payload)


def test_what_was_offered_is_applied_with_its_origin_and_evidence(bench):
    request = offer(
        bench,
        dimension_id=bench.symptom.id,
        code_id=bench.down.id,
        origin="accepted",
        evidence=[evidence_at(bench, "returned 502"), evidence_at(bench, "40 minutes")],
    )
    answer = apply_offered(bench.session, bench.ada, bench.adas.id, request)

    (chip,) = bench.adas_card(bench.symptom).applied
    assert (chip.code_application_id, chip.origin) == (answer.code_application_id, "accepted")
    assert [quote.quote for quote in chip.evidence] == ["returned 502", "40 minutes"]
    assert apply_offered(bench.session, bench.ada, bench.adas.id, request).repeated


def test_a_new_code_that_was_offered_is_coined_by_its_coder(bench):
    new = {"name": "Flapping", "definition": "Up and down."}
    request = offer(bench, dimension_id=bench.symptom.id, new_code=new, origin="revised", evidence=[])
    answer = apply_offered(bench.session, bench.ada, bench.adas.id, request)

    code = bench.adas_desk().codebook.codes[answer.code_id]
    assert (code.name, code.origin, code.created_by) == ("Flapping", "suggestion", bench.ada.member.id)
    assert bench.session.scalars(select(CodeApplication.origin)).one() == "revised"


def test_promise_4_an_offered_quote_that_the_text_does_not_hold_is_refused(bench):
    spot = {"start": 0, "end": 3, "quote": "not"}
    request = offer(bench, dimension_id=bench.symptom.id, code_id=bench.down.id, origin="accepted", evidence=[spot])
    with pytest.raises(QuoteDoesNotFit):
        apply_offered(bench.session, bench.ada, bench.adas.id, request)


def test_an_offer_holds_one_thing_and_says_whether_it_was_changed(bench):
    both = {"code_id": bench.down.id, "new_code": {"name": "x"}, "origin": "accepted"}
    for payload in (both, {"code_id": bench.down.id, "origin": "own"}, {"origin": "accepted"}):
        with pytest.raises(ActNotUnderstood):
            apply_offered(
                bench.session, bench.ada, bench.adas.id, offer(bench, dimension_id=bench.symptom.id, **payload)
            )


def test_a_code_that_was_the_coder_s_own_before_stays_their_own(bench):
    bench.ada_toggles(bench.symptom, bench.down)
    request = offer(bench, dimension_id=bench.symptom.id, code_id=bench.down.id, origin="accepted", evidence=[])
    apply_offered(bench.session, bench.ada, bench.adas.id, request)

    assert bench.session.scalars(select(CodeApplication.origin)).one() == "own"
