"""The probe and the call against servers that behave as each provider is documented to (tests/support/providers.py)."""

import json

import pytest

from app.llm.abilities import Abilities, Form
from app.llm.connection import LENGTH, ConnectionTest, connection_test
from app.llm.openai_model import OpenAIModel
from app.llm.port import Answer, Question
from app.llm.problems import (
    ModelBusy,
    ModelProblem,
    QuotaExhausted,
    ReplyFiltered,
    TextTooLong,
    UnknownModel,
    WrongAddress,
    WrongKey,
)
from tests.llm.test_contract import SCHEMA
from tests.support.openai_server import Body, Response, failure
from tests.support.providers import (
    Azure,
    Bedrock,
    Gateway,
    LlamaCpp,
    LlamaCppWithoutGrammar,
    NewVllm,
    OldOllama,
    OldVllm,
    Ollama,
    OpenAI,
    OpenAIThinking,
    OpenLlamaCpp,
    Provider,
    Vllm,
    in_json,
)


def model_at(server: Provider, *, name: str = "", key: str | None = None, path: str | None = None) -> OpenAIModel:
    address = server.base_url
    return OpenAIModel(
        base_url=address if path is None else address.rsplit("/", address.count("/") - 2)[0] + path,
        api_key=(server.api_key if server.wants_key else "") if key is None else key,
        model=name or server.model,
        timeout_seconds=10,
    )


def probed(server: Provider) -> ConnectionTest:
    return connection_test(model_at(server), looks_for_room=True)


def a_question(words: str, **parameters: object) -> Question:
    return Question(
        system="Answer.",
        user=words,
        json_schema=SCHEMA,
        schema_name="word",
        parameters={"temperature": 0, **parameters},
    )


def asked_as_stored(server: Provider, found: ConnectionTest) -> Answer:
    """As a run does it in a new process: from what was stored, without learning anything again."""
    kept = Abilities.stored(json.loads(json.dumps(found.as_stored())))
    before = len(server.requests)
    answer = model_at(server).with_abilities(kept).answer(a_question("Which word?", **{"seed": 1, LENGTH: 500}))
    assert len(server.requests) == before + 1 == before + answer.requests, "nothing is refused a second time"
    return answer


@pytest.mark.parametrize(
    ("make", "form", "is_enforced", "dropped"),
    [
        (OpenAI, Form.STRICT_SCHEMA, True, ()),
        (OpenAIThinking, Form.STRICT_SCHEMA, True, ("temperature",)),
        (Azure, Form.STRICT_SCHEMA, True, ()),
        (Bedrock, Form.STRICT_SCHEMA, False, ("seed", "store")),
        (Ollama, Form.STRICT_SCHEMA, True, (LENGTH,)),
        (OldOllama, Form.JSON_MODE, False, (LENGTH,)),
        (Vllm, Form.STRICT_SCHEMA, True, ()),
        (NewVllm, Form.STRICT_SCHEMA, True, ()),
        (OldVllm, Form.STRICT_SCHEMA, True, (LENGTH, "store")),
        (LlamaCpp, Form.STRICT_SCHEMA, True, ()),
        (LlamaCppWithoutGrammar, Form.JSON_MODE, False, ()),
        (OpenLlamaCpp, Form.JSON_MODE, False, ()),
    ],
)
def test_the_probe_finds_what_each_provider_can_do_and_a_run_begins_with_it(
    make: type[Provider], form: Form, is_enforced: bool, dropped: tuple[str, ...]
) -> None:
    with make() as server:
        found = probed(server)
        asked = len(server.requests)
        answer = asked_as_stored(server, found)

    assert found.works and found.is_roomy
    assert found.abilities == Abilities(form, is_enforced, dropped)
    assert found.form_is_enforced is is_enforced
    assert found.requests == asked, "every request that went over the wire is counted"
    sent = server.taken[-1]
    assert not set(dropped) & set(sent)
    assert sent.get("max_tokens", sent.get(LENGTH)) == 500, "the limit on the reply is asked for by the name it knows"
    assert ("fits this JSON schema" in sent["messages"][0]["content"]) is not is_enforced
    assert answer.text


