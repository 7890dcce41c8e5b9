"""Writing the ledger: one row an attempt, failed ones too."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.ledger.models import ModelCall
from app.llm.port import Answer, Model, Question
from app.llm.prices import cost_in_dollars, price_table
from app.llm.problems import ModelProblem

TURN = "\n\n--- {} ---\n"


@dataclass(frozen=True)
class CallContext:
    """Whose call it was and what it was about. attempt: 1, 2, 3 … for the subject."""

    study_id: int
    member_id: int | None
    purpose: str
    subject_kind: str
    subject_id: int
    attempt: int


@dataclass(frozen=True)
class Asked:
    """A question that was put to a model, and what came of it: an answer, a problem, or both."""

    question: Question
    model: Model
    at: datetime
    seconds: float
    answer: Answer | None = None
    problem: ModelProblem | None = None


def record_call(session: Session, context: CallContext, asked: Asked, *, outcome: str, problem: str = "") -> ModelCall:
    """Everything that is known of the attempt. problem: in words, '' when there was none."""
    user_prompt = whole_user_prompt(asked.question)
    call = ModelCall(
        study_id=context.study_id,
        member_id=context.member_id,
        purpose=context.purpose,
        subject_kind=context.subject_kind,
        subject_id=context.subject_id,
        attempt=context.attempt,
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
    )
    if asked.answer is not None:
        _add_answer(call, asked, asked.answer)
    session.add(call)
    session.flush()
    return call


def whole_user_prompt(question: Question) -> str:
    """The user's message, and the further turns under it, each under a line that says whose it was."""
    return question.user + "".join(TURN.format(turn.speaker) + turn.text for turn in question.later_turns)


def prompt_sha256(system: str, user: str) -> str:
    """Of the stored prompts in UTF-8, with a zero byte between them."""
    return hashlib.sha256(system.encode() + b"\0" + user.encode()).hexdigest()


def _add_answer(call: ModelCall, asked: Asked, answer: Answer) -> None:
    call.model_answered = answer.model_answered
    call.parameters = {**answer.parameters_sent, "dropped": list(answer.parameters_dropped)}
    call.raw_answer = answer.text or answer.refusal or ""
    call.request_id = answer.request_id or call.request_id
    call.fingerprint = answer.fingerprint or ""
    call.finish_reason = answer.finish_reason or ""
    call.input_tokens = answer.input_tokens
    call.cached_tokens = answer.cached_tokens
    call.output_tokens = answer.output_tokens
    call.reasoning_tokens = answer.reasoning_tokens
    call.cost_usd = cost_in_dollars(
        answer, address=asked.model.address, model_asked=asked.model.name, asked_at=asked.at
    )
    call.price_table = price_table()
