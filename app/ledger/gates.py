"""How many calls an endpoint gets at once, and when it wants none: for all workers of all machines together.

Who goes through takes the row of the gate, counts who is in, and commits its own place before the row is let go.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.ledger.models import CallUnderWay, ModelEndpoint, ModelGate

SERVER = "server"
FULL_SECONDS = 0.2  # until it is worth looking again whether somebody came out
LONGEST_HOLD_SECONDS = 3600.0


@dataclass(frozen=True)
class Gate:
    """key '': no limit is kept."""

    key: str = ""
    most_at_once: int = 0


OPEN = Gate()


def gate_of(endpoint: ModelEndpoint | None, *, most_at_once: int) -> Gate:
    """most_at_once: of the model that the settings of the server name."""
    if endpoint is None:
        return Gate(SERVER, most_at_once)
    return Gate(_key(endpoint.id), endpoint.most_at_once)


def forget_gates(session: Session, study_id: int) -> None:
    """Of a study that is deleted: a gate belongs to no study by itself."""
    ids = session.scalars(select(ModelEndpoint.id).where(ModelEndpoint.study_id == study_id)).all()
    session.execute(delete(ModelGate).where(ModelGate.key.in_([_key(each) for each in ids])))


def _key(endpoint_id: int) -> str:
    return f"endpoint:{endpoint_id}"


def seconds_to_wait(session: Session, gate: Gate) -> float:
    """0: there is a place, and it stays free until the transaction ends."""
    if not gate.key:
        return 0.0
    now, not_before = _held(session, gate)
    if not_before is not None and not_before > now:
        return (not_before - now).total_seconds()
    within = select(func.count()).where(CallUnderWay.gate == gate.key, CallUnderWay.leased_until > now)
    return FULL_SECONDS if session.scalars(within).one() >= gate.most_at_once else 0.0


@dataclass(frozen=True)
class Standing:
    """not_before: when the gate opens, where that is still to come. purses: whose calls are in."""

    not_before: datetime | None
    taken: int
    purses: frozenset[int]


def standing_at(session: Session, keys: Collection[str], purse_kind: str) -> dict[str, Standing]:
    """How it stands at gates, for whoever only looks. purses are those of this kind."""
    if not keys:
        return {}
    now = func.clock_timestamp()
    opens = session.execute(
        select(ModelGate.key, ModelGate.not_before).where(ModelGate.key.in_(keys), ModelGate.not_before > now)
    )
    closed = {row.key: row.not_before for row in opens}
    within: dict[str, list[int | None]] = {key: [] for key in keys}
    rows = session.execute(
        select(CallUnderWay.gate, CallUnderWay.purse_kind, CallUnderWay.purse_id).where(
            CallUnderWay.gate.in_(keys), CallUnderWay.leased_until > now
        )
    )
    for key, kind, purse_id in rows:
        within[key].append(purse_id if kind == purse_kind else None)
    return {
        key: Standing(closed.get(key), len(purses), frozenset(one for one in purses if one is not None))
        for key, purses in within.items()
    }


def hold_back(session: Session, gate: Gate, seconds: float) -> None:
    """The endpoint asked everybody to wait."""
    if not gate.key or seconds <= 0:
        return
    until = func.clock_timestamp() + timedelta(seconds=min(seconds, LONGEST_HOLD_SECONDS))
    later = func.greatest(ModelGate.not_before, until)
    _held(session, gate)
    session.execute(update(ModelGate).where(ModelGate.key == gate.key).values(not_before=later))


def _held(session: Session, gate: Gate) -> tuple[datetime, datetime | None]:
    """(the database's clock, when the gate opens)"""
    row = select(func.clock_timestamp(), ModelGate.not_before).where(ModelGate.key == gate.key).with_for_update()
    found = session.execute(row).first()
    if found is None:
        session.execute(insert(ModelGate).values(key=gate.key).on_conflict_do_nothing())
        found = session.execute(row).one()
    return found[0], found[1]
