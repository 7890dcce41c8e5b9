"""What an answer cost, offline."""

from datetime import UTC, datetime
from decimal import Decimal

from app.llm.port import Answer
from app.llm.prices import cost_in_dollars, price_table

OPENAI = "https://api.openai.com/v1"
ASKED_AT = datetime(2026, 1, 2, tzinfo=UTC)


def answer(model: str, *, tokens: int | None = 1000) -> Answer:
    return Answer(
        text="{}",
        model_answered=model,
        parameters_sent={},
        input_tokens=tokens,
        cached_tokens=500,
        output_tokens=100,
    )


def test_cached_tokens_are_cheaper_than_fresh_ones() -> None:
    # 500 fresh at 0.15, 500 cached at 0.075, 100 out at 0.60 dollars a million
    cost = cost_in_dollars(answer("gpt-4o-mini"), address=OPENAI, model_asked="x", asked_at=ASKED_AT)

    assert cost == Decimal("0.0001725")


def test_the_model_as_asked_is_priced_when_the_answered_name_is_not_known() -> None:
    cost = cost_in_dollars(answer("mystery"), address=OPENAI, model_asked="gpt-4o-mini", asked_at=ASKED_AT)

    assert cost == Decimal("0.0001725")


def test_what_is_not_in_the_table_has_no_known_cost() -> None:
    local = "http://127.0.0.1:11434/v1"

    assert cost_in_dollars(answer("gpt-4o-mini"), address=local, model_asked="x", asked_at=ASKED_AT) is None
    assert cost_in_dollars(answer("mystery"), address=OPENAI, model_asked="mystery", asked_at=ASKED_AT) is None


def test_untold_tokens_have_no_known_cost() -> None:
    told = answer("gpt-4o-mini", tokens=None)

    assert cost_in_dollars(told, address=OPENAI, model_asked="gpt-4o-mini", asked_at=ASKED_AT) is None


def test_the_price_table_has_a_name() -> None:
    assert price_table().startswith("genai-prices ")
