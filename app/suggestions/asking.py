"""One incident of a run: asks the model, and writes down whatever came of it.

No transaction is open while the model is waited for. That a call leaves is committed before it does; its answer is in
the ledger in the transaction that makes something of it. What was stored as paid is read again, never asked again.
"""

import time
from dataclasses import dataclass, field
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.db.base import now
from app.db.session import Database
from app.ledger.accounts import account_of
from app.ledger.actions import Asked
from app.ledger.endpoint_problems import OnlyLocalModels
from app.ledger.endpoints import may_leave
from app.ledger.gates import OPEN, Gate
from app.ledger.models import ModelEndpoint
from app.ledger.under_way import Begun, NotNow, begin, end
from app.llm.port import Answer, Model
from app.llm.problems import AnswerNotReadable, ModelProblem, ReplyUnusable
from app.studies.models import Study
from app.suggestions.attempts import FIRST_WAIT_SECONDS, PAUSING, TryAgainLater, outcome_of_problem, wait_seconds
from app.suggestions.errand import Errand, NextQuestion
from app.suggestions.keeping import end_if_done, keep, pause, tell_now_and_then
from app.suggestions.material import Material, Share, material_of, still_stands
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.queue import Holding, claim_one, count_attempt, let_go, put_off
from app.suggestions.reply import Reading

OTHER_MODEL = "This run asks {}, but its settings now name {}. Name the first again, then resume."
NO_MODEL = "No model is named in the settings of this server any more. Name one, then resume."
BY_HAND_SECONDS = 600.0


@dataclass(frozen=True)
class Asker:
    """Who asks whom about what."""

    database: Database
    model: Model
    material: Material
    holding: Holding = field(default_factory=lambda: Holding(uuid4(), BY_HAND_SECONDS))
    gate: Gate = OPEN
    first_wait_seconds: float = FIRST_WAIT_SECONDS


class NotNowAnybody(TryAgainLater):
    """The endpoint is full or wants to be left alone, or calls under way may leave room in a cap."""


class Over(Exception):
    """The incident is no longer ours, the run rests, or what it was to be asked with is out of date."""


def suggest_for_incident(
    database: Database, model: Model | None, *, study_id: int, run_id: int, incident_id: int
) -> None:
    """Now and here, whatever its endpoint's other callers do. Raises TryAgainLater where it was put off."""
    with database.transaction() as session:
        run = running(session, study_id, run_id)
        if run is None:
            return
        material = material_of(session, run)
    if not is_asked(database, material, model):
        return
    asker = Asker(database, model, material)  # type: ignore[arg-type]
    with database.transaction() as session:
        shares = claim_one(session, material, asker.holding, incident_id)
    try:
        for share in shares:
            ask_about(asker, share)
    except Over:
        return
    with database.transaction() as session:
        end_if_done(session, study_id, run_id)


def running(session: Session, study_id: int, run_id: int) -> SuggestionRun | None:
    return session.scalar(
        select(SuggestionRun).where(
            SuggestionRun.study_id == study_id, SuggestionRun.id == run_id, SuggestionRun.state == "running"
        )
    )


def is_asked(database: Database, material: Material, model: Model | None) -> bool:
    """Whether this is the model that the run asks, and texts may go there; else the run pauses and says why."""
    with database.transaction() as session:
        study = session.get_one(Study, material.study_id)
        sentence = ""
        if model is None or model.name != material.model:
            sentence = OTHER_MODEL.format(material.model, model.name) if model else NO_MODEL
        elif not may_leave(study, model.address):
            sentence = OnlyLocalModels().sentence
        if sentence:
            pause(session, material.study_id, material.run_id, sentence)
    return not sentence


def ask_about(asker: Asker, share: Share) -> None:
    """Until it is suggested for, or came to nothing. Raises TryAgainLater where it was put off, and Over."""
    errand = Errand(asker.material, share)
    asked = errand.next()
    if asked is None:  # a worker was killed that had all its answers
        with asker.database.transaction() as session:
            if _is_ours(session, asker, share):
                keep(session, errand)
    while asked is not None:
        begun = _begun(asker, errand, asked)
        asked = _asked(asker, errand, asked, begun)


def _begun(asker: Asker, errand: Errand, asked: NextQuestion) -> Begun:
    material, share = asker.material, errand.share
    with asker.database.transaction() as session:
        found = _placed(session, asker, errand, asked) if _still_stands(session, asker, share) else None
    if isinstance(found, Begun):
        return found
    with asker.database.transaction() as session:  # apart: whoever takes it up locks it before gate and accounts
        let_go(session, material.study_id, asker.holding.holder, [share])
    if found is None:
        raise Over
    if not found.problem:
        raise NotNowAnybody(found.seconds)
    with asker.database.transaction() as session:
        pause(session, material.study_id, material.run_id, found.problem)
    raise Over


