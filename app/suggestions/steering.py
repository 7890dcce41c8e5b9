"""Pausing, resuming and cancelling a run, and asking again for what came to nothing in it.

Each takes the run first and its queue after it. Who is at work on it looks before every call and stops after it.
"""

from typing import Any

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from app.db.base import now
from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads
from app.suggestions import policy, queries
from app.suggestions.jobs import defer_run
from app.suggestions.keeping import locked_run, tell_watchers
from app.suggestions.models import CAME_TO_NOTHING, RunIncident, SuggestionRun
from app.suggestions.queue import NO_SYNC, in_order, is_waiting


def pause_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    """What is under way comes to its end; nothing more is asked until somebody resumes the run."""
    run = _taken(session, viewer, coding_round, run_id)
    if run.state != "running":
        raise policy.NotRunning
    run.state, run.problem = "paused", ""
    session.flush()
    _record(session, viewer, coding_round, "suggestions.paused", run)


def resume_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    """Goes on with a run that paused; of one that ended it asks again for what came to nothing."""
    run = _taken(session, viewer, coding_round, run_id)
    if run.state == "done":
        return retry_failed(session, viewer, coding_round, run_id)
    if run.state != "paused":
        raise policy.NotPaused
    policy.check_may_go_on(coding_round, run)
    if not is_waiting(session, run.study_id, run.id) and not _put_back(session, run):
        raise policy.NothingToAsk
    _go_on(session, run)
    _record(session, viewer, coding_round, "suggestions.resumed", run)


def retry_failed(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    """Puts back into the queue what came to nothing. A paused run stays paused."""
    run = _taken(session, viewer, coding_round, run_id)
    if run.state == "cancelled":
        raise policy.RunIsOver
    policy.check_may_go_on(coding_round, run)
    again = _put_back(session, run)
    if not again:
        raise policy.NothingToAsk
    if run.state != "paused":
        _go_on(session, run)
    _record(session, viewer, coding_round, "suggestions.retried", run, incidents=again)


def cancel_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    """For good. What was suggested stays; an answer that is under way is paid for, and only the ledger keeps it."""
    run = _taken(session, viewer, coding_round, run_id)
    if run.state not in ("running", "paused"):
        raise policy.RunIsOver
    left = _set(session, run, ("waiting",), state="cancelled", holder=None)
    run.state, run.problem, run.ended_at = "cancelled", "", now()
    session.flush()
    if run.source == "model":
        defer_run(session, run, incidents=min(left, 1))  # cancels its batches, and settles what a killed worker left
    _record(session, viewer, coding_round, "suggestions.cancelled", run, incidents=left)


def _taken(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> SuggestionRun:
    check_leads(viewer)
    queries.run_of_round(session, coding_round, run_id)
    return locked_run(session, coding_round.study_id, run_id)


def _put_back(session: Session, run: SuggestionRun) -> int:
    again = {"state": "waiting", "attempts": 0, "problem": "", "due_at": func.clock_timestamp(), "holder": None}
    return _set(session, run, CAME_TO_NOTHING, **again)


def _set(session: Session, run: SuggestionRun, states: tuple[str, ...], **changes: object) -> int:
    of_run = select(RunIncident.id).where(
        RunIncident.study_id == run.study_id, RunIncident.run_id == run.id, RunIncident.state.in_(states)
    )
    changed = session.execute(
        update(RunIncident)
        .where(RunIncident.id.in_(in_order(of_run)))
        .values(changed_at=func.clock_timestamp(), **changes),
        execution_options=NO_SYNC,
    )
    assert isinstance(changed, CursorResult)
    return changed.rowcount


def _go_on(session: Session, run: SuggestionRun) -> None:
    run.state, run.problem, run.ended_at = "running", "", None
    session.flush()
    defer_run(session, run, incidents=queries.counts_of(session, run)["waiting"])


def _record(
    session: Session, viewer: Viewer, coding_round: Round, kind: str, run: SuggestionRun, **details: Any
) -> None:
    subject = ("suggestion_run", run.id)
    about: dict[str, Any] = {"round": coding_round.number, "source": run.source, **details}
    record(session, coding_round.study_id, viewer.member, kind, subject=subject, **about)
    tell_watchers(session, coding_round.id)
