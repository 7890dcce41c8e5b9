"""What an answer cost: by the prices a lead entered, else by a price table that ships with the app.

Never asked for over the network.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from urllib.parse import urlsplit

from app.llm.port import Answer

MILLION = 1_000_000
ENTERED = "entered by a lead"
WHOLE, HALF = Decimal(1), Decimal("0.5")
HALF_PRICED = ("api.openai.com", ".openai.azure.com", ".services.ai.azure.com")


@dataclass(frozen=True)
class Prices:
    """Dollars a million tokens. cached: of input that the endpoint had in its cache."""

    input: Decimal
    cached: Decimal
    output: Decimal


def cost_in_dollars(
    answer: Answer, *, address: str, model_asked: str, asked_at: datetime, prices: Prices | None = None
) -> Decimal | None:
    """None is "unknown": an endpoint or a model that is not in the table, or tokens that were not told."""
    if answer.input_tokens is None or answer.output_tokens is None:
        return None
    if prices is not None:
        return _by_prices(prices, answer.input_tokens, answer.cached_tokens or 0, answer.output_tokens)
    for model in (answer.model_answered, answer.priced_as, model_asked):
        cost = _cost(answer, address, model, asked_at) if model else None
        if cost is not None:
            return cost
    return None


def shared(cost: Decimal | None, share: Decimal | None) -> Decimal | None:
    """share: what is paid of the price of a single call; None: not known, and so is the cost."""
    return None if cost is None or share is None else cost * share


def batch_share(address: str) -> Decimal | None:
    """What a batch costs there beside single calls, where the provider documents it for all its models."""
    host = (urlsplit(address).hostname or "").lower()
    return HALF if host.endswith(HALF_PRICED) else None


def price_table(prices: Prices | None = None, *, share: Decimal | None = WHOLE) -> str:
    """The name of the price table in use, to be stored beside every cost."""
    name = ENTERED if prices is not None else f"genai-prices {version('genai-prices')}"
    if share == WHOLE:
        return name
    return (
        f"{name}, the share that a batch costs not known"
        if share is None
        else f"{name}, × {share.normalize()} as a batch"
    )


def _by_prices(prices: Prices, read: int, cached: int, written: int) -> Decimal:
    cached = min(cached, read)
    return (prices.input * (read - cached) + prices.cached * cached + prices.output * written) / MILLION


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
