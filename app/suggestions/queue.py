"""The queue of a run: its waiting incidents, taken up a few at a time by whoever is at work on whichever machine.

Who takes one up holds it until due_at and renews that while alive. From a killed worker it comes back by itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, Select, exists, func, select, type_coerce, update
from sqlalchemy.orm import Session

from app.incidents.models import Incident
from app.ledger.accounts import Purse
from app.ledger.under_way import subjects_under_way, take_for_lost
from app.suggestions import queries
from app.suggestions.material import Material, Share, shares_of
from app.suggestions.models import RunIncident

NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True)
class Holding:
    """Who takes incidents up, and for how long at a time."""

    holder: UUID
    lease_seconds: float


def claim(session: Session, material: Material, holding: Holding, most: int) -> list[Share]:
    """Those that are due the longest. What somebody who died had begun about them is written down as lost.

    Picked in a part of its own: a plan that asked again which are due would skip what it has taken itself, and so take
    more than `most`.
    """
    due = (
        select(RunIncident.id)
        .where(*_waiting(material.study_id, material.run_id), RunIncident.due_at <= func.clock_timestamp())
        .order_by(RunIncident.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return _taken(session, material, holding, select(due.c.id))


def claim_one(session: Session, material: Material, holding: Holding, incident_id: int) -> list[Share]:
    """Due or not. Nothing where it does not wait."""
    this = select(RunIncident.id).where(
        *_waiting(material.study_id, material.run_id), RunIncident.incident_id == incident_id
    )
    return _taken(session, material, holding, this.with_for_update())


def put_off(
    session: Session, study_id: int, run_incident_id: int, seconds: float, *, problem: str, counted: int
) -> None:
    """Back into the queue, due after so long. problem: of the last attempt. counted: attempts to be added."""
    session.execute(
        update(RunIncident)
        .where(RunIncident.study_id == study_id, RunIncident.id == run_incident_id, RunIncident.state == "waiting")
        .values(
            holder=None,
            due_at=_in(seconds),
            problem=problem,
            attempts=RunIncident.attempts + counted,
            changed_at=func.clock_timestamp(),
        ),
        execution_options=NO_SYNC,
    )


def count_attempt(session: Session, study_id: int, run_incident_id: int) -> None:
    session.execute(
        update(RunIncident)
        .where(RunIncident.study_id == study_id, RunIncident.id == run_incident_id)
        .values(attempts=RunIncident.attempts + 1, changed_at=func.clock_timestamp()),
        execution_options=NO_SYNC,
    )


def let_go(session: Session, study_id: int, holder: UUID, shares: Sequence[Share]) -> None:
    """Back into the queue at once, as if they had not been taken."""
    if not shares:
        return
    ids = [share.run_incident_id for share in shares]
    own = select(RunIncident.id).where(
        RunIncident.study_id == study_id, RunIncident.id.in_(ids), RunIncident.holder == holder
    )
    session.execute(
        update(RunIncident).where(RunIncident.id.in_(in_order(own))).values(holder=None, due_at=func.clock_timestamp()),
        execution_options=NO_SYNC,
    )


def renew(session: Session, study_id: int, run_id: int, holding: Holding) -> None:
    own = select(RunIncident.id).where(*_waiting(study_id, run_id), RunIncident.holder == holding.holder)
    session.execute(
        update(RunIncident).where(RunIncident.id.in_(in_order(own))).values(due_at=_in(holding.lease_seconds)),
        execution_options=NO_SYNC,
    )


def in_order(of: Select[int]) -> Select[int]:
    """Their ids, locked in the order of these: who renews some and who cancels all do not wait for each other."""
    locked = of.order_by(RunIncident.id).with_for_update().cte("locked")
    return select(locked.c.id)


def is_waiting(session: Session, study_id: int, run_id: int) -> bool:
    """Whether anything is left to take up, now or later."""
    return bool(session.scalar(select(exists().where(*_waiting(study_id, run_id)))))


def seconds_to_next(session: Session, study_id: int, run_id: int) -> float | None:
    """Until something is due; None where nothing waits."""
    soonest = select(type_coerce(func.min(RunIncident.due_at) - func.clock_timestamp(), Interval)).where(
        *_waiting(study_id, run_id)
    )
    left = session.scalar(soonest)
    return None if left is None else max(left.total_seconds(), 0.0)


def sweep(session: Session, study_id: int, run_id: int) -> float | None:
    """Of a run that rests or is over: calls that a killed worker had begun are written down as lost, and what was
    reserved for them is no longer. Seconds until another may be; None: nothing of the run is under way.
    """
    under_way = subjects_under_way(session, study_id, Purse(queries.PURSE, run_id))
    given_up = [subject_id for subject_id, seconds in under_way if seconds <= 0]
    if given_up:
        rows = select(RunIncident.id).where(RunIncident.study_id == study_id, RunIncident.id.in_(given_up))
        session.execute(rows.order_by(RunIncident.id).with_for_update())  # before the calls, as whoever takes one up
        lost = take_for_lost(session, study_id, queries.SUBJECT, given_up, given_up=True)
        _count_lost(session, study_id, [call.subject_id for call in lost])
    return min((seconds for _, seconds in under_way if seconds > 0), default=None)


def _count_lost(session: Session, study_id: int, run_incident_ids: Collection[int | None]) -> None:
    """So that they are among the attempts since the incident was queued."""
    of_them = update(RunIncident).where(RunIncident.study_id == study_id, RunIncident.id.in_(run_incident_ids))
    session.execute(of_them.values(attempts=RunIncident.attempts + 1), execution_options=NO_SYNC)


def _taken(session: Session, material: Material, holding: Holding, which: Select[int]) -> list[Share]:
    rows = session.execute(
        update(RunIncident)
        .where(
            RunIncident.study_id == material.study_id,
            RunIncident.id.in_(which),
            Incident.study_id == RunIncident.study_id,
            Incident.id == RunIncident.incident_id,
        )
        .values(holder=holding.holder, due_at=_in(holding.lease_seconds))
        .returning(RunIncident.id, RunIncident.incident_id, RunIncident.attempts, Incident.text),
        execution_options=NO_SYNC,
    ).all()
    ids = [row.id for row in rows]
    lost = [call.subject_id for call in take_for_lost(session, material.study_id, queries.SUBJECT, ids)] if ids else []
    if lost:
        _count_lost(session, material.study_id, lost)
    return shares_of(
        session,
        material,
        [(row.id, row.incident_id, row.attempts + lost.count(row.id), row.text) for row in sorted(rows)],
    )


def _waiting(study_id: int, run_id: int) -> tuple[ColumnElement[bool], ...]:
    return RunIncident.study_id == study_id, RunIncident.run_id == run_id, RunIncident.state == "waiting"


def _in(seconds: float) -> ColumnElement[object]:
    return func.clock_timestamp() + timedelta(seconds=seconds)
