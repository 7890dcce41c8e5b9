"""Writing the ledger: one row an attempt, failed ones too, and its cost on the accounts in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.ledger import accounts
from app.ledger.accounts import Purse, Reservation
from app.ledger.models import CallUnderWay, ModelCall
from app.ledger.usage import checked
from app.ledger.words import prompt_sha256, whole_user_prompt
from app.llm.port import Answer, Model, Question
from app.llm.prices import Prices, cost_in_dollars, price_table, shared
from app.llm.problems import AnswerNotReadable, ModelProblem, ModelUnreachable

LOST = "It was begun, and whoever made it ended before its answer was stored. It may have been paid for."
MAY_HAVE_COST = (ModelUnreachable, AnswerNotReadable)  # a call that was too slow is one that was not reached


@dataclass(frozen=True)
class CallContext:
    """Whose call it is and what it is about. attempt: 1, 2, 3 … for the subject. purse: what has a cap beside the
    study's. priced_as: the model's name in the price table, where it is asked under another. price_share: what is paid
    of the price of a single call; None: not known."""

    study_id: int
    member_id: int | None
    purpose: str
    subject_kind: str
    subject_id: int
    attempt: int
    sample: int = 1
    endpoint_id: int | None = None
    redaction: str = ""
    prices: Prices | None = None
    priced_as: str = ""
    purse: Purse | None = None
    price_share: Decimal | None = Decimal(1)


@dataclass(frozen=True)
class Asked:
    """A question that was put to a model, and what came of it: an answer, a problem, or both."""

    question: Question
    model: Model
    at: datetime
    seconds: float
    answer: Answer | None = None
    problem: ModelProblem | None = None

    @property
    def may_have_cost(self) -> bool:
        """A request that was turned away costs nothing; one whose answer never came may have been paid for."""
        return self.answer is not None or isinstance(self.problem, MAY_HAVE_COST)


def record_call(
    session: Session,
    context: CallContext,
    asked: Asked,
    *,
    outcome: str,
    problem: str = "",
    reserved: Reservation | None = None,
) -> ModelCall:
    """Everything that is known of the attempt. problem: in words, '' when there was none. reserved: settled by it."""
    user_prompt = whole_user_prompt(asked.question)
    call = ModelCall(
        study_id=context.study_id,
        member_id=context.member_id,
        purpose=context.purpose,
        subject_kind=context.subject_kind,
        subject_id=context.subject_id,
        attempt=context.attempt,
        sample=context.sample,
        endpoint_id=context.endpoint_id,
        address=asked.model.address,
        redaction=context.redaction,
        at=asked.at,
        outcome=outcome,
        problem=problem,
        system_prompt=asked.question.system,
        user_prompt=user_prompt,
        prompt_sha256=prompt_sha256(asked.question.system, user_prompt),
        model_asked=asked.model.name,
        seconds=asked.seconds,
        parameters=dict(asked.question.parameters),
        request_id=(asked.problem.request_id if asked.problem else None) or "",
        requests=asked.problem.requests if asked.problem else 1,
    )
    if asked.answer is not None:
        _add_answer(call, context, asked, asked.answer)
    accounts.settle(session, context.study_id, context.purse, call, reserved, may_have_cost=asked.may_have_cost)
    session.add(call)
    session.flush()
    return call


def record_lost(session: Session, found: CallUnderWay) -> ModelCall:
    """Of a call whose maker is gone. What was reserved for it stays counted as spent."""
    call = ModelCall(
        study_id=found.study_id,
        member_id=found.member_id,
        purpose=found.purpose,
        subject_kind=found.subject_kind,
        subject_id=found.subject_id,
        attempt=found.attempt,
        sample=found.sample,
        endpoint_id=found.endpoint_id,
        address=found.address,
        redaction=found.redaction,
        at=found.begun_at,
        outcome="lost",
        problem=LOST,
        system_prompt=found.system_prompt,
        user_prompt=found.user_prompt,
        prompt_sha256=prompt_sha256(found.system_prompt, found.user_prompt),
        model_asked=found.model_asked,
        parameters=found.parameters,
    )
    purse = Purse(found.purse_kind, found.purse_id) if found.purse_id is not None else None
    reserved = Reservation(found.reserved_tokens, found.reserved_usd)
    accounts.settle(session, found.study_id, purse, call, reserved, may_have_cost=True)
    session.add(call)
    session.flush()
    return call


def _add_answer(call: ModelCall, context: CallContext, asked: Asked, told: Answer) -> None:
    answer, why_not = checked(told, asked.question)
    call.problem = " ".join(words for words in (call.problem, why_not) if words)
    call.model_answered = answer.model_answered
    call.parameters = {**answer.parameters_sent, "dropped": list(answer.parameters_dropped)}
    call.raw_answer = answer.text or answer.refusal or ""
    call.request_id = answer.request_id or call.request_id
    call.fingerprint = answer.fingerprint or ""
    call.finish_reason = answer.finish_reason or ""
    call.requests = answer.requests
    call.input_tokens = answer.input_tokens
    call.cached_tokens = answer.cached_tokens
    call.output_tokens = answer.output_tokens
    call.reasoning_tokens = answer.reasoning_tokens
    cost = cost_in_dollars(
        answer, address=asked.model.address, model_asked=asked.model.name, asked_at=asked.at, prices=context.prices
    )
    call.cost_usd = shared(cost, context.price_share)
    call.price_table = price_table(context.prices, share=context.price_share)
