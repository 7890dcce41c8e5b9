"""The adapter for files and batches, against a local server that takes them as OpenAI documents."""

import json

import pytest

from app.llm.batches import (
    BatchesFull,
    BatchGone,
    BatchNotTaken,
    Line,
    LineCancelled,
    LineExpired,
    Result,
    TakesNoBatches,
    batch_endpoint,
)
from app.llm.openai_batch import OpenAIBatches, batches_of
from app.llm.openai_model import OpenAIModel
from app.llm.problems import ModelBroken, ReplyRefused, WrongKey
from app.llm.scripted import ScriptedModel
from tests.llm.test_contract import QUESTION, REPLY
from tests.support.batch_server import BatchServer
from tests.support.openai_server import OpenAIServer, Refuses, Response, Says

LINES = [Line(f"ours-{number}", QUESTION) for number in range(3)]


def batches(server: OpenAIServer, key: str = "") -> OpenAIBatches:
    return OpenAIBatches(OpenAIModel(base_url=server.base_url, api_key=key or server.api_key, model="small"))


def results_of(ours: OpenAIBatches, batch_id: str) -> dict[str, Result]:
    found = ours.look(batch_id)
    files = [one for one in (found.output_file_id, found.error_file_id) if one]
    return {one.custom_id: one for file_id in files for one in ours.results(file_id)}


def test_what_is_uploaded_comes_back_under_its_names_with_its_tokens() -> None:
    with BatchServer(Says(REPLY), Refuses(), Says(REPLY), looks=1) as server:
        ours = batches(server)
        made = ours.create("t1", ours.upload("t1", LINES))
        assert made.is_under_way and ours.look(made.id).status == "in_progress"
        found = results_of(ours, made.id)

    assert set(found) == {"ours-0", "ours-1", "ours-2"}
    answer = found["ours-0"].answer
    assert answer is not None and answer.text == '{"word": "née 🙂"}' and answer.input_tokens
    assert answer.model_answered == "small-2026-01-01"
    assert isinstance(found["ours-1"].problem, ReplyRefused) and found["ours-1"].problem.answer is not None
    assert server.taken[0]["response_format"]["json_schema"]["strict"] is True and server.taken[0]["store"] is False


def test_what_a_killed_caller_has_done_already_is_found_by_its_token() -> None:
    with BatchServer(otherwise=Says(REPLY)) as server:
        ours = batches(server)
        assert ours.uploaded("t1") == "" and ours.created("t1", "file-none") is None
        file_id = ours.upload("t1", LINES)
        ours.upload("t2", LINES)
        made = ours.create("t1", file_id)

        assert ours.uploaded("t1") == file_id
        found = ours.created("t1", "file-none")
        assert found is not None and found.id == made.id and ours.created("t2", "file-none") is None


def test_a_batch_is_found_by_its_file_where_the_endpoint_keeps_nothing_beside_it() -> None:
    with BatchServer(otherwise=Says(REPLY)) as server:
        ours = batches(server)
        file_id, other = ours.upload("t1", LINES), ours.upload("t2", LINES)
        made = ours.create("t1", file_id)
        server.batches[made.id].metadata = {}

        found = ours.created("t1", file_id)
        assert found is not None and found.id == made.id and ours.created("t2", other) is None


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("https://api.openai.com/v1", "/v1/chat/completions"),
        ("http://gateway.internal:4000/v1", "/v1/chat/completions"),
        ("https://ours.openai.azure.com/openai/v1", "/chat/completions"),
        ("https://ours.services.ai.azure.com/openai/v1/", "/chat/completions"),
        ("https://ours.openai.azure.com/openai/deployments/small", None),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1", None),
    ],
)
def test_a_batch_is_made_for_what_its_provider_documents_or_not_at_all(address: str, endpoint: str | None) -> None:
    assert batch_endpoint(address) == endpoint
    model = OpenAIModel(base_url=address, api_key="sk-none", model="small")
    assert (batches_of(model) is None) == (endpoint is None)


