"""What calls cost a study and its runs: two rows that every call touches, so that nothing is ever added up.

A call that is under way is reserved on both at the most that it can cost, and settled on both with its row of the
ledger. The rows are locked in the order of their ids, from before what they allow is looked at until the commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.base import rows_of
from app.ledger.models import ModelAccount, ModelCall
from app.ledger.usage import Most

NOTHING = Decimal()


@dataclass(frozen=True)
class Purse:
    """Something within a study that has an account of its own, and may have caps of its own."""

    kind: str
    id: int
    token_cap: int | None = None
    cost_cap_usd: Decimal | None = None


@dataclass(frozen=True)
class Reservation:
    """dollars None: the price is not known."""

    tokens: int
    dollars: Decimal | None


def account_of(session: Session, study_id: int, kind: str, subject_id: int) -> ModelAccount | None:
    return session.scalar(
        select(ModelAccount)
        .where(
            ModelAccount.study_id == study_id, ModelAccount.subject_kind == kind, ModelAccount.subject_id == subject_id
        )
        .execution_options(populate_existing=True)
    )


def hold_accounts(session: Session, study_id: int, purse: Purse | None) -> list[ModelAccount]:
    """Of the study, then of the purse; until the transaction ends nobody else reserves or settles on them.

    That of a purse is made only by whoever holds that of its study: else one who has made it waits for the study's, and
    one who has the study's waits to see whether the purse's is made.
    """
    keys = _keys(study_id, purse)
    held = _held(session, study_id, keys)
    if len(held) < len(keys):
        for place, (kind, key) in enumerate(keys, start=1):
            row = {"study_id": study_id, "subject_kind": kind, "subject_id": key}
            session.execute(insert(ModelAccount).values(row).on_conflict_do_nothing())
            held = _held(session, study_id, keys[:place])
    return held


def reserve(session: Session, accounts: list[ModelAccount], most: Most) -> Reservation:
    """Of accounts that are held, and that allow it."""
    _add(
        session, [one.id for one in accounts], {"reserved_tokens": most.tokens, "reserved_usd": most.dollars or NOTHING}
    )
    return Reservation(most.tokens, most.dollars)


def settle(
    session: Session,
    study_id: int,
    purse: Purse | None,
    call: ModelCall,
    reserved: Reservation | None,
    *,
    may_have_cost: bool,
) -> None:
    """The ledger knows now what it cost. Where nobody knows, all that was reserved counts as spent."""
    ids = [one.id for one in hold_accounts(session, study_id, purse)]
    more: dict[str, Any] = {"calls": 1, "lost": int(call.outcome == "lost")}
    if reserved is not None:
        more |= {"reserved_tokens": -reserved.tokens, "reserved_usd": -(reserved.dollars or NOTHING)}
    if call.input_tokens is not None and call.output_tokens is not None:
        more |= {
            "input_tokens": call.input_tokens,
            "cached_tokens": call.cached_tokens or 0,
            "output_tokens": call.output_tokens,
            "told_usd": _counted(call.cost_usd, reserved),
            "unpriced": int(call.cost_usd is None),
        }
    elif may_have_cost:
        more |= {"untold_tokens": reserved.tokens if reserved else 0}
        more |= {"untold_usd": (reserved.dollars if reserved else None) or NOTHING, "unpriced": 1}
    _add(session, ids, more)


def _counted(cost: Decimal | None, reserved: Reservation | None) -> Decimal:
    """Money is counted at the price of the model that was asked: a dearer name in the answer does not pass a cap."""
    if cost is None or reserved is None or reserved.dollars is None:
        return cost or NOTHING
    return min(cost, reserved.dollars)


def _keys(study_id: int, purse: Purse | None) -> list[tuple[str, int]]:
    of_study = [("study", study_id)]
    return [*of_study, (purse.kind, purse.id)] if purse is not None else of_study


def _held(session: Session, study_id: int, keys: list[tuple[str, int]]) -> list[ModelAccount]:
    rows = session.scalars(
        select(ModelAccount)
        .where(
            ModelAccount.study_id == study_id,
            tuple_(ModelAccount.subject_kind, ModelAccount.subject_id).in_(keys),
        )
        .order_by(ModelAccount.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    found = {(one.subject_kind, one.subject_id): one for one in rows}
    return [found[key] for key in keys if key in found]


def _add(session: Session, ids: list[int], more: Mapping[str, Any]) -> None:
    table = rows_of(ModelAccount)
    changes = {name: table.c[name] + amount for name, amount in more.items() if amount}
    session.execute(
        update(ModelAccount).where(ModelAccount.id.in_(ids)).values(changes),
        execution_options={"synchronize_session": False},
    )
