"""An estimate in words: the same on the page and on the command line."""

from decimal import Decimal

from app.ledger.budget import Spending
from app.suggestions.estimate import Between, Estimate
from app.web.wording import duration

NO_PRICE = (
    "A cap in dollars holds here, and what this model costs is not known, so the run would pause before its first "
    "call. A lead enters its prices under Settings, Models."
)


def estimate_lines(estimate: Estimate) -> list[tuple[str, str]]:
    """(what, how much)"""
    return [
        ("Incidents", f"{estimate.incidents:,}"),
        ("Calls", f"{estimate.calls:,}"),
        ("Tokens sent", _between(estimate.input_tokens)),
        ("Tokens received", _between(estimate.output_tokens)),
        ("Cost", _cost(estimate)),
        ("Time", _time(estimate)),
    ]


def how_estimated(estimate: Estimate) -> str:
    """What the figures rest on."""
    if estimate.learnt:
        tokens = f"Tokens by what the last {estimate.learnt} calls of this model took here for their bytes."
    else:
        tokens = "Tokens by bytes: too few calls of this model tell its own measure, so 3 to 5 bytes are taken as one."
    if estimate.is_sampled:
        prompts = (
            f"The prompts of {estimate.measured:,} incidents, evenly spread, were made and stand for all "
            f"{estimate.incidents:,}."
        )
    else:
        prompts = "Each prompt was made and measured."
    return (
        f"{tokens} {prompts} Repairs and repeats after errors come on top; what the endpoint keeps in its prompt cache "
        "costs less."
    )


def beyond_words(estimate: Estimate, *, token_cap: int | None, cost_cap: Decimal | None, left: Spending) -> list[str]:
    """A sentence for each cap that the run may pass. token_cap, cost_cap: its own. left: how the study stands.

    Of the study's caps that is left which is neither spent nor reserved for calls under way.
    """
    pauses = "The run pauses there, and nothing beyond it is asked."
    found = [f"This may pass the run’s own cap of {cap}. {pauses}" for cap in estimate.passes(token_cap, cost_cap)]
    tokens = None if left.cap is None else max(left.cap - left.spent - left.reserved, 0)
    dollars = None if left.cost_cap is None else max(left.cost_cap - left.spent_usd - left.reserved_usd, Decimal())
    found += [
        f"This may pass what is left of the study’s cap, {cap}. {pauses}" for cap in estimate.passes(tokens, dollars)
    ]
    if estimate.dollars is None and (cost_cap is not None or dollars is not None):
        found.append(NO_PRICE)
    return found


def _between(range_: Between) -> str:
    return f"{range_.low:,} to {range_.high:,}" if range_.low != range_.high else f"{range_.low:,}"


def _cost(estimate: Estimate) -> str:
    if estimate.dollars is None:
        return "unknown: no price of this model is known"
    low, high = estimate.dollars
    return f"{_dollars(low)} to {_dollars(high)}" if low != high else _dollars(low)


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def _time(estimate: Estimate) -> str:
    if estimate.is_batch:
        return "up to a day, as a batch"
    if estimate.seconds is None:
        return "unknown: too few calls of this model tell how long one takes"
    return f"about {duration(estimate.seconds)}, {estimate.at_once} at once"
