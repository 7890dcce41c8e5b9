"""The cap on the tokens that a study may cost: reserved before a call, settled after it (promise 10).

A reservation is the most that the call can cost: a token is a byte at least, and the length of the reply is limited. So
the cap holds whatever the endpoint counts, and however many workers ask at the same moment.
"""

import json
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.ledger.actions import Asked, whole_user_prompt
from app.ledger.models import ModelCall, TokenHold
from app.llm.port import Question
from app.llm.problems import ModelProblem, ModelTooSlow, ModelUnreachable
from app.studies.models import Study

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

    def reached(self, wanted: int) -> str:
        """What to tell of a call that the cap does not allow."""
        return REACHED.format(cap=self.cap, spent=self.spent + self.reserved, wanted=wanted)


def spending(session: Session, study_id: int) -> Spending:
    """In one look: a call that is settled meanwhile is counted once, as reserved or as told."""
    tokens = func.coalesce(ModelCall.input_tokens, 0) + func.coalesce(ModelCall.output_tokens, 0)
    told = select(func.coalesce(func.sum(tokens), 0)).where(ModelCall.study_id == study_id).scalar_subquery()
    found = session.execute(
        select(
            select(Study.token_cap).where(Study.id == study_id).scalar_subquery(),
            told,
            func.coalesce(func.sum(TokenHold.untold_tokens), 0),
            func.coalesce(func.sum(TokenHold.reserved_tokens), 0),
        ).where(TokenHold.study_id == study_id)
    ).one()
    cap, told_tokens, untold, reserved = found
    return Spending(cap, int(told_tokens), int(untold), int(reserved))


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


def reserve(session: Session, study_id: int, subject: tuple[str, int], wanted: int) -> Spending | None:
    """None: reserved. Else what stands in the way. Call with the cap held, and with the row of the subject locked.

    What a killed worker had reserved may have been spent: it stays counted.
    """
    hold = _hold_of(session, study_id, subject) or _new_hold(session, study_id, subject)
    hold.untold_tokens, hold.reserved_tokens = hold.untold_tokens + hold.reserved_tokens, 0
    session.flush()
    found = spending(session, study_id)
    if not found.allows(wanted):
        return found
    hold.reserved_tokens = wanted
    session.flush()
    return None


def settle(session: Session, study_id: int, subject: tuple[str, int], asked: Asked) -> None:
    """The ledger knows now what it cost. Where nobody knows, all that was reserved counts as spent."""
    hold = _hold_of(session, study_id, subject)
    if hold is None:
        return
    if hold.reserved_tokens and _is_untold(asked):
        hold.untold_tokens += hold.reserved_tokens
    hold.reserved_tokens = 0
    session.flush()


def _hold_of(session: Session, study_id: int, subject: tuple[str, int]) -> TokenHold | None:
    kind, subject_id = subject
    return session.scalar(
        select(TokenHold)
        .where(TokenHold.study_id == study_id, TokenHold.subject_kind == kind, TokenHold.subject_id == subject_id)
        .execution_options(populate_existing=True)
    )


def _new_hold(session: Session, study_id: int, subject: tuple[str, int]) -> TokenHold:
    kind, subject_id = subject
    hold = TokenHold(study_id=study_id, subject_kind=kind, subject_id=subject_id, reserved_tokens=0, untold_tokens=0)
    session.add(hold)
    session.flush()
    return hold


def _is_untold(asked: Asked) -> bool:
    if asked.answer is not None:
        return asked.answer.input_tokens is None or asked.answer.output_tokens is None
    return _may_have_been_answered(asked.problem)


def _may_have_been_answered(problem: ModelProblem | None) -> bool:
    """A request that was turned away costs nothing; one whose answer never came may have been paid for."""
    return isinstance(problem, ModelTooSlow | ModelUnreachable)
