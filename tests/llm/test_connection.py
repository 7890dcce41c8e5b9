"""The one sentence of "Test connection"."""

import pytest

from app.llm.connection import connection_test
from app.llm.openai_model import OpenAIModel
from app.llm.problems import WrongKey
from app.llm.scripted import ScriptedModel
from tests.support.openai_server import Behaviour, Broken, Cut, OpenAIServer, Says


@pytest.mark.parametrize(
    ("said", "works", "enforced", "words"),
    [
        (Says({"word": "plum-17"}), True, True, "keeps to the form"),
        (Says({"word": "Paris"}), True, False, "does not enforce"),
        (Says("Paris!"), True, False, "not in JSON"),
        (Cut(), True, False, "ran out of room"),
        (Broken(), False, False, "error of its own"),
    ],
)
def test_the_diagnosis_is_one_sentence(said: Behaviour, works: bool, enforced: bool, words: str) -> None:
    with OpenAIServer(said) as server:
        told = connection_test(OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small"))

    assert (told.works, told.form_is_enforced) == (works, enforced)
    assert words in told.sentence


def test_an_endpoint_that_only_reads_the_schema_as_words_does_not_enforce_it() -> None:
    with OpenAIServer(Says({"word": "plum-17"}), response_formats=["json_object"]) as server:
        told = connection_test(OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small"))

    assert told.works and not told.form_is_enforced


def test_a_refused_connection_says_what_is_wrong() -> None:
    told = connection_test(ScriptedModel(WrongKey()))

    assert not told.works
    assert told.sentence == "The API key is wrong, or may not use this model."
