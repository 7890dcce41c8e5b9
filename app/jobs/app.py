"""The job queue: what a task is, and how one is deferred inside the caller's transaction."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec

from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    SyncPsycopgConnector,
)
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.tasks import Task, configure_task
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from app.db.base import now
from app.db.session import Database
from app.problems import Unavailable
from app.settings import Settings

P = ParamSpec("P")
TaskOf = Task[Any, Any, Any]

# Each worker opens it on its own database; see app/jobs/running.py.
queue = App(connector=PsycopgConnector())

# Never opened: a deferral always brings the caller's connection.
_deferring = JobManager(SyncPsycopgConnector())


@dataclass(frozen=True)
class Workplace:
    """What a job works with. A job opens its own short transactions on the database."""

    database: Database
    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event)  # long jobs look at it, and put themselves off


class AfterAnOutage(BaseRetryStrategy):
    """A job that met a database that was away or full is done again; all else is for the task's own strategy."""

    def __init__(self, otherwise: BaseRetryStrategy | None) -> None:
        self._otherwise = otherwise

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Unavailable):
            return RetryDecision(retry_at=now() + timedelta(seconds=exception.retry_seconds))
        return self._otherwise.get_retry_decision(exception=exception, job=job) if self._otherwise else None


def task(
    name: str, *, retry: BaseRetryStrategy | None = None
) -> Callable[[Callable[Concatenate[Workplace, P], None]], TaskOf]:
    """Makes a function a task. Its arguments after the workplace are JSON; it must bear being run twice."""

    def register(act: Callable[Concatenate[Workplace, P], None]) -> TaskOf:
        def run(context: JobContext, *args: P.args, **kwargs: P.kwargs) -> None:
            with bound_contextvars(job_id=context.job.id, task=name):
                act(context.additional_context["workplace"], *args, **kwargs)

        run.__doc__ = act.__doc__
        return queue.task(name=name, pass_context=True, retry=AfterAnOutage(retry))(run)

    return register


def defer_in(session: Session, what: TaskOf, **arguments: Any) -> int:
    """Puts a job in the queue as part of the caller's transaction: rolled back, there is no job. Returns its id."""
    return _deferrer(session, what, None).defer(**arguments)


def defer_once_in(session: Session, what: TaskOf, key: str, *, seconds: float = 0.0, **arguments: Any) -> int | None:
    """The same, unless a job of this key waits already: then None. seconds: not earlier than after so many."""
    try:
        with session.begin_nested():
            return _deferrer(session, what, key, seconds).defer(**arguments)
    except AlreadyEnqueued:
        return None


def hasten_in(session: Session, keys: Collection[str]) -> None:
    """What waits under these keys is due now."""
    due = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND queueing_lock = ANY(:keys)"
    session.execute(text(due), {"keys": list(keys)})


def _deferrer(session: Session, what: TaskOf, queueing_lock: str | None, seconds: float = 0.0) -> Any:
    raw = session.connection().connection.driver_connection
    return configure_task(
        name=what.name,
        job_manager=_deferring,
        queue=what.queue,
        priority=what.priority,
        queueing_lock=queueing_lock,
        connection=raw,
        schedule_at=now() + timedelta(seconds=seconds) if seconds else None,
    )
