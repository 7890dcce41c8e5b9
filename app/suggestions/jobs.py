"""The jobs of this room: one an incident where a model is asked, one a run where similar incidents are looked up."""

from datetime import timedelta

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy.orm import Session

from app.db.base import now
from app.jobs import Workplace, defer_once_in, task
from app.llm.configured import model_from
from app.suggestions import asking, looking_up
from app.suggestions.attempts import TryAgainLater
from app.suggestions.models import SuggestionRun


class WhenTheModelSays(BaseRetryStrategy):
    """Asked again when the endpoint wants it; asking.py counts the attempts."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, TryAgainLater):
            return RetryDecision(retry_at=now() + timedelta(seconds=exception.seconds))
        return None


@task("suggestions.suggest_for_incident", retry=WhenTheModelSays())
def suggest_for_incident(workplace: Workplace, study_id: int, run_id: int, incident_id: int) -> None:
    model = model_from(workplace.settings)
    asking.suggest_for_incident(workplace.database, model, study_id=study_id, run_id=run_id, incident_id=incident_id)


@task("suggestions.look_up_similar")
def look_up_similar(workplace: Workplace, study_id: int, run_id: int) -> None:
    looking_up.suggest_from_similar(workplace.database, study_id=study_id, run_id=run_id)


def defer_run(session: Session, run: SuggestionRun, incident_ids: list[int]) -> None:
    """In the caller's transaction. What waits in the queue already is not put there twice."""
    if run.source == "similar_incidents":
        defer_once_in(session, look_up_similar, f"suggestions:{run.id}", study_id=run.study_id, run_id=run.id)
        return
    for incident_id in incident_ids:
        defer_once_in(
            session,
            suggest_for_incident,
            f"suggestions:{run.id}:{incident_id}",
            study_id=run.study_id,
            run_id=run.id,
            incident_id=incident_id,
        )
