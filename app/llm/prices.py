"""What an answer cost, by a price table that ships with the app; never asked for over the network."""

from datetime import datetime
from decimal import Decimal
from importlib.metadata import version

from app.llm.port import Answer


def cost_in_dollars(answer: Answer, *, address: str, model_asked: str, asked_at: datetime) -> Decimal | None:
    """None is "unknown": an endpoint or a model that is not in the table, or tokens that were not told."""
    if answer.input_tokens is None or answer.output_tokens is None:
        return None
    for model in (answer.model_answered, model_asked):
        cost = _cost(answer, address, model, asked_at)
        if cost is not None:
            return cost
    return None


def price_table() -> str:
    """The name of the price table in use, to be stored beside every cost."""
    return f"genai-prices {version('genai-prices')}"


def _cost(answer: Answer, address: str, model: str, asked_at: datetime) -> Decimal | None:
    from genai_prices import Usage, calc_price  # half a second to import; only who pays needs it

    usage = Usage(
        input_tokens=answer.input_tokens,
        cache_read_tokens=min(answer.cached_tokens or 0, answer.input_tokens or 0),
        output_tokens=answer.output_tokens,
    )
    try:
        price = calc_price(usage, model, provider_api_url=address, genai_request_timestamp=asked_at)
    except (LookupError, ValueError):
        return None
    return price.total_price
