"""Stand-in until the queue has its own."""

from typing import Any

from sqlalchemy.orm import Session

from app.db.base import now
from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads
from app.suggestions import policy, queries
from app.suggestions.jobs import defer_run
from app.suggestions.models import CAME_TO_NOTHING, SuggestionRun


def pause_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    run = _held(session, viewer, coding_round, run_id)
    run.state = "paused"
    _record(session, viewer, coding_round, "suggestions.paused", run)


def resume_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    retry_failed(session, viewer, coding_round, run_id)


def cancel_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    run = _held(session, viewer, coding_round, run_id)
    run.state, run.ended_at = "cancelled", now()
    for row, _ in queries.run_incidents(session, run):
        if row.state == "waiting":
            row.state = "cancelled"
    _record(session, viewer, coding_round, "suggestions.cancelled", run)


def retry_failed(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    run = _held(session, viewer, coding_round, run_id)
    rows = [row for row, _ in queries.run_incidents(session, run) if row.state != "done"]
    if not rows:
        raise policy.NothingToAsk
    for row in rows:
        if row.state in CAME_TO_NOTHING:
            row.state, row.attempts, row.problem, row.changed_at = "waiting", 0, "", now()
    run.state, run.problem, run.ended_at = "running", "", None
    session.flush()
    defer_run(session, run, [row.incident_id for row in rows])
    _record(session, viewer, coding_round, "suggestions.resumed", run, incidents=len(rows))


def _held(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> SuggestionRun:
    check_leads(viewer)
    session.refresh(coding_round, with_for_update=True)
    return queries.run_of_round(session, coding_round, run_id)


def _record(session: Session, viewer: Viewer, coding_round: Round, kind: str, run: SuggestionRun, **more: Any) -> None:
    about = ("suggestion_run", run.id)
    record(session, run.study_id, viewer.member, kind, subject=about, round=coding_round.number, **more)
