"""The jobs of this room: a few pumps for a run that asks a model, one for a run that looks up similar incidents."""

from datetime import timedelta

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy.orm import Session

from app.db.base import now
from app.jobs import Workplace, defer_once_in, hasten_in, task
from app.suggestions import looking_up
from app.suggestions.asking import running
from app.suggestions.attempts import TryAgainLater
from app.suggestions.batch_jobs import defer_batches
from app.suggestions.keeping import told_if_it_breaks
from app.suggestions.models import BATCH, SuggestionRun
from app.suggestions.pumping import pump

MOST_PUMPS = 8  # of one run, on all machines together


class WhenTheModelSays(BaseRetryStrategy):
    """Asked again when the endpoint wants it; asking.py counts the attempts."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, TryAgainLater):
            return RetryDecision(retry_at=now() + timedelta(seconds=exception.seconds))
        return None


@task("suggestions.pump_run")
def pump_run(workplace: Workplace, study_id: int, run_id: int, number: int) -> None:
    """number: of this pump among those of its run."""
    with told_if_it_breaks(workplace.database, study_id, run_id):
        later = pump(workplace, study_id=study_id, run_id=run_id)
    if later is not None:
        with workplace.database.transaction() as session:
            place = {"study_id": study_id, "run_id": run_id, "number": number}
            defer_once_in(session, pump_run, _key(run_id, number), seconds=later.seconds, **place)


@task("suggestions.suggest_for_incident")
def suggest_for_incident(workplace: Workplace, study_id: int, run_id: int, incident_id: int) -> None:
    """Jobs of before 2026-11-28, when each incident had one: its run is worked off by pumps now."""
    with workplace.database.transaction() as session:
        run = running(session, study_id, run_id)
        if run is not None:
            defer_run(session, run, incidents=MOST_PUMPS)


@task("suggestions.look_up_similar")
def look_up_similar(workplace: Workplace, study_id: int, run_id: int) -> None:
    with told_if_it_breaks(workplace.database, study_id, run_id):
        looking_up.suggest_from_similar(workplace.database, study_id=study_id, run_id=run_id)


def defer_run(session: Session, run: SuggestionRun, *, incidents: int) -> None:
    """In the caller's transaction, and cheap however many incidents wait: they are rows, and the jobs are few.

    What waits in the queue already is not put there twice.
    """
    if run.source == "similar_incidents":
        defer_once_in(session, look_up_similar, f"suggestions:{run.id}", study_id=run.study_id, run_id=run.id)
    elif run.mode == BATCH:
        defer_batches(session, run)
    else:
        _defer_pumps(session, run, incidents)


def _defer_pumps(session: Session, run: SuggestionRun, incidents: int) -> None:
    numbers = range(1, min(incidents, MOST_PUMPS) + 1)
    for number in numbers:
        place = {"study_id": run.study_id, "run_id": run.id, "number": number}
        defer_once_in(session, pump_run, _key(run.id, number), **place)
    hasten_in(session, [_key(run.id, number) for number in numbers])


def _key(run_id: int, number: int) -> str:
    return f"suggestions:{run_id}:{number}"
