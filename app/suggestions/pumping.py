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

from sqlalchemy import select

from app.jobs import Workplace
from app.ledger import under_way
from app.ledger.endpoint_problems import EndpointUnusable
from app.ledger.endpoints import model_of
from app.ledger.gates import gate_of
from app.problems import Unavailable
from app.suggestions import queue
from app.suggestions.asking import Asker, NotNowAnybody, Over, ask_about, is_asked, running
from app.suggestions.attempts import TryAgainLater
from app.suggestions.examples import ExamplesGone
from app.suggestions.keeping import end_if_done, pause
from app.suggestions.material import Share, endpoint_of_run, material_of
from app.suggestions.models import BATCH, SuggestionRun
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
    asker = _made(workplace, study_id, run_id)
    if asker is None:
        return _swept(workplace, study_id, run_id)
    ends_at = time.monotonic() + BOX_SECONDS
    with _kept_alive(asker):
        while time.monotonic() < ends_at and not workplace.stopping.is_set():
            shares = _claimed(asker)
            try:
                wait = _worked(workplace, asker, shares, ends_at) if shares else _until_next(asker)
            except Over:
                return Later()  # and begins anew with what has changed, if the run still runs
            if wait is None:
                return None
            if wait > LONGEST_NAP_SECONDS:
                return Later(min(wait, LONGEST_REST_SECONDS))
            workplace.stopping.wait(wait)
    return Later()


def _made(workplace: Workplace, study_id: int, run_id: int) -> Asker | None:
    """None: the run does not run, or cannot, and then it is paused and says why."""
    settings, database = workplace.settings, workplace.database
    with database.transaction() as session:
        run = running(session, study_id, run_id)
        if run is None or run.mode == BATCH:
            return None
        endpoint = endpoint_of_run(session, run)
        try:
            material = material_of(session, run)
            model = model_of(settings, endpoint)
        except (EndpointUnusable, ExamplesGone) as problem:
            pause(session, study_id, run_id, problem.sentence)
            return None
    if not is_asked(database, material, model) or model is None:
        return None
    return Asker(
        database,
        model,
        material,
        holding=Holding(uuid4(), settings.stalled_job_seconds),
        gate=gate_of(endpoint, most_at_once=settings.llm_most_at_once),
        first_wait_seconds=settings.llm_first_wait_seconds,
    )


def _swept(workplace: Workplace, study_id: int, run_id: int) -> Later | None:
    """A run that rests or is over keeps no reservation of a worker that was killed: looked at until nothing is left."""
    with workplace.database.transaction() as session:
        run = session.scalar(select(SuggestionRun).filter_by(study_id=study_id, id=run_id))
        if run is None or run.mode == BATCH:  # its calls are its batches'
            return None
        wait = queue.sweep(session, study_id, run_id)
    return None if wait is None else Later(min(wait + 1, LONGEST_REST_SECONDS))


def _claimed(asker: Asker) -> list[Share]:
    with asker.database.transaction() as session:
        return queue.claim(session, asker.material, asker.holding, AT_ONCE)


def _worked(workplace: Workplace, asker: Asker, shares: list[Share], ends_at: float) -> float:
    """Seconds until the next are taken up: some where nobody gets anything from the endpoint just now."""
    for place, share in enumerate(shares):
        if workplace.stopping.is_set() or time.monotonic() >= ends_at:
            _let_go(asker, shares[place:])
            return 0.0
        try:
            ask_about(asker, share)
        except NotNowAnybody as later:
            _let_go(asker, shares[place:])
            return later.seconds
        except TryAgainLater:
            log.info("A call is tried again later.", exc_info=True)
        except Over:
            _let_go(asker, shares[place:])
            raise
    return 0.0


def _let_go(asker: Asker, shares: list[Share]) -> None:
    with asker.database.transaction() as session:
        queue.let_go(session, asker.material.study_id, asker.holding.holder, shares)


def _until_next(asker: Asker) -> float | None:
    """None: nothing waits any more, and the run has ended."""
    study_id, run_id = asker.material.study_id, asker.material.run_id
    with asker.database.transaction() as session:
        wait = queue.seconds_to_next(session, study_id, run_id)
        if wait is None and end_if_done(session, study_id, run_id):
            return None
    return wait or 0.0


@contextmanager
def _kept_alive(asker: Asker) -> Iterator[None]:
    """Renews what the pump holds, from a thread of its own: a call may take longer than anybody waits for a sign."""
    over = threading.Event()
    beat = threading.Thread(target=_renew_until, args=(asker, over), name="pump-lease", daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()


def _renew_until(asker: Asker, over: threading.Event) -> None:
    holding, material = asker.holding, asker.material
    while not over.wait(holding.lease_seconds / 3):
        try:
            with asker.database.transaction() as session:
                queue.renew(session, material.study_id, material.run_id, holding)
            with asker.database.transaction() as session:  # apart, since the pump locks them in its own order
                under_way.renew(session, holding.holder, holding.lease_seconds)
        except Unavailable:
            log.warning("Could not renew what run %d holds; trying again.", material.run_id, exc_info=True)
