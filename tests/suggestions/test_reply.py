"""Reading what a model replied."""

import json
from typing import Any

from app.llm.openai_model import OpenAIModel
from app.suggestions.prompt import CodeEntry, DimensionEntry, RunPrompt
from app.suggestions.reply import MOST_NAMED, DimensionReply, OfferedCode, Reading, read_reply, repair_question
from tests.support.openai_server import OpenAIServer, Says, strictness_problem

TEXT = "Chat was slow for an hour.\nA bad deploy was rolled back.\nAll is well."
SYMPTOM = DimensionEntry(1, "Symptom", codes=(CodeEntry(12, "High latency"), CodeEntry(7, "Outage")))
CAUSE = DimensionEntry(
    2, "Root cause", takes_many=False, codes=(CodeEntry(20, "Capacity"), CodeEntry(21, "Bad deploy"))
)
IMPACT = DimensionEntry(3, "Impact", is_open=False, codes=(CodeEntry(30, "Users delayed"),))
DIMENSIONS = (SYMPTOM, CAUSE, IMPACT)


def item(**changes: Any) -> dict[str, Any]:
    return {"quotes": [], "reasoning": "It says so.", "codes": [], "new_codes": [], **changes}


def reading(d1: Any = None, d2: Any = None, d3: Any = None) -> Reading:
    said = {"d1": d1 or item(), "d2": d2 or item(), "d3": d3 or item()}
    return read_reply(json.dumps(said), TEXT, DIMENSIONS)


def reply_for(found: Reading, dimension: DimensionEntry) -> DimensionReply:
    return next(reply for reply in found.dimensions if reply.dimension_id == dimension.id)


def test_codes_reasons_and_located_quotes_are_read() -> None:
    quote = {"paragraph": 2, "text": "A bad deploy was rolled back"}
    found = reading(d1=item(codes=["c12"]), d2=item(codes=["c21"], quotes=[quote]))

    assert found.is_whole and found.faults == ()
    assert reply_for(found, SYMPTOM).code_ids == (12,)
    cause = reply_for(found, CAUSE)
    assert cause.reasoning == "It says so."
    located = cause.quotes[0].located
    assert TEXT[located.start : located.end] == "A bad deploy was rolled back"
    assert cause.quotes[0].paragraph_agrees is True


def test_a_quote_under_the_wrong_paragraph_is_told() -> None:
    found = reading(d1=item(quotes=[{"paragraph": 3, "text": "Chat was slow"}]))

    assert reply_for(found, SYMPTOM).quotes[0].paragraph_agrees is False


def test_a_quote_that_stands_twice_is_taken_from_the_paragraph_that_was_named() -> None:
    text = "It was slow.\nThen it was slow."
    said = json.dumps({"d1": item(quotes=[{"paragraph": 2, "text": "was slow"}])})
    quote = reply_for(read_reply(said, text, (SYMPTOM,)), SYMPTOM).quotes[0]

    assert (quote.located.start, quote.paragraph_agrees) == (text.rindex("was slow"), True)


def test_a_quote_that_the_text_does_not_hold_is_marked_and_has_no_place() -> None:
    found = reading(d1=item(codes=["c12"], quotes=[{"paragraph": 1, "text": "The database burned down yesterday"}]))

    quote = reply_for(found, SYMPTOM).quotes[0]
    assert quote.located.start is None and quote.located.end is None
    assert quote.paragraph_agrees is None
    assert quote.text == "The database burned down yesterday"


def test_one_malformed_dimension_costs_no_other() -> None:
    found = reading(d1=item(codes=["c12"]), d2={"codes": {"c20": True}, "quotes": 7})

    assert [reply.dimension_id for reply in found.dimensions] == [1, 3]
    assert [(fault.dimension_id, fault.to_repair) for fault in found.faults] == [(2, True)]


def test_a_missing_dimension_is_told() -> None:
    found = read_reply(json.dumps({"d1": item(), "d3": item()}), TEXT, DIMENSIONS)

    assert [fault.sentence for fault in found.to_repair] == ["d2 is missing."]


def test_a_reply_without_json_or_without_our_keys_is_wholly_unread() -> None:
    for text in ("I am sorry.", '{"word": "yes"}', '{"d1": {"quotes": [], "codes": ["c1'):
        found = read_reply(text, TEXT, DIMENSIONS)
        assert found.dimensions == ()
        assert [fault.dimension_id for fault in found.to_repair] == [None]


def test_an_unknown_code_becomes_a_proposed_new_code() -> None:
    found = reading(d1=item(codes=["c99", "Wrong answers"]))

    assert reply_for(found, SYMPTOM).code_ids == ()
    assert reply_for(found, SYMPTOM).new_codes == (
        OfferedCode("c99", for_unknown_id=True),
        OfferedCode("Wrong answers", for_unknown_id=True),
    )


def test_a_code_by_its_name_or_with_its_name_is_the_code() -> None:
    found = reading(
        d1=item(codes=["high  LATENCY", "C7: Outage", 12], new_codes=[{"name": "Outage", "definition": "x"}])
    )

    assert reply_for(found, SYMPTOM).code_ids == (12, 7)
    assert reply_for(found, SYMPTOM).new_codes == ()