def test_a_schema_that_is_taken_and_not_kept_counts_for_nothing() -> None:
    """Older Ollama, and llama.cpp whose grammar cannot be read, answer 200 with whatever comes to mind."""
    for make in (OldOllama, OpenLlamaCpp):
        with make() as server:
            found = probed(server)

        assert [request.get("response_format", {}).get("type") for request in server.taken[:4]] == [
            "json_schema",
            "json_schema",
            "json_object",
            None,
        ]
        assert "does not enforce the form" in found.sentence


def test_an_endpoint_that_enforces_is_asked_once_for_the_form() -> None:
    with OpenAI() as server:
        connection_test(model_at(server))

    assert [request["response_format"]["json_schema"]["name"] for request in server.requests] == [
        "connection_probe",
        "length_probe",
    ]


def test_a_server_that_takes_the_schema_only_when_it_is_not_strict_is_found_out() -> None:
    class NotStrict(OpenAI):
        def refusal(self, request: Body) -> Response | None:
            strict = request["response_format"]["json_schema"]["strict"]
            return failure(400, "strict is not supported", param="response_format") if strict else None

    with NotStrict() as server:
        found = probed(server)

    assert found.abilities == Abilities(Form.SCHEMA, True)
    assert found.sentence == "small answers and keeps to the form asked for."


@pytest.mark.parametrize("takes_strict", [True, False])
def test_a_model_that_reads_the_form_in_words_is_not_taken_for_an_endpoint_that_enforces_it(takes_strict: bool) -> None:
    class Reader(OpenAI):
        def refusal(self, request: Body) -> Response | None:
            strict = request.get("response_format", {}).get("json_schema", {}).get("strict")
            refused = strict and not takes_strict
            return failure(400, "strict is not supported", param="response_format") if refused else None

        def said(self, request: Body) -> str:
            reads = "fits this JSON schema" in request["messages"][0]["content"]
            return json.dumps({"word": "plum-17"}) if reads else in_json(request)

    with Reader() as server:
        found = probed(server)

    assert found.abilities == Abilities(Form.JSON_MODE, False) and not found.form_is_enforced


def test_ollama_ignores_the_newer_name_of_the_limit_so_the_older_one_is_used() -> None:
    with Ollama() as server:
        found = probed(server)
        cut_off = model_at(server).with_abilities(found.abilities)
        with pytest.raises(ModelProblem, match="ran out of room"):
            cut_off.answer(a_question("The whole numbers from one to sixty", **{LENGTH: 5}))


def test_a_text_that_is_cut_without_a_word_is_noticed_by_what_was_counted() -> None:
    """Ollama with its 4,096 tokens of context reads 2,050 of a longer text and answers 200."""
    with Ollama(context=4096) as server:
        found = probed(server)

    assert found.works and not found.is_roomy
    assert "its context is too small: of a text of 5,000 words it read about 2,050 tokens" in found.sentence


@pytest.mark.parametrize("make", [Vllm, NewVllm, LlamaCpp])
def test_a_context_too_small_for_a_long_text_is_said(make: type[Provider]) -> None:
    with make(context=4096) as server:
        found = probed(server)

    assert found.works and not found.is_roomy
    assert "its context is too small for a text of 5,000 words" in found.sentence


@pytest.mark.parametrize("make", [Vllm, NewVllm, LlamaCpp])
def test_a_context_too_small_for_anything_is_said(make: type[Provider]) -> None:
    with make(context=10) as server:
        found = probed(server)

    assert not found.works
    assert found.sentence.startswith("The context of small is too small")


def test_a_long_text_is_not_sent_where_it_would_cost() -> None:
    with OpenAI() as server:
        connection_test(model_at(server))

    assert max(len(request["messages"][1]["content"]) for request in server.requests) < 200


@pytest.mark.parametrize("make", [OpenAI, Azure, Bedrock])
def test_a_wrong_key_is_said_in_one_sentence_without_the_key(make: type[Provider]) -> None:
    with make() as server:
        found = connection_test(model_at(server, key="key-of-somebody-else"))

    assert not found.works
    assert found.sentence.startswith(WrongKey.__doc__ or "?")
    assert "key-of-somebody" not in found.sentence and "ider" not in found.sentence


