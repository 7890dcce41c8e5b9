"""Finding the JSON in what a model wrote."""

import time

import pytest

from app.llm.json_text import NotJson, json_object, storable


@pytest.mark.parametrize(
    "text",
    [
        '{"word": "yes"}',
        '```json\n{"word": "yes"}\n```',
        'Sure! Here is {it}: {"word": "yes"} I hope it helps {}.',
        '<think>perhaps {"word": "no"}?</think>\n{"word": "yes"}',
        '<think>1</THINK><Thinking>{"word": "no"}<think></thinking>{"word": "yes"}<think>',
        '\ufeff{"word": "yes"}',
    ],
)
def test_the_object_is_found_in_what_surrounds_it(text: str) -> None:
    assert json_object(text) == {"word": "yes"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        '["yes"]',
        '{"word": "ye',
        "{" * 100_000,
        '{"a":' * 100_000,
        '{"a": ' + "9" * 5_000 + "}",
        "<think>" * 50_000,
        "<think></think><thinking>" * 20_000,
    ],
)
def test_a_text_without_an_object_is_refused_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(NotJson):
        json_object(text)
    assert time.process_time() - started < 5


def test_strings_are_made_storable_at_every_depth() -> None:
    assert json_object('{"a": ["\\u0000", {"b": "\\ud800"}]}') == {"a": ["\ufffd", {"b": "\ufffd"}]}
    assert storable("\ud83d\ude42 🙂 é") == "🙂 🙂 é"
