"""The cap on the tokens that a study may cost: reserved before a call, settled after it (promise 10).

A reservation is the most that the call can cost: a token is a byte at least, and the length of the reply is limited. So
the cap holds whatever the endpoint counts, and however many workers ask at the same moment.
"""

import json
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.ledger.actions import Asked, whole_user_prompt
from app.ledger.models import ModelCall
from app.llm.port import Question
from app.llm.problems import ModelProblem, ModelTooSlow, ModelUnreachable
from app.studies.models import Study
from app.suggestions.models import RunIncident

MOST_OUTPUT_TOKENS = 8_000
AROUND = 500  # what an endpoint adds around the messages
LENGTH = "max_completion_tokens"
REACHED = (
    "The study's cap of {cap:,} tokens is reached: {spent:,} are spent or under way, and the next call may take up to "
    "{wanted:,}. A lead can raise the cap under “What leaves for a model”; then resume."
)


@dataclass(frozen=True)
class Spending:
    """In tokens. untold: of calls that never said what they cost, counted at their most."""

    cap: int | None
    told: int
    untold: int
    reserved: int

    @property
    def spent(self) -> int:
        return self.told + self.untold

    def allows(self, wanted: int) -> bool:
        return self.cap is None or self.spent + self.reserved + wanted <= self.cap

    def may_allow(self, wanted: int) -> bool:
        """Once what is under way is settled."""
        return self.cap is None or self.spent + wanted <= self.cap


def spending(session: Session, study_id: int) -> Spending:
    cap = session.scalars(select(Study.token_cap).where(Study.id == study_id)).one()
    tokens = func.coalesce(ModelCall.input_tokens, 0) + func.coalesce(ModelCall.output_tokens, 0)
    told = session.scalar(select(func.coalesce(func.sum(tokens), 0)).where(ModelCall.study_id == study_id))
    untold, reserved = session.execute(
        select(
            func.coalesce(func.sum(RunIncident.untold_tokens), 0),
            func.coalesce(func.sum(RunIncident.reserved_tokens), 0),
        ).where(RunIncident.study_id == study_id)
    ).one()
    return Spending(cap, int(told or 0), int(untold), int(reserved))


def within(question: Question) -> Question:
    """With a limit on the length of the reply, so that its cost has one too."""
    return replace(question, parameters={LENGTH: MOST_OUTPUT_TOKENS, **question.parameters})


def most_tokens(question: Question) -> int:
    """No tokenizer makes more tokens of a text than it has bytes."""
    schema = json.dumps(question.json_schema)  # twice, since some endpoints get it as words
    words = question.system + whole_user_prompt(question) + schema + schema
    return len(words.encode()) + AROUND + int(question.parameters.get(LENGTH, MOST_OUTPUT_TOKENS))


def hold_cap(session: Session, study_id: int) -> int | None:
    """The cap; until the transaction ends nobody else reserves."""
    return session.scalars(select(Study.token_cap).where(Study.id == study_id).with_for_update(key_share=True)).one()


def reserve(session: Session, row: RunIncident, wanted: int) -> Spending | None:
    """None: reserved. Else what stands in the way. Call with the cap held.

    What a killed worker had reserved may have been spent: it stays counted.
    """
    row.untold_tokens, row.reserved_tokens = row.untold_tokens + row.reserved_tokens, 0
    session.flush()
    found = spending(session, row.study_id)
    if not found.allows(wanted):
        return found
    row.reserved_tokens = wanted
    session.flush()
    return None


def settle(row: RunIncident, asked: Asked) -> None:
    """The ledger knows now what it cost. Where nobody knows, all that was reserved counts as spent."""
    if row.reserved_tokens and _is_untold(asked):
        row.untold_tokens += row.reserved_tokens
    row.reserved_tokens = 0


def _is_untold(asked: Asked) -> bool:
    if asked.answer is not None:
        return asked.answer.input_tokens is None or asked.answer.output_tokens is None
    return _may_have_been_answered(asked.problem)


def _may_have_been_answered(problem: ModelProblem | None) -> bool:
    """A request that was turned away costs nothing; one whose answer never came may have been paid for."""
    return isinstance(problem, ModelTooSlow | ModelUnreachable)
