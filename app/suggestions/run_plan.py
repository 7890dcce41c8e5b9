"""What a lead says of a run before it starts, and what of it cannot be had."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.queries import current_seq, disclosed_codebook
from app.ledger.endpoints import endpoint_of
from app.llm.batches import batch_endpoint
from app.problems import Invalid, NotFound
from app.rounds.models import Round
from app.rounds.queries import frozen_seq
from app.suggestions import prompt_templates
from app.suggestions.choosing import Choice
from app.suggestions.examples import MOST_EXAMPLES, chosen_examples, examples_available
from app.suggestions.models import PromptTemplate
from app.suggestions.prompt import DimensionEntry
from app.suggestions.run_prompts import dimensions_to_ask

USUAL_PARAMETERS: Mapping[str, Any] = {"temperature": 0}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
LENGTH = "max_completion_tokens"
MOST_LENGTH = 200_000
MOST_SAMPLES = 5
HIGHEST_TOKEN_CAP = 10**12
HIGHEST_COST_CAP = Decimal(100_000)
LEAST_COST_CAP = Decimal("0.00000001")  # the database keeps no smaller one
MODES = ("live", "batch")
TOO_FEW_EXAMPLES = (
    "Settled incidents outside this run that can be shown as examples: {}. Take no more than these, or none."
)


class NoDimension(Invalid):
    """Tick at least one dimension that this round asks."""


class TemperatureNotUsable(Invalid):
    """A temperature is a number from 0 to 2. Blank: the endpoint's own."""


class SeedNotUsable(Invalid):
    """A seed is a whole number, zero or more. Blank: none is sent."""


class LengthNotUsable(Invalid):
    """The longest reply is a whole number of tokens from 1 to 200,000. Blank: the endpoint's own."""


class EffortNotUsable(Invalid):
    """The endpoint knows none, minimal, low, medium, high or xhigh as an effort. Blank: its own."""


class SamplesNotUsable(Invalid):
    """An incident is asked once, or up to five times."""


class TokenCapNotUsable(Invalid):
    """A cap is a whole number of tokens, at least one. Blank: only the study's own holds."""


class CostCapNotUsable(Invalid):
    """A cap is an amount of dollars above zero and up to 100,000, such as 12.50. Blank: only the study's own holds."""


class NoSuchTemplate(Invalid):
    """There is no such version of the instructions in this study."""


class ExamplesNotUsable(Invalid):
    """This study has not so many settled incidents to show as examples outside this run."""


class NoBatches(Invalid):
    """This endpoint was not said to take batches. Ask live, or say so under Settings, Models."""


class NoBatchesThere(Invalid):
    """At this address batches are not known to work: Azure takes them where it ends in /openai/v1, Amazon Bedrock takes
    none in this way. Ask live."""


@dataclass(frozen=True)
class RunPlan:
    """model '': similar incidents are looked up instead. endpoint_id None: the model that the server's settings name.

    dimension_ids: empty for all that the round asks. parameters: by their names on the wire, only those given are
    sent. prompt_template_id None: the instructions that ship with the app. examples: how many settled incidents are
    shown to the model.
    """

    model: str
    endpoint_id: int | None = None
    choice: Choice = field(default_factory=Choice)
    dimension_ids: tuple[int, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=lambda: dict(USUAL_PARAMETERS))
    prompt_template_id: int | None = None
    examples: int = 0
    samples: int = 1
    token_cap: int | None = None
    cost_cap_usd: Decimal | None = None
    mode: str = "live"
    is_offered: bool = True


def check_plan(session: Session, coding_round: Round, plan: RunPlan) -> None:
    """Raises the first thing that cannot be had, in the order of the form."""
    _check_dimensions(session, coding_round, plan)
    _check_parameters(plan.parameters)
    if not 1 <= plan.samples <= MOST_SAMPLES:
        raise SamplesNotUsable
    if not 0 <= plan.examples <= MOST_EXAMPLES:
        raise ExamplesNotUsable(f"At most {MOST_EXAMPLES} examples are shown.")
    if plan.token_cap is not None and not 1 <= plan.token_cap <= HIGHEST_TOKEN_CAP:
        raise TokenCapNotUsable
    cap = plan.cost_cap_usd
    if cap is not None and not (cap.is_finite() and LEAST_COST_CAP <= cap <= HIGHEST_COST_CAP):
        raise CostCapNotUsable
    template_of(session, coding_round.study_id, plan.prompt_template_id)
    _check_mode(session, coding_round, plan)


def template_of(session: Session, study_id: int, template_id: int | None) -> PromptTemplate | None:
    """None: the instructions that ship with the app. Raises NoSuchTemplate."""
    if template_id is None:
        return None
    try:
        return prompt_templates.template_of(session, study_id, template_id)
    except NotFound:
        raise NoSuchTemplate from None


def seq_of(session: Session, coding_round: Round) -> int:
    """Of the codebook that a run asks by that starts now."""
    frozen = frozen_seq(session, coding_round)
    return frozen if frozen is not None else current_seq(session, coding_round.study_id)


def example_ids(session: Session, coding_round: Round, plan: RunPlan, asked: Collection[int]) -> list[int]:
    """The settled incidents that are shown as examples: none of those asked, and the same for the same round.

    Raises ExamplesNotUsable.
    """
    if not plan.examples or not plan.model:
        return []
    there = examples_available(session, coding_round.study_id, coding_round, without=asked)
    if len(there) < plan.examples:
        raise ExamplesNotUsable(TOO_FEW_EXAMPLES.format(len(there)))
    return chosen_examples(there, plan.examples, seed=coding_round.seed)


def dimensions_of(session: Session, coding_round: Round) -> tuple[DimensionEntry, ...]:
    """Those that a run of the round may ask, in the study's order."""
    codebook = disclosed_codebook(session, coding_round.study_id, seq=seq_of(session, coding_round))
    return dimensions_to_ask(codebook, coding_round)


def _check_dimensions(session: Session, coding_round: Round, plan: RunPlan) -> None:
    there = {one.id for one in dimensions_of(session, coding_round)}
    if not there or not set(plan.dimension_ids) <= there:
        raise NoDimension


def _check_parameters(parameters: Mapping[str, Any]) -> None:
    temperature, seed = parameters.get("temperature"), parameters.get("seed")
    length, effort = parameters.get(LENGTH), parameters.get("reasoning_effort")
    if temperature is not None and not 0 <= temperature <= 2:
        raise TemperatureNotUsable
    if seed is not None and not 0 <= seed < 2**63:
        raise SeedNotUsable
    if length is not None and not 1 <= length <= MOST_LENGTH:
        raise LengthNotUsable
    if effort is not None and effort not in EFFORTS:
        raise EffortNotUsable


def _check_mode(session: Session, coding_round: Round, plan: RunPlan) -> None:
    endpoint = endpoint_of(session, coding_round.study_id, plan.endpoint_id) if plan.endpoint_id is not None else None
    if plan.mode not in MODES or (plan.mode == "batch" and (endpoint is None or not endpoint.takes_batches)):
        raise NoBatches
    if plan.mode == "batch" and endpoint is not None and batch_endpoint(endpoint.base_url) is None:
        raise NoBatchesThere
