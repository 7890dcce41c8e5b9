"""The adapter for OpenAI-like endpoints, against a real local server."""

import json
import socket
import subprocess
import sys

import pytest

from app.llm.abilities import Form
from app.llm.bounded import MOST_BYTES
from app.llm.openai_model import OpenAIModel
from app.llm.problems import (
    ModelBroken,
    ModelBusy,
    ModelProblem,
    ModelRefusedRequest,
    ModelTooSlow,
    ModelUnreachable,
    QuotaExhausted,
    ReplyCut,
    ReplyEmpty,
    ReplyFiltered,
    ReplyRefused,
    ReplyUnusable,
    TextTooLong,
    UnknownModel,
    WrongAddress,
    WrongKey,
)
from tests.llm.test_contract import QUESTION
from tests.support.openai_server import (
    Behaviour,
    Broken,
    Busy,
    Cut,
    Filtered,
    KeepsAlive,
    OpenAIServer,
    OutOfQuota,
    Raw,
    Refuses,
    Says,
    Slow,
    TooLong,
)

YES = Says({"word": "yes"})


def model_at(server: OpenAIServer, *, key: str | None = None, seconds: float = 10.0) -> OpenAIModel:
    return OpenAIModel(
        base_url=server.base_url,
        api_key=server.api_key if key is None else key,
        model="small",
        timeout_seconds=seconds,
    )


def test_a_question_goes_out_whole_with_a_strict_schema_and_is_not_stored_there() -> None:
    with OpenAIServer(YES) as server:
        answer = model_at(server).answer(QUESTION)

    sent = server.requests[0]
    assert [message["content"] for message in sent["messages"]] == [QUESTION.system, QUESTION.user]
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert list(sent["response_format"]["json_schema"]["schema"]) == list(QUESTION.json_schema)
    assert sent["store"] is False
    assert answer.model_answered == "small-2026-01-01"
    assert answer.fingerprint == "fp_local"
    assert answer.request_id == "req-1"
    assert answer.parameters_sent == {
        "model": "small",
        "store": False,
        "temperature": 0,
        "response_format": "json_schema",
        "schema": "word",
    }


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (Busy(), ModelBusy),
        (Broken(503), ModelBusy),
        (Broken(500), ModelBroken),
        (Broken(504), ModelTooSlow),
        (OutOfQuota(), QuotaExhausted),
        (Refuses(), ReplyRefused),
        (Cut(), ReplyCut),
        (Filtered(), ReplyFiltered),
        (TooLong(), TextTooLong),
        (Says("  "), ReplyEmpty),
        (Raw(400, {"error": {"message": "Filtered.", "code": "content_filter"}}), ReplyFiltered),
        (Raw(400, "nonsense"), ModelRefusedRequest),
        (Raw(402, {"error": "pay first"}), QuotaExhausted),
        (Raw(403, {"detail": "no"}), WrongKey),
        (Raw(404, {"error": "model 'small' not found, try pulling it first"}), UnknownModel),
        (Raw(404, {"detail": "Not Found"}), WrongAddress),
        (Raw(200, "<html>Hello</html>"), WrongAddress),
        (Raw(200, {"hello": "world"}), WrongAddress),
        (Raw(200, {"choices": []}), ReplyEmpty),
        (Raw(200, {"choices": ["odd"]}), ReplyEmpty),
    ],
)
def test_each_failure_is_its_own_problem_with_a_sentence_and_is_asked_once(
    behaviour: Behaviour, problem: type[ModelProblem]
) -> None:
    with OpenAIServer(behaviour) as server, pytest.raises(problem) as raised:
        model_at(server).answer(QUESTION)

    assert raised.value.sentence.startswith(problem.__doc__ or "?")
    assert len(server.requests) == 1


def test_a_reply_that_cannot_be_used_keeps_what_was_paid_for() -> None:
    with OpenAIServer(Cut('{"word": "ye')) as server, pytest.raises(ReplyUnusable) as cut:
        model_at(server).answer(QUESTION)

    assert cut.value.answer is not None
    assert cut.value.answer.text == '{"word": "ye'
    assert cut.value.answer.output_tokens == 2
    assert cut.value.request_id == "req-1"


def test_only_what_may_pass_by_itself_is_worth_retrying() -> None:
    assert ModelBusy().worth_retrying and ModelUnreachable().worth_retrying and ModelBroken().worth_retrying
    assert not QuotaExhausted().worth_retrying
    assert not WrongKey().worth_retrying
    assert not ReplyRefused().worth_retrying


def test_a_wrong_key_is_said_and_the_key_is_not_repeated() -> None:
    with OpenAIServer(YES) as server, pytest.raises(WrongKey) as wrong:
        model_at(server, key="sk-very-secret-0123456789").answer(QUESTION)

    assert "sk-very-secret" not in wrong.value.sentence


def test_an_unknown_model_is_said() -> None:
    with OpenAIServer(YES, models=["large"]) as server, pytest.raises(UnknownModel, match="small"):
        model_at(server).answer(QUESTION)


