"""A call is written down before it leaves and settled when its answer is stored; what is left of one was lost.

Between the two no transaction is open. Whoever makes calls holds them for a short time and renews that, so that what a
killed worker began is known for what it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Interval, delete, func, select, type_coerce, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.base import now
from app.ledger import budget
from app.ledger.accounts import Purse, Reservation
from app.ledger.actions import Asked, CallContext, record_call, record_lost
from app.ledger.budget import Spending
from app.ledger.gates import OPEN, Gate, hold_back, seconds_to_wait
from app.ledger.models import CallUnderWay, ModelCall
from app.ledger.usage import most_of
from app.ledger.words import whole_user_prompt
from app.llm.port import Model, Question
from app.llm.problems import ModelBusy

CAP_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Begun:
    """A call that may leave now."""

    id: int
    context: CallContext
    gate: Gate
    reserved: Reservation


@dataclass(frozen=True)
class NotNow:
    """problem '': time alone will do. Else a cap is reached, and somebody has to do something about it."""

    seconds: float
    problem: str = ""


def begin(
    session: Session,
    context: CallContext,
    question: Question,
    model: Model,
    *,
    holder: UUID,
    lease_seconds: float,
    gate: Gate = OPEN,
) -> Begun | NotNow:
    """Takes a place at the endpoint and reserves the most that the call can cost. Commit before it leaves."""
    wait = seconds_to_wait(session, gate)
    if wait > 0:
        return NotNow(wait)
    most = most_of(
        question, model, at=now(), prices=context.prices, priced_as=context.priced_as, share=context.price_share
    )
    reserved = budget.reserve(session, context.study_id, context.purse, most)
    if isinstance(reserved, Spending):
        return NotNow(CAP_WAIT_SECONDS, "" if reserved.may_allow(most) else reserved.reached(most))
    row = {
        "study_id": context.study_id,
        "holder": holder,
        "leased_until": func.clock_timestamp() + timedelta(seconds=lease_seconds),
        "gate": gate.key,
        "member_id": context.member_id,
        "purpose": context.purpose,
        "subject_kind": context.subject_kind,
        "subject_id": context.subject_id,
        "purse_kind": context.purse.kind if context.purse else "",
        "purse_id": context.purse.id if context.purse else None,
        "attempt": context.attempt,
        "sample": context.sample,
        "endpoint_id": context.endpoint_id,
        "address": model.address,
        "redaction": context.redaction,
        "model_asked": model.name,
        "parameters": dict(question.parameters),
        "system_prompt": question.system,
        "user_prompt": whole_user_prompt(question),
        "reserved_tokens": reserved.tokens,
        "reserved_usd": reserved.dollars,
    }
    made = session.execute(insert(CallUnderWay).values(row).returning(CallUnderWay.id)).scalar_one()
    return Begun(made, context, gate, reserved)


def end(session: Session, begun: Begun, asked: Asked, *, outcome: str, problem: str = "") -> ModelCall | None:
    """Into the ledger. None: it was taken for lost meanwhile, and stands there as that."""
    wait = asked.problem.retry_after_seconds if isinstance(asked.problem, ModelBusy) else None
    if wait is not None:
        hold_back(session, begun.gate, wait)
    of_it = delete(CallUnderWay).where(CallUnderWay.id == begun.id).returning(CallUnderWay.id)
    if session.execute(of_it).first() is None:
        return None
    return record_call(session, begun.context, asked, outcome=outcome, problem=problem, reserved=begun.reserved)


def renew(session: Session, holder: UUID, lease_seconds: float) -> None:
    until = func.clock_timestamp() + timedelta(seconds=lease_seconds)
    session.execute(update(CallUnderWay).where(CallUnderWay.holder == holder).values(leased_until=until))


def subjects_under_way(session: Session, study_id: int, purse: Purse) -> list[tuple[int, float]]:
    """(subject, seconds until its maker would have to give a sign; none left: it gave none) of calls of this purse."""
    left = type_coerce(CallUnderWay.leased_until - func.clock_timestamp(), Interval)
    rows = session.execute(
        select(CallUnderWay.subject_id, left)
        .where(
            CallUnderWay.study_id == study_id,
            CallUnderWay.purse_kind == purse.kind,
            CallUnderWay.purse_id == purse.id,
        )
        .order_by(CallUnderWay.subject_id)
    )
    return [(subject_id, max(span.total_seconds(), 0.0)) for subject_id, span in rows]


def take_for_lost(
    session: Session, study_id: int, subject_kind: str, subject_ids: Collection[int], *, given_up: bool = False
) -> list[ModelCall]:
    """Calls about these subjects that nobody makes any more: for whoever has just taken the subjects up.

    given_up: only those whose maker has given no sign for too long, for whoever has not.
    """
    query = select(CallUnderWay).where(
        CallUnderWay.study_id == study_id,
        CallUnderWay.subject_kind == subject_kind,
        CallUnderWay.subject_id.in_(subject_ids),
    )
    if given_up:
        query = query.where(CallUnderWay.leased_until <= func.clock_timestamp())
    found = session.scalars(query.order_by(CallUnderWay.id).with_for_update()).all()
    lost = [record_lost(session, each) for each in found]
    for each in found:
        session.delete(each)
    session.flush()
    return lost
