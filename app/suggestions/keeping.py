"""Writing what was offered, and where that leaves the incident and the run."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.db.base import now
from app.db.session import Database
from app.problems import Unavailable
from app.suggestions.errand import Errand
from app.suggestions.merging import Told, merged_quotes, offered
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.queue import NO_SYNC, is_waiting
from app.web.push import notify

UNREADABLE = "The model's reply could not be read, also when it was asked again. It is kept; code this one by hand."
BROKEN = (
    "A mistake in Tandem stopped this run; the log of the server says which. Resume it, and should it stop again, tell "
    "whoever runs the server."
)
IN_PART = "{} of {} askings came to something. {}"
TELL_SECONDS = 1.0  # NOTIFY serialises commits, so that progress is hinted at now and then only

_told_at: dict[int, float] = {}


def locked_run(session: Session, study_id: int, run_id: int) -> SuggestionRun:
    """For whoever changes its state. Never with a row of its queue in hand: who steers takes the rows after the run."""
    return session.scalars(
        select(SuggestionRun)
        .where(SuggestionRun.study_id == study_id, SuggestionRun.id == run_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def keep(session: Session, errand: Errand, *, counted: int = 0) -> None:
    """The dimensions that could be read, each code with the call that first offered it. counted: attempts to add."""
    told = _told(errand)
    rows = [row for dimension_id in told for row in _rows(errand, dimension_id, told[dimension_id])]
    if rows:
        session.execute(insert(Suggestion), rows)
    _tell_unread(session, errand, told)
    ended = next((part for part in errand.parts if part.state), None)
    state, problem = (ended.state, ended.problem) if ended else ("invalid", UNREADABLE)
    if told:
        state, problem = "done", _remark(errand, told)
    finish(session, errand.material.study_id, errand.share.run_incident_id, state, problem, counted=counted)


def finish(
    session: Session, study_id: int, run_incident_id: int, state: str, problem: str, *, counted: int = 0
) -> None:
    """Out of the queue. Nothing of the run is touched or counted: thousands of these go on at the same time."""
    session.execute(
        update(RunIncident)
        .where(RunIncident.study_id == study_id, RunIncident.id == run_incident_id, RunIncident.state == "waiting")
        .values(state=state, problem=problem, changed_at=now(), holder=None, attempts=RunIncident.attempts + counted),
        execution_options=NO_SYNC,
    )


def end_if_done(session: Session, study_id: int, run_id: int) -> bool:
    """Looked at by whoever finds nothing more to take; what was retried meanwhile is seen under the lock."""
    if is_waiting(session, study_id, run_id):
        return False
    run = locked_run(session, study_id, run_id)
    if run.state == "running" and not is_waiting(session, study_id, run_id):
        run.state, run.ended_at = "done", now()
        session.flush()
        tell_watchers(session, run.round_id)
    return True


def pause(session: Session, study_id: int, run_id: int, sentence: str) -> None:
    run = locked_run(session, study_id, run_id)
    if run.state == "running":
        run.state, run.problem = "paused", sentence
        session.flush()
    tell_watchers(session, run.round_id)


@contextmanager
def told_if_it_breaks(database: Database, study_id: int, run_id: int) -> Iterator[None]:
    """A mistake of ours ends the job and is in the log. The run says so, instead of standing still without a word."""
    try:
        yield
    except Unavailable:  # the job is done again
        raise
    except Exception:
        with database.transaction() as session:
            of_run = (SuggestionRun.study_id == study_id, SuggestionRun.id == run_id)
            if session.scalar(select(SuggestionRun.id).where(*of_run)) is not None:
                pause(session, study_id, run_id, BROKEN)
        raise


def tell_watchers(session: Session, round_id: int) -> None:
    """A hint and no more: the page reads from the database what there is to see."""
    notify(session, topic_of(round_id))


def tell_now_and_then(session: Session, round_id: int) -> None:
    last = _told_at.get(round_id)
    if last is None or time.monotonic() - last >= TELL_SECONDS:
        _told_at[round_id] = time.monotonic()
        tell_watchers(session, round_id)


def topic_of(round_id: int) -> str:
    return f"suggestions:{round_id}"


def _told(errand: Errand) -> dict[int, list[Told]]:
    """By dimension, from each sample what its first reply that could be read says of it."""
    told: dict[int, list[Told]] = {}
    for part in errand.parts:
        seen: set[int] = set()
        for reply in part.replies:
            for one in reply.reading.dimensions:
                if one.dimension_id not in seen:
                    seen.add(one.dimension_id)
                    told.setdefault(one.dimension_id, []).append(Told(reply.call_id, one))
    return told


def _tell_unread(session: Session, errand: Errand, told: dict[int, list[Told]]) -> None:
    """So that a dimension which could not be read is not taken for one where no code applies."""
    unread = [one.id for one in errand.material.dimensions if one.id not in told]
    if told and unread:
        session.execute(
            update(RunIncident)
            .where(RunIncident.study_id == errand.material.study_id, RunIncident.id == errand.share.run_incident_id)
            .values(unread_dimension_ids=unread),
            execution_options=NO_SYNC,
        )


def _remark(errand: Errand, told: dict[int, list[Told]]) -> str:
    missing = [one.name for one in errand.material.dimensions if one.id not in told]
    words = [f"Could not be read: {', '.join(missing)}."] if missing else []
    samples = errand.material.samples
    failed = {part.sample: part.problem for part in errand.parts if part.state and not part.replies}
    if failed and samples > 1:
        words.append(IN_PART.format(samples - len(failed), samples, next(iter(failed.values()))))
    return " ".join(words)


def _rows(errand: Errand, dimension_id: int, told: list[Told]) -> Iterable[dict[str, object]]:
    for ordinal, one in enumerate(offered(told, errand.share.text), start=1):
        yield {
            "study_id": errand.material.study_id,
            "run_id": errand.material.run_id,
            "incident_id": errand.share.incident_id,
            "dimension_id": dimension_id,
            "model_call_id": one.call_id,
            "ordinal": ordinal,
            "code_id": one.code_id,
            "new_code_name": one.name,
            "new_code_definition": one.definition,
            "reasoning": one.reasoning,
            "quotes": merged_quotes(one.quotes),
            "held_by": one.held_by,
            "samples": len(told),
        }