def test_an_address_without_v1_is_said() -> None:
    with OpenAIServer(YES) as server, pytest.raises(WrongAddress, match="/v1"):
        OpenAIModel(base_url=server.base_url.removesuffix("/v1"), api_key=server.api_key, model="small").answer(
            QUESTION
        )


def test_a_redirect_is_not_followed_so_the_text_goes_nowhere_else() -> None:
    with OpenAIServer(YES) as elsewhere:
        moved = Raw(307, "", {"Location": f"{elsewhere.base_url}/chat/completions"})
        with OpenAIServer(moved) as server, pytest.raises(WrongAddress, match="moved to"):
            model_at(server).answer(QUESTION)

    assert elsewhere.requests == []


def test_nobody_at_the_address_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ModelUnreachable):
        OpenAIModel(base_url=f"http://127.0.0.1:{port}/v1", api_key="", model="small").answer(QUESTION)


def test_a_slow_model_is_given_up_on_after_its_time() -> None:
    with OpenAIServer(Slow(1.0, YES)) as server, pytest.raises(ModelTooSlow):
        model_at(server, seconds=0.2).answer(QUESTION)


def test_empty_lines_that_an_endpoint_sends_while_it_works_do_not_make_it_patient_for_ever() -> None:
    with OpenAIServer(KeepsAlive(0.05, YES), KeepsAlive(0.2, YES)) as server:
        assert model_at(server, seconds=1).answer(QUESTION).text
        with pytest.raises(ModelTooSlow):
            model_at(server, seconds=1).answer(QUESTION)


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_without_an_end_does_not_fill_the_memory(status: int) -> None:
    with OpenAIServer(Raw(status, "x" * (MOST_BYTES + 1))) as server, pytest.raises(ModelUnreachable):
        model_at(server).answer(QUESTION)


@pytest.mark.parametrize("names_parameters", [True, False])
def test_an_unknown_parameter_is_left_out_recorded_and_not_tried_again(names_parameters: bool) -> None:
    with OpenAIServer(
        otherwise=YES, refused_parameters=["store", "temperature"], names_parameters=names_parameters
    ) as server:
        model = model_at(server)
        first = model.answer(QUESTION)
        second = model.answer(QUESTION)

    assert first.parameters_dropped == second.parameters_dropped == ("store", "temperature")
    assert "store" not in first.parameters_sent and "temperature" not in first.parameters_sent
    assert len(server.requests) == 4, "two refusals, then one request for each question"


def test_a_token_limit_is_kept_under_its_other_name() -> None:
    question = QUESTION.__class__(**{**vars(QUESTION), "parameters": {"max_completion_tokens": 50}})
    with OpenAIServer(YES, refused_parameters=["max_completion_tokens"]) as server:
        answer = model_at(server).answer(question)

    assert answer.parameters_sent["max_tokens"] == 50
    assert answer.parameters_dropped == ("max_completion_tokens",)


@pytest.mark.parametrize(
    ("able", "form", "sent"),
    [
        (["json_schema", "json_object"], Form.STRICT_SCHEMA, "json_schema"),
        (["json_object"], Form.JSON_MODE, "json_object"),
        ([], Form.PLAIN_TEXT, "text"),
    ],
)
def test_the_form_is_asked_for_as_strictly_as_the_endpoint_can(able: list[str], form: Form, sent: str) -> None:
    with OpenAIServer(otherwise=YES, response_formats=able) as server:
        model = model_at(server)
        answer = model.answer(QUESTION)
        model.answer(QUESTION)

    assert model.abilities.form is form
    assert answer.parameters_sent["response_format"] == sent
    assert len(server.requests) == form + 2, "a refused form is not tried again"
    system = server.taken[0]["messages"][0]["content"]
    assert system.startswith(QUESTION.system)
    assert (json.dumps(QUESTION.json_schema) in system) is (form is not Form.STRICT_SCHEMA)


def test_characters_a_database_refuses_are_replaced() -> None:
    body = '{"choices": [{"message": {"content": "a\\u0000b\\ud800c"}, "finish_reason": "stop"}]}'
    with OpenAIServer(Raw(200, body)) as server:
        answer = model_at(server).answer(QUESTION)

    assert answer.text == "a\ufffdb\ufffdc"
    assert answer.input_tokens is None


def test_retry_after_may_be_a_date_or_nothing_that_can_be_read() -> None:
    never = Busy(f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}")
    with OpenAIServer(Busy("Wed, 21 Oct 2015 07:28:00 GMT"), Busy("soon"), Busy(None), never) as server:
        waits = []
        for _ in range(4):
            with pytest.raises(ModelBusy) as busy:
                model_at(server).answer(QUESTION)
            waits.append(busy.value.retry_after_seconds)

    assert waits == [0.0, None, None, None]


def test_importing_the_port_and_the_adapter_does_not_import_openai() -> None:
    modules = "app.llm.port, app.llm.openai_model, app.llm.connection, app.llm.scripted, app.llm.prices"
    code = f"import sys, {modules}; print([m for m in ('openai', 'httpx2', 'genai_prices') if m in sys.modules])"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
