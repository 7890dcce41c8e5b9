"""What a run will take, told before it starts: tokens, money and time, each as far as it can be known.

Tokens: where this study has calls of the same model, by what its tokenizer made of the bytes of their prompts; else
English text has about four bytes a token, and names and marks have fewer, so that 3 to 5 bytes a token are taken.
Source of the four: OpenAI, "What are tokens and how to count them" (help pages). Repairs and repeats after errors come
on top, and what an endpoint has in its prompt cache costs less; neither is counted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.base import now
from app.incidents.models import Incident
from app.ledger.endpoints import prices_of
from app.ledger.models import ModelCall
from app.llm.port import Answer
from app.llm.prices import cost_in_dollars
from app.suggestions.preview import Prompting
from app.suggestions.run_plan import LENGTH, RunPlan
from app.suggestions.sources import Source
from app.web.wording import dollars

MOST_MEASURED = 200  # incidents whose prompts are made; of more, so many are taken at even distances
FEWEST_CALLS = 5  # from so many on their tokens say more than their bytes
NEWEST_CALLS = 200
BYTES_A_TOKEN = (5.0, 3.0)
REPLY_TOKENS_A_DIMENSION = (60, 260)  # three quotes of 40 words at most, one sentence, the ids


class Between(NamedTuple):
    low: int
    high: int

    @property
    def middle(self) -> int:
        return (self.low + self.high) // 2


@dataclass(frozen=True)
class Learnt:
    """Of the newest calls of a model. bytes_a_token, output: the 10th and the 90th percentile of calls."""

    calls: int
    bytes_a_token: tuple[float, float]
    output: tuple[int, int]
    seconds: float | None


@dataclass(frozen=True)
class Estimate:
    """measured: of how many incidents the prompts were made. dollars None: the price is unknown. seconds None: unknown
    how long a call takes. learnt: from how many calls; 0: from bytes alone."""

    incidents: int
    calls: int
    measured: int
    input_tokens: Between
    output_tokens: Between
    dollars: tuple[Decimal, Decimal] | None
    seconds: float | None
    at_once: int | None
    learnt: int
    is_batch: bool

    @property
    def tokens(self) -> Between:
        return Between(self.input_tokens.low + self.output_tokens.low, self.input_tokens.high + self.output_tokens.high)

    @property
    def is_sampled(self) -> bool:
        return self.measured < self.incidents

    def passes(self, token_cap: int | None, cost_cap: Decimal | None) -> list[str]:
        """Which of the caps it may pass, in words."""
        found = []
        if token_cap is not None and self.tokens.high > token_cap:
            found.append(f"{token_cap:,} tokens")
        if cost_cap is not None and self.dollars is not None and self.dollars[1] > cost_cap:
            found.append(dollars(cost_cap))
        return found


def estimate_of(
    session: Session, study_id: int, plan: RunPlan, source: Source, prompting: Prompting, asked: Sequence[int]
) -> Estimate:
    """asked: the incidents of the plan."""
    sample = _evenly(asked, MOST_MEASURED)
    texts = session.scalars(select(Incident.text).where(Incident.study_id == study_id, Incident.id.in_(sample)))
    questions = [prompting.sent(text or "") for text in texts]
    prompts = sum(one.prompt_bytes for sent in questions for one in sent)
    learnt = learnt_of(session, study_id, source.model)
    calls = len(asked) * plan.samples * len(prompting.prompt.groups())
    share = len(asked) * plan.samples / max(len(questions), 1)
    if learnt:  # the tokens that were told include those of the schema
        read = Between(*(math.ceil(prompts * share / each) for each in learnt.bytes_a_token))
    else:
        whole = prompts + sum(one.schema_bytes for sent in questions for one in sent)
        read = Between(*(math.ceil(whole * share / each) for each in BYTES_A_TOKEN))
    written = _output(plan, prompting, learnt, calls)
    return Estimate(
        incidents=len(asked),
        calls=calls,
        measured=len(questions),
        input_tokens=read,
        output_tokens=written,
        dollars=_dollars(source, read, written, calls),
        seconds=_seconds(source, learnt, calls),
        at_once=source.most_at_once,
        learnt=learnt.calls if learnt else 0,
        is_batch=plan.mode == "batch",
    )


def learnt_of(session: Session, study_id: int, model: str) -> Learnt | None:
    """None: too few calls of this model in the study told their tokens."""
    newest = (
        select(
            (func.octet_length(ModelCall.system_prompt) + func.octet_length(ModelCall.user_prompt)).label("bytes"),
            ModelCall.input_tokens,
            ModelCall.output_tokens,
            ModelCall.seconds,
        )
        .where(
            ModelCall.study_id == study_id,
            ModelCall.model_asked == model,
            ModelCall.purpose == "suggest",
            ModelCall.input_tokens > 0,
            ModelCall.output_tokens.is_not(None),
        )
        .order_by(ModelCall.id.desc())
        .limit(NEWEST_CALLS)
        .subquery()
    )
    ratio = newest.c.bytes * 1.0 / newest.c.input_tokens
    tenths = (0.1, 0.9)
    row = session.execute(
        select(
            func.count(),
            *(func.percentile_cont(tenth).within_group(ratio) for tenth in tenths),
            *(func.percentile_cont(tenth).within_group(newest.c.output_tokens) for tenth in tenths),
            func.avg(newest.c.seconds),
        ).select_from(newest)
    ).one()
    calls, few, many, short, long, seconds = row
    if calls < FEWEST_CALLS:
        return None
    return Learnt(calls, (float(many), float(few)), (math.floor(short), math.ceil(long)), seconds)


def _evenly(ids: Sequence[int], most: int) -> list[int]:
    if len(ids) <= most:
        return list(ids)
    return [ids[place * len(ids) // most] for place in range(most)]


def _output(plan: RunPlan, prompting: Prompting, learnt: Learnt | None, calls: int) -> Between:
    """Tokens of a reply: as learnt, else by the dimensions that a call asks."""
    dimensions = len(prompting.prompt.groups()[0].dimensions)
    each = learnt.output if learnt else tuple(dimensions * one for one in REPLY_TOKENS_A_DIMENSION)
    length = plan.parameters.get(LENGTH)
    return Between(*(calls * (min(one, length) if length else one) for one in each))


def _dollars(source: Source, read: Between, written: Between, calls: int) -> tuple[Decimal, Decimal] | None:
    """Call by call: some price tables ask more of a long one."""
    low = _price(source, read.low // calls, written.low // calls)
    high = _price(source, math.ceil(read.high / calls), math.ceil(written.high / calls))
    return None if low is None or high is None else (low * calls, high * calls)


def _price(source: Source, read: int, written: int) -> Decimal | None:
    real = source.endpoint.real_model if source.endpoint else ""
    answer = Answer("", real or source.model, {}, input_tokens=read, output_tokens=written)
    prices = prices_of(source.endpoint) if source.endpoint else None
    return cost_in_dollars(answer, address=source.address, model_asked=source.model, asked_at=now(), prices=prices)


def _seconds(source: Source, learnt: Learnt | None, calls: int) -> float | None:
    if learnt is None or learnt.seconds is None or source.most_at_once is None:
        return None
    return learnt.seconds * math.ceil(calls / source.most_at_once)
