"""An estimate in words: the same on the page and on the command line."""

from decimal import Decimal

from app.suggestions.estimate import Between, Estimate
from app.web.wording import duration


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
