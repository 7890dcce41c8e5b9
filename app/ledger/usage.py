"""What an endpoint says that a call cost, as far as it can be true; and the most that a call can cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.ledger.words import whole_user_prompt
from app.llm.port import Answer, Model, Question
from app.llm.prices import WHOLE, Prices, cost_in_dollars, shared

MOST_OUTPUT_TOKENS = 8_000
AROUND = 500  # what an endpoint adds around the messages
UNLIMITED = 2_000_000  # tokens of a reply that no limit was asked for: more than any model writes
LENGTH = "max_completion_tokens"
NOT_TRUE = "What the endpoint says that it cost cannot be true: {}. It is counted at the most that it can have cost."


@dataclass(frozen=True)
class Most:
    """The most that a call can cost. dollars None: its price is not known."""

    tokens: int
    dollars: Decimal | None


def most_of(
    question: Question,
    model: Model,
    *,
    at: datetime,
    prices: Prices | None,
    priced_as: str = "",
    share: Decimal | None = WHOLE,
) -> Most:
    read, written = most_input(question), most_output(question)
    dearest = Answer("", priced_as, {}, input_tokens=read, output_tokens=written)
    if prices is not None:  # what is cached may have been entered dearer than what is not
        prices = replace(prices, input=max(prices.input, prices.cached))
    dollars = cost_in_dollars(dearest, address=model.address, model_asked=model.name, asked_at=at, prices=prices)
    return Most(read + written, shared(dollars, share))


def within(question: Question) -> Question:
    """With a limit on the length of the reply, so that its cost has one too."""
    return replace(question, parameters={LENGTH: MOST_OUTPUT_TOKENS, **question.parameters})


def most_tokens(question: Question) -> int:
    return most_input(question) + most_output(question)


def most_input(question: Question) -> int:
    """No tokenizer makes more tokens of a text than it has bytes."""
    schema = _bytes(json.dumps(question.json_schema))  # twice, since some endpoints get it as words
    return _bytes(question.system) + len(whole_user_prompt(question).encode()) + 2 * schema + AROUND


def most_output(question: Question) -> int:
    return _limit(question.parameters, MOST_OUTPUT_TOKENS)


def checked(answer: Answer, question: Question) -> tuple[Answer, str]:
    """The answer with what it tells of its cost where that can be true, else with nothing told, and why."""
    read, written = answer.input_tokens, answer.output_tokens
    if read is None or written is None:
        return _untold(answer), ""
    if 0 < read <= most_input(question) and written <= _limit(answer.parameters_sent, UNLIMITED):
        cached = None if answer.cached_tokens is None else min(answer.cached_tokens, read)
        reasoning = None if answer.reasoning_tokens is None else min(answer.reasoning_tokens, written)
        return replace(answer, cached_tokens=cached, reasoning_tokens=reasoning), ""
    return _untold(answer), NOT_TRUE.format(f"{read:,} tokens read, {written:,} written")


def _untold(answer: Answer) -> Answer:
    return replace(answer, input_tokens=None, cached_tokens=None, output_tokens=None, reasoning_tokens=None)


def _limit(parameters: Mapping[str, Any], otherwise: int) -> int:
    return int(parameters.get(LENGTH, parameters.get("max_tokens", otherwise)))


@lru_cache(maxsize=64)
def _bytes(text: str) -> int:
    """Of what is the same for a whole run."""
    return len(text.encode())
