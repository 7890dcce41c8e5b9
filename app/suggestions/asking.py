"""One incident of a run: asks the model, and writes down whatever came of it.

No transaction is open while the model is waited for. Each attempt is in the ledger before anything is made of it, and
a run that is taken up again reads the replies it has paid for instead of asking a second time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.base import now
from app.db.session import Database
from app.incidents.models import Incident
from app.ledger import budget
from app.ledger.actions import Asked, CallContext, record_call
from app.ledger.models import ModelCall
from app.ledger.queries import calls_about
from app.llm.marks import fresh_mark
from app.llm.port import Answer, Model, Question
from app.llm.problems import ModelProblem, ReplyUnusable
from app.methods.redaction import Redacted
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions import queries
from app.suggestions.attempts import (
    CAP_WAIT_SECONDS,
    MOST_ATTEMPTS,
    PAUSING,
    READ,
    TryAgainLater,
    outcome_of_problem,
    told,
    wait_seconds,
)
from app.suggestions.keeping import Reply, finish, keep_reading, locked, tell_watchers
from app.suggestions.leaving import Leaving
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.prompt import DimensionEntry, RunPrompt
from app.suggestions.reply import Reading, read_reply, repair_question
from app.suggestions.run_prompts import run_prompt

OTHER_MODEL = "This run asks {}, but the settings of this server now name {}. Name the first again, then resume."
NO_MODEL = "No model is named in the settings of this server any more. Name one, then resume."


@dataclass(frozen=True)
class Share:
    """What one incident of a run needs, read in one go. stored: replies paid for before, in order."""

    study_id: int
    run_id: int
    run_incident_id: int
    asked_by: int
    prompt: RunPrompt
    leaving: Leaving
    text: Redacted
    has_cap: bool
    stored: tuple[ModelCall, ...]

    @property
    def subject(self) -> tuple[str, int]:
        return queries.SUBJECT, self.run_incident_id

    def question(self) -> Question:
        question = self.prompt.question(self.text.text, mark=fresh_mark(self.text.text))
        return self.leaving.of_codebook(budget.within(question) if self.has_cap else question)


class _Gone(Exception):
    """Nothing more can be had from the model now; what there is to say is written down."""


def suggest_for_incident(
    database: Database, model: Model | None, *, study_id: int, run_id: int, incident_id: int
) -> None:
    """Raises TryAgainLater when the model is busy or broken and attempts are left. Run twice, it does nothing twice."""
    with database.transaction() as session:
        share = _share(session, model, study_id, run_id, incident_id)
    if share is None or model is None:
        return
    try:
        replies = _replies(database, model, share)
    except _Gone:
        return
    with database.transaction() as session:
        run, row = locked(session, share.study_id, share.run_id, share.run_incident_id)
        keep_reading(session, run, row, share.text, share.prompt, replies)


def _share(session: Session, model: Model | None, study_id: int, run_id: int, incident_id: int) -> Share | None:
    """None: somebody else was quicker, or the run is paused."""
    row = session.execute(
        select(SuggestionRun, RunIncident, Incident, Round)
        .join(RunIncident, (RunIncident.study_id == SuggestionRun.study_id) & (RunIncident.run_id == SuggestionRun.id))
        .join(Incident, (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id))
        .join(Round, (Round.study_id == SuggestionRun.study_id) & (Round.id == SuggestionRun.round_id))
        .where(
            SuggestionRun.study_id == study_id,
            SuggestionRun.id == run_id,
            RunIncident.incident_id == incident_id,
            SuggestionRun.state == "running",
            RunIncident.state == "waiting",
        )
    ).first()
    if row is None:
        return None
    run, run_incident, incident, coding_round = row
    if model is None or model.name != run.model:
        sentence = OTHER_MODEL.format(run.model, model.name) if model else NO_MODEL
        _pause(session, study_id, run_id, run_incident.id, sentence)
        return None
    calls = calls_about(session, study_id, queries.SUBJECT, [run_incident.id])
    since = calls[len(calls) - run_incident.attempts :]
    study = session.get_one(Study, study_id)
    leaving = Leaving.of(study, asked_for=run.redaction)
    return Share(
        study_id=study_id,
        run_id=run_id,
        run_incident_id=run_incident.id,
        asked_by=run.asked_by,
        prompt=run_prompt(session, run, coding_round),
        leaving=leaving,
        text=leaving.of_text(incident.text or ""),
        has_cap=study.token_cap is not None,
        stored=tuple(call for call in since if call.outcome in READ and call.raw_answer),
    )


def _replies(database: Database, model: Model, share: Share) -> list[Reply]:
    """The reply, and where it was malformed the one that mends it."""
    stored = list(share.stored)
    question = share.question()
    first = _stored_reply(stored[0], share) if stored else _attempt(database, model, share, question, [])
    if first.reading.is_whole:
        return [first]
    if len(stored) > 1:
        return [first, _stored_reply(stored[1], share)]
    repair = repair_question(question, first.text, first.reading.faults)
    return [first, _attempt(database, model, share, repair, [first])]


def _stored_reply(call: ModelCall, share: Share) -> Reply:
    return Reply(call.id, call.raw_answer, read_reply(call.raw_answer, share.text.text, share.prompt.dimensions))


def _attempt(database: Database, model: Model, share: Share, question: Question, before: Sequence[Reply]) -> Reply:
    _reserve(database, share, question)
    asked_at, started = now(), time.monotonic()
    try:
        answer = model.answer(question)
    except ModelProblem as problem:
        asked = Asked(question, model, asked_at, time.monotonic() - started, _answer_of(problem), problem)
        with database.transaction() as session:
            wait = _put_off(session, share, asked, problem, before)
        if wait is not None:
            raise TryAgainLater(wait) from problem
        raise _Gone from problem
    asked = Asked(question, model, asked_at, time.monotonic() - started, answer)
    reading = read_reply(answer.text, share.text.text, _asked_dimensions(share, question))
    with database.transaction() as session:
        call = _record(session, share, asked, outcome_of(reading), " ".join(f.sentence for f in reading.faults))
        tell_watchers(session, share.study_id, share.run_id)
        return Reply(call.id, answer.text, reading)


def _reserve(database: Database, share: Share, question: Question) -> None:
    """Raises TryAgainLater while calls under way may leave room, and _Gone where the cap of the study is reached."""
    if not share.has_cap:
        return
    wanted = budget.most_tokens(question)
    with database.transaction() as session:
        if budget.hold_cap(session, share.study_id) is None:
            return
        locked(session, share.study_id, share.run_id, share.run_incident_id)
        found = budget.reserve(session, share.study_id, share.subject, wanted)
        if found is None:
            return
        if not found.may_allow(wanted):
            _pause(session, share.study_id, share.run_id, share.run_incident_id, found.reached(wanted))
    if found.may_allow(wanted):
        raise TryAgainLater(CAP_WAIT_SECONDS)
    raise _Gone


def outcome_of(reading: Reading) -> str:
    if reading.is_whole:
        return "valid"
    return "partly_valid" if reading.dimensions else "invalid"


def _asked_dimensions(share: Share, question: Question) -> list[DimensionEntry]:
    return [one for one in share.prompt.dimensions if one.key in question.json_schema["properties"]]


def _answer_of(problem: ModelProblem) -> Answer | None:
    return problem.answer if isinstance(problem, ReplyUnusable) else None


def _record(session: Session, share: Share, asked: Asked, outcome: str, problem: str) -> ModelCall:
    """In the ledger, and counted."""
    _, row = locked(session, share.study_id, share.run_id, share.run_incident_id)
    row.attempts += 1
    row.changed_at = now()
    budget.settle(session, share.study_id, share.subject, asked)
    made = calls_about(session, share.study_id, queries.SUBJECT, [row.id])
    context = CallContext(
        study_id=share.study_id,
        member_id=share.asked_by,
        purpose="repair" if asked.question.later_turns else "suggest",
        subject_kind=queries.SUBJECT,
        subject_id=row.id,
        attempt=len(made) + 1,
    )
    return record_call(session, context, asked, outcome=outcome, problem=problem)


def _put_off(
    session: Session, share: Share, asked: Asked, problem: ModelProblem, before: Sequence[Reply]
) -> float | None:
    """Writes down what went wrong and what follows from it. Returns after how many seconds to try again, or None."""
    _record(session, share, asked, outcome_of_problem(problem), problem.sentence)
    run, row = locked(session, share.study_id, share.run_id, share.run_incident_id)
    if row.state != "waiting":
        return None
    if isinstance(problem, PAUSING):
        _pause(session, share.study_id, share.run_id, share.run_incident_id, problem.sentence)
        return None
    if problem.worth_retrying and row.attempts < MOST_ATTEMPTS:
        row.problem = told(problem)
        tell_watchers(session, share.study_id, share.run_id)
        return wait_seconds(problem, row.attempts)
    if any(reply.reading.dimensions for reply in before):
        keep_reading(session, run, row, share.text, share.prompt, before)
    else:
        finish(session, run, row, "failed", told(problem))
    return None


def _pause(session: Session, study_id: int, run_id: int, run_incident_id: int, sentence: str) -> None:
    run, row = locked(session, study_id, run_id, run_incident_id)
    row.changed_at = now()
    if run.state == "running":
        run.state, run.problem = "paused", sentence
    tell_watchers(session, study_id, run_id)
