"""The way of a batch: filled, uploaded, created, looked at until it is through, taken in.

Each step is committed before the next. What a killed worker may have done at the endpoint is looked for there by the
token of the batch before it is done again, so that nothing is paid twice. No transaction is open meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.base import now
from app.db.session import Database
from app.ledger.under_way import NotNow
from app.llm.batches import Batch, BatchGone, BatchNotTaken, Line, LineCancelled, LineExpired, NotSent, Result
from app.llm.problems import ModelBroken, ModelProblem
from app.studies.models import Study
from app.suggestions.attempts import wait_seconds
from app.suggestions.batch_filling import MOST_INCIDENTS, fill, read
from app.suggestions.batch_models import ModelBatch
from app.suggestions.batch_taking import Taker, lines_of, take_in, unanswered
from app.suggestions.keeping import end_if_done, pause, tell_now_and_then
from app.suggestions.material import endpoint_of_run, still_stands
from app.suggestions.models import SuggestionRun
from app.suggestions.queue import seconds_to_next

MOST_UNDER_WAY = 20  # batches of a run
STEP_SECONDS = 600.0  # for which whoever takes a step has the batch to itself
CHUNK = 50  # results in a transaction
T = TypeVar("T")


@dataclass(frozen=True)
class Batcher:
    """first_look_seconds: until a batch is looked at; later looks are twice as far apart each time, up to a limit."""

    database: Database
    taker: Taker
    first_look_seconds: float = 30.0
    longest_look_seconds: float = 900.0
    step_seconds: float = STEP_SECONDS
    most_incidents: int = MOST_INCIDENTS

    @property
    def study_id(self) -> int:
        return self.taker.material.study_id

    @property
    def run_id(self) -> int:
        return self.taker.material.run_id

    def run(self, session: Session) -> SuggestionRun:
        return session.scalars(
            select(SuggestionRun)
            .where(SuggestionRun.study_id == self.study_id, SuggestionRun.id == self.run_id)
            .execution_options(populate_existing=True)
        ).one()


def go_on(batcher: Batcher) -> float | None:
    """Every step that is due. Seconds until the next one; None: the run needs nothing more."""
    while _filled(batcher):
        pass
    for batch in _due(batcher):
        _stepped(batcher, batch)
    with batcher.database.transaction() as session:
        if batcher.run(session).state == "running":
            end_if_done(session, batcher.study_id, batcher.run_id)
        return _seconds_left(session, batcher)


def _filled(batcher: Batcher) -> bool:
    """Whether another batch may be filled at once."""
    material, taker = batcher.taker.material, batcher.taker
    with batcher.database.transaction() as session:
        if batcher.run(session).state != "running" or len(_open(session, batcher)) >= MOST_UNDER_WAY:
            return False
        found = fill(session, material, taker.model, price_share=taker.price_share, most=batcher.most_incidents)
    if isinstance(found, NotNow) and found.problem:
        with batcher.database.transaction() as session:
            if not _open(session, batcher):  # what is under way may leave room
                pause(session, batcher.study_id, batcher.run_id, found.problem)
    return isinstance(found, ModelBatch)


def _open(session: Session, batcher: Batcher) -> Sequence[ModelBatch]:
    return session.scalars(
        select(ModelBatch).where(
            ModelBatch.study_id == batcher.study_id, ModelBatch.run_id == batcher.run_id, ModelBatch.state != "ended"
        )
    ).all()


def _due(batcher: Batcher) -> Iterator[ModelBatch]:
    """One after the other, each taken for the time of a step. From a killed worker it comes back by itself."""
    tried: set[int] = set()
    while True:
        with batcher.database.transaction() as session:
            batch = session.scalar(
                select(ModelBatch)
                .where(
                    ModelBatch.study_id == batcher.study_id,
                    ModelBatch.run_id == batcher.run_id,
                    ModelBatch.state != "ended",
                    ModelBatch.due_at <= func.clock_timestamp(),
                    ModelBatch.id.not_in(tried),
                )
                .order_by(ModelBatch.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if batch is None:
                return
            batch.due_at = now() + timedelta(seconds=batcher.step_seconds)
            session.flush()
            session.expunge(batch)
        tried.add(batch.id)
        yield batch


def _stepped(batcher: Batcher, batch: ModelBatch) -> None:
    try:
        while _step(batcher, batch):
            pass
    except ModelProblem as problem:
        wait = wait_seconds(problem, batch.looks + 1, first=batcher.first_look_seconds)
        _change(batcher, batch, looks=batch.looks + 1, problem=problem.sentence, wait=wait)
        if not problem.worth_retrying:
            with batcher.database.transaction() as session:
                pause(session, batcher.study_id, batcher.run_id, problem.sentence)


def _step(batcher: Batcher, batch: ModelBatch) -> bool:
    """Whether the next one may follow at once."""
    with batcher.database.reading() as session:
        state, may_leave = batcher.run(session).state, _may_leave(session, batcher)
    if batch.state != "created" and (state == "cancelled" or not may_leave):
        _end(batcher, batch, LineCancelled() if state == "cancelled" else NotSent())
        return False
    if batch.state == "filled":
        _upload(batcher, batch)
        return True
    if batch.state == "uploaded":
        _create(batcher, batch)
        return False
    return _look(batcher, batch, cancels=state == "cancelled")


def _may_leave(session: Session, batcher: Batcher) -> bool:
    """Right before texts leave: a rule that was changed since they were taken up is heeded."""
    study = session.get_one(Study, batcher.study_id, populate_existing=True)
    taker = batcher.taker
    run = batcher.run(session)
    return still_stands(taker.material, study, run, endpoint_of_run(session, run), address=taker.model.address)


def _upload(batcher: Batcher, batch: ModelBatch) -> None:
    token, batches = str(batch.token), batcher.taker.batches
    with batcher.database.reading() as session:
        lines = [Line(line.custom_id, read(line.question)) for line in lines_of(session, batch)]
    file_id = batches.uploaded(token) if batch.is_tried else ""
    _change(batcher, batch, is_tried=True)
    sent = batches.sent(lines[0].question)
    file_id = file_id or batches.upload(token, lines)
    _change(
        batcher,
        batch,
        state="uploaded",
        file_id=file_id,
        is_tried=False,
        parameters=dict(sent.parameters),
        dropped=list(sent.dropped),
    )


def _create(batcher: Batcher, batch: ModelBatch) -> None:
    token, batches = str(batch.token), batcher.taker.batches
    found = batches.created(token, batch.file_id) if batch.is_tried else None
    _change(batcher, batch, is_tried=True)
    found = found or batches.create(token, batch.file_id)
    _change(
        batcher,
        batch,
        state="created",
        batch_id=found.id,
        status=found.status,
        sent_at=now(),
        problem="",
        looks=0,
        wait=batcher.first_look_seconds,
    )


def _look(batcher: Batcher, batch: ModelBatch, *, cancels: bool) -> bool:
    """A batch that is gone is given up for lost once the run is cancelled; before that the run rests and says so."""
    batches = batcher.taker.batches
    try:
        found = batches.look(batch.batch_id)
    except BatchGone as gone:
        if not cancels:
            raise
        _end(batcher, batch, gone)
        return False
    if found.is_under_way:
        if cancels and found.status != "cancelling":
            found = batches.cancel(batch.batch_id)
        wait = min(batcher.first_look_seconds * 2**batch.looks, batcher.longest_look_seconds)
        _change(batcher, batch, status=found.status, looks=batch.looks + 1, wait=wait)
        return False
    _take_all(batcher, batch, found)
    return False


def _take_all(batcher: Batcher, batch: ModelBatch, found: Batch) -> None:
    files = [one for one in (found.output_file_id, found.error_file_id) if one]
    for file_id in files:
        for results in _chunks(batcher.taker.batches.results(file_id), CHUNK):
            with batcher.database.transaction() as session:
                take_in(session, batcher.taker, batch, results)
                tell_now_and_then(session, batcher.taker.material.round_id)
    _end(batcher, batch, found.problem or _unsaid(found.status), status=found.status)
    for file_id in [batch.file_id, *files]:
        try:
            batcher.taker.batches.forget(file_id)
        except ModelProblem:
            return  # the endpoint takes them away by itself some day


def _unsaid(status: str) -> ModelProblem:
    """Of lines about which the endpoint said nothing at all."""
    return {"expired": LineExpired, "cancelled": LineCancelled}.get(status, ModelBroken)()


def _end(batcher: Batcher, batch: ModelBatch, problem: ModelProblem, *, status: str = "") -> None:
    """What is not answered by now will not be. Where the endpoint did not take the batch, the run rests and says so."""
    whole = isinstance(problem, BatchNotTaken)
    again = NotSent() if whole else problem
    with batcher.database.transaction() as session:
        lines = unanswered(session, batch)
        take_in(session, batcher.taker, batch, [Result(line.custom_id, problem=again) for line in lines])
        values = {"state": "ended", "status": status, "problem": problem.sentence if lines else "", "ended_at": now()}
        session.execute(update(ModelBatch).where(ModelBatch.id == batch.id).values(**values))
    if whole:
        with batcher.database.transaction() as session:
            pause(session, batcher.study_id, batcher.run_id, problem.sentence)


def _change(batcher: Batcher, batch: ModelBatch, *, wait: float | None = None, **values: object) -> None:
    """In the database, and on the batch in hand."""
    with batcher.database.transaction() as session:
        if wait is not None:
            values["due_at"] = now() + timedelta(seconds=wait)
        session.execute(update(ModelBatch).where(ModelBatch.id == batch.id).values(**values))
    for name, value in values.items():
        setattr(batch, name, value)


def _seconds_left(session: Session, batcher: Batcher) -> float | None:
    """None: no batch is out, and nothing waits that could be asked."""
    batches = _open(session, batcher)
    waits = [max((batch.due_at - now()).total_seconds(), 0.0) for batch in batches]
    if batcher.run(session).state == "running":
        next_one = seconds_to_next(session, batcher.study_id, batcher.run_id)
        if next_one is not None and len(batches) < MOST_UNDER_WAY:
            waits.append(max(next_one, 1.0) if next_one < 86_400 else batcher.longest_look_seconds)
    return min(waits, default=None)


def _chunks(values: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(values, size)):
        yield chunk