def _placed(session: Session, asker: Asker, errand: Errand, asked: NextQuestion) -> Begun | NotNow:
    return begin(
        session,
        errand.context(asked),
        asked.question,
        asker.model,
        holder=asker.holding.holder,
        lease_seconds=asker.holding.lease_seconds,
        gate=asker.gate,
    )


def _asked(asker: Asker, errand: Errand, asked: NextQuestion, begun: Begun) -> NextQuestion | None:
    """What is to be asked next; None when the incident is through."""
    asked_at, started = now(), time.monotonic()
    try:
        answer = asker.model.answer(asked.question)
    except ModelProblem as problem:
        seconds = time.monotonic() - started
        came = Asked(asked.question, asker.model, asked_at, seconds, _answer_of(problem), problem)
        return _unanswered(asker, errand, asked, begun, came, problem)
    came = Asked(asked.question, asker.model, asked_at, time.monotonic() - started, answer)
    reading = errand.read(asked, answer.text)
    words = " ".join(fault.sentence for fault in reading.faults)
    with asker.database.transaction() as session:
        ours = _is_ours(session, asker, errand.share)
        call = end(session, begun, came, outcome=outcome_of(reading), problem=words)
        if call is not None and ours:
            errand.answered(asked, call.id, answer.text, reading)
            return _next(session, asker, errand)
    raise Over


def _unanswered(
    asker: Asker, errand: Errand, asked: NextQuestion, begun: Begun, came: Asked, problem: ModelProblem
) -> NextQuestion | None:
    material, share = asker.material, errand.share
    wait: float | None = None
    with asker.database.transaction() as session:
        again = problem.worth_retrying or _is_garbled(session, material, problem)
        pauses = isinstance(problem, PAUSING) and not again
        ours = _is_ours(session, asker, share)
        call = end(session, begun, came, outcome=outcome_of_problem(problem), problem=problem.sentence)
        ours = ours and call is not None
        if ours and not pauses and not errand.failed(asked, problem, again=again):
            return _next(session, asker, errand)
        if ours:
            wait = 0.0 if pauses else wait_seconds(problem, asked.part.tries, first=asker.first_wait_seconds)
            put_off(session, material.study_id, share.run_incident_id, wait, counted=1, problem=asked.part.problem)
            tell_now_and_then(session, material.round_id)
    if pauses:
        with asker.database.transaction() as session:
            pause(session, material.study_id, material.run_id, problem.sentence)
    if pauses or wait is None:
        raise Over from problem
    raise TryAgainLater(wait) from problem


def _next(session: Session, asker: Asker, errand: Errand) -> NextQuestion | None:
    """Keeps what there is where there is nothing left to ask: in the transaction of the last answer."""
    following = errand.next()
    if following is None:
        keep(session, errand, counted=1)
    else:
        count_attempt(session, asker.material.study_id, errand.share.run_incident_id)
    tell_now_and_then(session, asker.material.round_id)
    return following


def _is_garbled(session: Session, material: Material, problem: ModelProblem) -> bool:
    """What answers at a wrong address is garbled each time; what has answered this run before is not."""
    if not isinstance(problem, AnswerNotReadable):
        return False
    account = account_of(session, material.study_id, material.purse.kind, material.purse.id)
    return account is not None and account.output_tokens > 0


def _still_stands(session: Session, asker: Asker, share: Share) -> bool:
    """Right before a text leaves: a run that was paused, and a rule or an endpoint that was changed, are heeded."""
    material = asker.material
    found = session.execute(
        select(SuggestionRun, Study, ModelEndpoint)
        .join(Study, Study.id == SuggestionRun.study_id)
        .outerjoin(ModelEndpoint, ModelEndpoint.id == SuggestionRun.endpoint_id)
        .join(RunIncident, (RunIncident.study_id == SuggestionRun.study_id) & (RunIncident.run_id == SuggestionRun.id))
        .where(*_of_share(asker, share), SuggestionRun.state == "running")
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        return False
    run, study, endpoint = found
    return still_stands(material, study, run, endpoint, address=asker.model.address)


def _is_ours(session: Session, asker: Asker, share: Share) -> bool:
    """Not if it was cancelled, or taken up by somebody else. Stays so until the transaction ends.

    Locked before the call under way, as whoever takes an incident up does.
    """
    return session.scalar(select(RunIncident.id).where(*_of_share(asker, share)).with_for_update()) is not None


def _of_share(asker: Asker, share: Share) -> tuple[ColumnElement[bool], ...]:
    return (
        RunIncident.study_id == asker.material.study_id,
        RunIncident.id == share.run_incident_id,
        RunIncident.holder == asker.holding.holder,
        RunIncident.state == "waiting",
    )


def outcome_of(reading: Reading) -> str:
    if reading.is_whole:
        return "valid"
    return "partly_valid" if reading.dimensions else "invalid"


def _answer_of(problem: ModelProblem) -> Answer | None:
    return problem.answer if isinstance(problem, ReplyUnusable) else None
