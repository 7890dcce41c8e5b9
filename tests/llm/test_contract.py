"""What every model does, whoever answers."""

from collections.abc import Iterator

import pytest

from app.llm.openai_model import OpenAIModel
from app.llm.port import Model, Question, Turn
from app.llm.problems import ModelBusy
from app.llm.scripted import ScriptedModel
from tests.support.openai_server import Busy, OpenAIServer, Says

SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
QUESTION = Question(
    system="Answer with a word.",
    user="Which word? «é🙂»",
    json_schema=SCHEMA,
    schema_name="word",
    parameters={"temperature": 0},
)
REPLY = {"word": "née 🙂"}


@pytest.fixture(params=["scripted", "openai"])
def model_that(request: pytest.FixtureRequest) -> Iterator[Model]:
    """A model that replies once, then is busy, then replies again."""
    if request.param == "scripted":
        yield ScriptedModel(REPLY, ModelBusy(retry_after_seconds=2.0), REPLY)
        return
    with OpenAIServer(Says(REPLY), Busy("2"), Says(REPLY)) as server:
        yield OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small")


def test_an_answer_tells_text_model_tokens_and_what_was_sent(model_that: Model) -> None:
    answer = model_that.answer(QUESTION)

    assert answer.text == '{"word": "née 🙂"}'
    assert answer.model_answered.startswith(model_that.name)
    assert answer.parameters_sent["temperature"] == 0
    assert answer.finish_reason == "stop"
    assert answer.request_id
    assert answer.input_tokens and answer.output_tokens
    assert answer.cached_tokens is not None and answer.cached_tokens <= answer.input_tokens
    assert answer.seconds >= 0
    assert answer.refusal is None


def test_a_busy_model_raises_at_once_says_how_long_and_answers_later(model_that: Model) -> None:
    model_that.answer(QUESTION)

    with pytest.raises(ModelBusy) as busy:
        model_that.answer(QUESTION)

    assert busy.value.retry_after_seconds == 2.0
    assert busy.value.worth_retrying
    assert model_that.answer(QUESTION).text == '{"word": "née 🙂"}'


def test_a_later_turn_can_be_asked(model_that: Model) -> None:
    later = Question(
        system=QUESTION.system,
        user=QUESTION.user,
        json_schema=SCHEMA,
        schema_name="word",
        later_turns=(Turn("model", "word"), Turn("asker", "In JSON, please.")),
    )

    assert model_that.answer(later).text == '{"word": "née 🙂"}'


def test_a_model_has_a_name_and_an_address(model_that: Model) -> None:
    assert model_that.name and model_that.address
