"""One coding question over the wire, at endpoints of every ability."""

import pytest

from app.llm.marks import fresh_mark
from app.llm.openai_model import OpenAIModel
from app.suggestions.prompt import CodeEntry, DimensionEntry, RunPrompt
from app.suggestions.reply import read_reply
from tests.support.coding_replies import first_codes, invented_quote
from tests.support.openai_server import OpenAIServer, Says

TEXT = "Chat was slow for an hour — 🙂.\nA bad deploy was rolled back."
DIMENSIONS = (
    DimensionEntry(1, "Symptom", codes=(CodeEntry(12, "High latency"), CodeEntry(7, "Outage"))),
    DimensionEntry(2, "Root cause", takes_many=False, is_open=False, codes=(CodeEntry(20, "Capacity"),)),
    DimensionEntry(3, "Impact"),
)


@pytest.mark.parametrize("able", [["json_schema", "json_object"], ["json_object"], []])
def test_a_question_is_asked_and_its_reply_read_whatever_the_endpoint_can(able: list[str]) -> None:
    question = RunPrompt(DIMENSIONS, {"temperature": 0}).question(TEXT, mark=fresh_mark(TEXT))
    with OpenAIServer(Says(first_codes), response_formats=able) as server:
        answer = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small").answer(question)

    found = read_reply(answer.text, TEXT, DIMENSIONS)
    assert found.is_whole and not found.faults
    assert [reply.code_ids for reply in found.dimensions] == [(7,), (20,), ()]
    assert [code.name for code in found.dimensions[2].new_codes] == ["Something new"]
    located = found.dimensions[0].quotes[0].located
    assert TEXT[located.start : located.end] == "Chat was slow for an hour — 🙂."
    assert found.dimensions[0].quotes[0].paragraph_agrees


def test_what_a_model_quotes_and_the_text_does_not_hold_has_no_place_in_it() -> None:
    question = RunPrompt(DIMENSIONS).question(TEXT, mark=fresh_mark(TEXT))
    with OpenAIServer(Says(invented_quote)) as server:
        answer = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small").answer(question)

    quotes = [quote for reply in read_reply(answer.text, TEXT, DIMENSIONS).dimensions for quote in reply.quotes]
    assert len(quotes) == 3
    assert not any(quote.located.is_found for quote in quotes)