@pytest.mark.parametrize("make", [OpenAI, Azure, Bedrock, Ollama, Vllm, NewVllm])
def test_an_unknown_model_is_said_and_a_missing_deployment_too(make: type[Provider]) -> None:
    with make() as server:
        found = connection_test(model_at(server, name="large"))

    assert not found.works
    assert found.sentence.startswith(UnknownModel.__doc__ or "?")


def test_llama_cpp_takes_any_name_and_tells_the_one_it_has() -> None:
    with LlamaCpp() as server:
        found = connection_test(model_at(server, name="whatever"))

    assert found.works and found.model_answered == "qwen2.5-7b-instruct-q4_k_m.gguf"


@pytest.mark.parametrize("make", [OpenAI, Azure, Bedrock, Ollama, Vllm, LlamaCpp])
def test_a_missing_v1_is_said_whatever_the_server_says_of_it(make: type[Provider]) -> None:
    with make() as server:
        found = connection_test(model_at(server, path=""))

    assert not found.works
    assert "/v1" in found.sentence


def test_a_model_that_is_still_being_loaded_is_asked_again_later() -> None:
    with LlamaCpp() as server:
        server.is_loading = True
        found = connection_test(model_at(server))
        with pytest.raises(ModelBusy, match="Loading model"):
            model_at(server).answer(a_question("Which word?"))

    assert not found.works and "busy" in found.sentence


@pytest.mark.parametrize("words", ["a fight with knives", "a fight with knives, twice"])
def test_a_prompt_that_azure_filters_is_a_state_with_or_without_its_inner_error(words: str) -> None:
    with Azure() as server, pytest.raises(ReplyFiltered) as filtered:
        model_at(server).answer(a_question(words))

    assert len(server.requests) == filtered.value.requests == 1, "a filter is no reason to drop a parameter"


def test_azure_tells_the_real_model_and_its_own_request_id() -> None:
    with Azure(model="my-deployment") as server:
        model = OpenAIModel(
            base_url=server.base_url, api_key=server.api_key, model="my-deployment", real_name="gpt-4.1-mini"
        )
        answer = model.answer(a_question("Which word?"))

    assert (answer.model_answered, answer.priced_as) == ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini")
    assert answer.request_id == "apim-1"


def test_thinking_in_front_of_the_json_is_passed_over() -> None:
    with Bedrock() as server:
        found = probed(server)

    assert "answers in JSON" in found.sentence


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"code": 404, "message": "The model `x` does not exist.", "object": "error"}, UnknownModel),
        ({"error": {"code": 429, "message": "Slow down."}}, ModelBusy),
        ({"error": {"message": "No credit.", "type": "insufficient_quota"}}, QuotaExhausted),
        ({"error": {"code": 401, "message": "Who are you?"}}, WrongKey),
        ({"error": {"message": "This model's maximum context length is 9."}}, TextTooLong),
        ({"choices": [], "error": {"code": 404, "message": "Nothing here."}}, WrongAddress),
    ],
)
def test_a_gateway_that_answers_200_with_an_error_inside_is_not_believed(
    body: dict[str, object], problem: type[ModelProblem]
) -> None:
    with Gateway(body) as server, pytest.raises(problem):
        model_at(server).answer(a_question("Which word?"))


def test_a_key_that_a_server_repeats_in_its_answer_does_not_get_into_the_ledger() -> None:
    with Gateway({"choices": [{"message": {"content": "Your key is key-of-the-provider."}}]}) as server:
        answer = model_at(server).answer(a_question("Which word?"))

    assert answer.text == "Your key is [the key]."


def test_a_key_that_is_repeated_in_escaped_letters_does_not_get_there_either() -> None:
    key = 'key"of-the-provider'
    with Gateway({"choices": [{"message": {"content": f"Your key is {key}."}}]}) as server:
        server.api_key = key
        answer = model_at(server).answer(a_question("Which word?"))

    assert answer.text == "Your key is [the key]."