def test_azure_is_told_its_own_word_for_what_a_batch_is_made_for() -> None:
    """As its guide has it: the lines name the one, the batch the other."""
    with BatchServer(otherwise=Says(REPLY), looks=0, made_for="/chat/completions") as server:
        model = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small")
        _ = model.client  # goes on to the local server, while the address is that of Azure
        model.address = "https://ours.openai.azure.com/openai/v1"
        ours = OpenAIBatches(model)
        made = ours.create("t1", ours.upload("t1", LINES))
        assert set(results_of(ours, made.id)) == {line.custom_id for line in LINES}


def test_lines_that_expired_or_were_cancelled_say_so() -> None:
    with BatchServer(otherwise=Says(REPLY), looks=0, expire_after=1) as server:
        ours = batches(server)
        expired = results_of(ours, ours.create("t1", ours.upload("t1", LINES)).id)
        made = ours.create("t2", ours.upload("t2", LINES))
        assert ours.cancel(made.id).status == "cancelling"
        cancelled = results_of(ours, made.id)

    assert [type(expired[line.custom_id].problem) for line in LINES] == [type(None), LineExpired, LineExpired]
    assert {type(one.problem) for one in cancelled.values()} == {LineCancelled}


@pytest.mark.parametrize(
    ("code", "problem"), [("token_limit_exceeded", BatchesFull), ("invalid_json_line", BatchNotTaken)]
)
def test_a_batch_that_fails_as_a_whole_says_why(code: str, problem: type[Exception]) -> None:
    with BatchServer(refuse=[code]) as server:
        ours = batches(server)
        found = ours.look(ours.create("t1", ours.upload("t1", LINES)).id)

    assert found.status == "failed" and isinstance(found.problem, problem) and code in str(found.problem.sentence)


def test_problems_are_those_of_every_other_call() -> None:
    with BatchServer() as server:
        with pytest.raises(WrongKey):
            batches(server, "wrong").upload("t1", LINES)
        server.before_answer["POST /v1/batches"] = [Response(500, {"error": {"message": "Broken."}})]
        with pytest.raises(ModelBroken):
            batches(server).create("t1", "file-1")
        with pytest.raises(BatchGone):
            batches(server).look("batch_of_somebody_else")
    with OpenAIServer() as server, pytest.raises(TakesNoBatches):
        batches(server).upload("t1", LINES)  # an endpoint that has no batches


def test_a_file_is_taken_away_and_a_scripted_model_has_no_batches() -> None:
    with BatchServer() as server:
        ours = batches(server)
        file_id = ours.upload("t1", LINES)
        ours.forget(file_id)
        assert ours.uploaded("t1") == ""
    assert batches_of(ScriptedModel(REPLY)) is None


def test_what_a_server_says_is_storable_and_without_the_key_however_it_is_written() -> None:
    key = 'key"of-the-provider'  # in JSON its second part follows a backslash
    said = f"{key} \0"
    lines = [
        {"custom_id": "a", "response": None, "error": {"message": said}},
        {"custom_id": "b", "response": {"status_code": 400, "request_id": said, "body": {"error": said}}},
        {"custom_id": "c", "response": {"status_code": 200, "body": {"choices": [{"message": {"content": said}}]}}},
    ]
    with BatchServer(otherwise=Says(REPLY), refuse=[said]) as server:
        server.api_key = key
        ours = batches(server)
        file_id = ours.upload("t1", LINES)
        server.files[file_id].text = "".join(f"{json.dumps(line)}\n" for line in lines)
        failed, refused, answered = ours.results(file_id)
        whole = ours.look(ours.create("t1", ours.upload("t2", LINES)).id).problem

    assert failed.problem and refused.problem and answered.answer and whole
    told = (failed.problem.sentence, refused.problem.sentence, refused.problem.request_id, answered.answer.text)
    for words in (*told, whole.sentence):
        assert words and "[the key] \ufffd" in words and key not in words and "\0" not in words


def test_lines_that_cannot_be_read_are_left_out() -> None:
    with BatchServer(otherwise=Says(REPLY)) as server:
        ours = batches(server)
        file_id = ours.upload("t1", LINES)
        server.files[file_id].text = '{"cut\n[1]\n{"custom_id": 5}\n\n{"custom_id": "a", "response": null}\n'

        [found] = ours.results(file_id)
    assert found.custom_id == "a" and isinstance(found.problem, ModelBroken)