def test_a_code_of_another_dimension_is_left_out() -> None:
    found = reading(d1=item(codes=["c20", "c7"]))

    assert reply_for(found, SYMPTOM).code_ids == (7,)
    assert reply_for(found, SYMPTOM).new_codes == ()
    assert [fault.sentence for fault in found.faults] == ["d1 names c20, a code of d2; left out."]


def test_a_closed_dimension_takes_no_new_code() -> None:
    found = reading(d3=item(codes=["c99", "c30"], new_codes=[{"name": "Money lost", "definition": ""}]))

    assert reply_for(found, IMPACT).code_ids == (30,)
    assert reply_for(found, IMPACT).new_codes == ()
    assert found.is_whole, "a remark is no reason to ask again"


def test_a_dimension_of_one_code_takes_one_at_most_and_a_known_one_first() -> None:
    new = [{"name": "Cosmic rays", "definition": "From the sky."}]
    both = reading(d2=item(codes=["c21", "c20"], new_codes=new))
    only_new = reading(d2=item(new_codes=[*new, {"name": "Gremlins", "definition": ""}]))

    assert reply_for(both, CAUSE).code_ids == (21,) and reply_for(both, CAUSE).new_codes == ()
    assert reply_for(only_new, CAUSE).code_ids == ()
    assert [code.name for code in reply_for(only_new, CAUSE).new_codes] == ["Cosmic rays"]


def test_a_model_that_cannot_stop_naming_codes_is_read_to_a_limit() -> None:
    endless = item(codes=["c30"] * 50_000 + [f"x{number}" for number in range(50_000)])
    found = reading(d1=endless, d3=endless)

    assert reply_for(found, IMPACT).code_ids == (30,) and len(reply_for(found, SYMPTOM).new_codes) == 5
    assert "names 50,001 codes" in found.faults[0].sentence and len(found.faults) < 2 * MOST_NAMED


def test_at_most_three_quotes_are_kept() -> None:
    quotes = [{"paragraph": 1, "text": text} for text in ("Chat", "slow", "an hour", "All is well")]
    found = reading(d1=item(quotes=quotes))

    assert [quote.text for quote in reply_for(found, SYMPTOM).quotes] == ["Chat", "slow", "an hour"]
    assert found.is_whole


def test_loose_forms_of_endpoints_that_do_not_enforce_a_schema_are_understood() -> None:
    said = {
        "d1": {"codes": "c12", "quotes": "Chat was slow", "why": 1},
        "d2": {"codes": None},
        "d3": {"codes": ["c30"]},
    }
    found = read_reply(f"Here you are:\n```json\n{json.dumps(said)}\n```", TEXT, DIMENSIONS)

    assert found.is_whole
    assert reply_for(found, SYMPTOM).code_ids == (12,)
    assert reply_for(found, SYMPTOM).quotes[0].located.start == 0
    assert reply_for(found, CAUSE).code_ids == ()


def test_the_repair_asks_for_the_bad_dimensions_only_and_shows_what_was_wrong() -> None:
    question = RunPrompt(DIMENSIONS).question(TEXT, mark="aa11")
    bad = json.dumps({"d1": item(), "d2": 7, "d3": item()})
    again = repair_question(question, bad, read_reply(bad, TEXT, DIMENSIONS).faults)

    assert again.system == question.system and again.user == question.user
    assert list(again.json_schema["properties"]) == ["d2"]
    assert strictness_problem(dict(again.json_schema)) is None
    assert [turn.speaker for turn in again.later_turns] == ["model", "asker"]
    assert again.later_turns[0].text == bad
    assert "d2 is malformed" in again.later_turns[1].text


def test_the_repair_of_a_reply_that_is_no_json_asks_for_all() -> None:
    question = RunPrompt(DIMENSIONS).question(TEXT, mark="aa11")
    again = repair_question(question, "Sorry.", read_reply("Sorry.", TEXT, DIMENSIONS).faults)

    assert again.json_schema == question.json_schema


def test_a_mended_reading_keeps_what_was_good_and_adds_what_is_now_good() -> None:
    first = reading(d1=item(codes=["c12"]), d2={"codes": 1.5}, d3={"codes": 1.5})
    later = read_reply(json.dumps({"d2": item(codes=["c21"]), "d3": 7}), TEXT, (CAUSE, IMPACT))
    mended = first.mended_by(later)

    assert [reply.dimension_id for reply in mended.dimensions] == [1, 2]
    assert {fault.dimension_id for fault in mended.to_repair} == {3}
    nothing = read_reply("Sorry.", TEXT, DIMENSIONS)
    assert nothing.mended_by(reading()).is_whole
    assert not nothing.mended_by(nothing).is_whole


def test_one_pass_over_a_real_server_from_malformed_to_mended() -> None:
    question = RunPrompt(DIMENSIONS, {"temperature": 0}).question(TEXT, mark="aa11")
    whole = {"d1": item(codes=["c12"]), "d2": item(codes=["c21"]), "d3": item()}
    with OpenAIServer(Says("{not json"), Says(whole)) as server:
        model = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small")
        first = model.answer(question)
        bad = read_reply(first.text, TEXT, DIMENSIONS)
        second = model.answer(repair_question(question, first.text, bad.faults))
        mended = bad.mended_by(read_reply(second.text, TEXT, DIMENSIONS))

    assert mended.is_whole and [reply.code_ids for reply in mended.dimensions] == [(12,), (21,), ()]
    assert [message["role"] for message in server.taken[1]["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
