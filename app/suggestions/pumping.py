"""A pump works a run off: takes incidents from its queue, a few at a time, and asks about one after the other.

Of a run there are a few, in as many workers as there are; none knows of another. A pump stops after a short time and
goes to the end of the queue of jobs, so that a long run keeps nobody waiting.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from app.db.session import Database
from app.jobs import Workplace
from app.ledger import under_way
from app.ledger.endpoint_problems import EndpointUnusable
from app.ledger.endpoints import model_of
from app.ledger.gates import gate_of
from app.problems import Unavailable
from app.suggestions import queue
from app.suggestions.asking import Asker, NotNowAnybody, Over, ask_about, is_asked, running
from app.suggestions.attempts import TryAgainLater
from app.suggestions.keeping import end_if_done, pause
from app.suggestions.material import Material, Share, endpoint_of_run, material_of
from app.suggestions.queue import Holding

AT_ONCE = 4  # incidents that a pump takes up together
BOX_SECONDS = 10.0
LONGEST_NAP_SECONDS = 1.0
LONGEST_REST_SECONDS = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Later:
    """The pump goes to the end of the queue of jobs, for after so long."""

    seconds: float = 0.0


def pump(workplace: Workplace, *, study_id: int, run_id: int) -> Later | None:
    """None: the run needs this pump no more."""
    made = _made(workplace, study_id, run_id)
    if made is None:
        return None
    asker, ends_at = made, time.monotonic() + BOX_SECONDS
    with _kept_alive(asker):
        while time.monotonic() < ends_at and not workplace.stopping.is_set():
            shares = _claimed(asker)
            wait = _worked(workplace, asker, shares, ends_at)
            if wait is None and not shares:
                wait = _until_next(asker)
                if wait is None:
                    return None
            if wait is None:
                continue
            if wait > LONGEST_NAP_SECONDS:
                return Later(min(wait, LONGEST_REST_SECONDS))
            workplace.stopping.wait(wait)
    return Later()


def _made(workplace: Workplace, study_id: int, run_id: int) -> Asker | None:
    """None: the run does not run, or cannot, and then it is paused and says why."""
    settings, database = workplace.settings, workplace.database
    with database.transaction() as session:
        run = running(session, study_id, run_id)
        if run is None:
            return None
        material, endpoint = material_of(session, run), endpoint_of_run(session, run)
        try:
            model = model_of(settings, endpoint)
        except EndpointUnusable as problem:
            pause(session, study_id, run_id, problem.sentence)
            return None
    if model is None or not is_asked(database, material, model):
        is_asked(database, material, model)
        return None
    return Asker(
        database,
        model,
        material,
        holding=Holding(uuid4(), settings.stalled_job_seconds),
        gate=gate_of(endpoint, most_at_once=settings.llm_most_at_once),
        first_wait_seconds=settings.llm_first_wait_seconds,
    )


def _claimed(asker: Asker) -> list[Share]:
    with asker.database.transaction() as session:
        return queue.claim(session, asker.material, asker.holding, AT_ONCE)


def _worked(workplace: Workplace, asker: Asker, shares: list[Share], ends_at: float) -> float | None:
    """Seconds to wait where nobody gets anything from the endpoint just now."""
    for place, share in enumerate(shares):
        if workplace.stopping.is_set() or time.monotonic() >= ends_at:
            _let_go(asker, shares[place:])
            return None
        try:
            ask_about(asker, share)
        except NotNowAnybody as later:
            _let_go(asker, shares[place:])
            return later.seconds
        except TryAgainLater:
            continue
        except Over:
            _let_go(asker, shares[place:])
            return 0.0
    return None
