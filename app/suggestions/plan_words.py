"""What was said of a run, in words: for the page that asks whether to start it, and for the run's own."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.suggestions.run_plan import LENGTH
from app.web.wording import dollars

PARAMETER_WORDS = {
    "temperature": "temperature",
    "seed": "seed",
    LENGTH: "at most so many tokens of reply",
    "reasoning_effort": "reasoning effort",
}
FILTERS = ("cohort", "service", "severity")


def choice_words(chosen: Mapping[str, Any]) -> str:
    """Of a Choice as it is stored; an older run has none."""
    if not chosen:
        return "those without suggestions"
    which = "all of the round" if chosen.get("which") == "all" else "those without suggestions"
    narrowed = [f"{name} {chosen[name]}" for name in FILTERS if chosen.get(name)]
    if chosen.get("words"):
        narrowed.append(f"with “{chosen['words']}”")
    said = ", ".join([which, *narrowed])
    if chosen.get("sample") is not None:
        said = f"{chosen['sample']:,} drawn by seed {chosen.get('seed', 0)} from {said}"
    return f"the first {chosen['first']:,} of {said}" if chosen.get("first") is not None else said


def parameter_words(parameters: Mapping[str, Any]) -> str:
    said = [f"{PARAMETER_WORDS.get(name, name)} {value}" for name, value in parameters.items()]
    return ", ".join(said) or "none sent"


def cap_words(token_cap: int | None, cost_cap: Decimal | None) -> str:
    said = [f"{token_cap:,} tokens"] if token_cap is not None else []
    if cost_cap is not None:
        said.append(dollars(cost_cap))
    return " and ".join(said) or "none of its own"


def mode_words(mode: str) -> str:
    return "as a batch" if mode == "batch" else "live"


def use_words(*, is_offered: bool) -> str:
    return "offered to the coders" if is_offered else "only measured"


def sample_words(samples: int) -> str:
    return "once" if samples == 1 else f"{samples} times"


def dimension_words(names: Sequence[str]) -> str:
    return ", ".join(names) or "all of the round"
