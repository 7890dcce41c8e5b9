"""The work of one asking: puts the question, and writes down whatever came of it.

No transaction is open while the model is waited for. Each attempt is in the ledger in the transaction that makes
something of it, and an asking that is taken up again reads the replies it has paid for instead of asking a second time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.orm import Session

from app.curation import help_queries as queries
from app.curation.help_material import Leaves, as_asked, leaves
from app.curation.help_models import CodebookHelp
from app.curation.help_reply import Reading, read_reply, repair_question
from app.db.base import now
from app.db.session import Database
from app.ledger.actions import Asked, CallContext
from app.ledger.endpoint_problems import OnlyLocalModels
from app.ledger.endpoints import endpoint_of, may_leave, prices_of
from app.ledger.gates import OPEN, Gate
from app.ledger.models import ModelCall, ModelEndpoint
from app.ledger.under_way import Begun, begin, end, take_for_lost
from app.llm.port import Answer, Model, Question
from app.llm.prices import Prices
from app.llm.problems import ModelProblem, ReplyUnusable
from app.problems import NotFound
from app.studies.models import Study
from app.suggestions.attempts import (
    MOST_ATTEMPTS,
    PAUSING,
    READ,
    TryAgainLater,
    outcome_of_problem,
    told,
    wait_seconds,
)
from app.suggestions.leaving import Leaving

LEASE_SECONDS = 600.0
OTHER_MODEL = "This was to be asked of {}, but its settings now name {}. Ask anew."
NO_MODEL = "No model is named in the settings of this server any more. Name one, then ask again."
UNREADABLE = "The model's reply could not be read, also when it was asked again. It is kept below."
NO_LONGER = (
    "What was to be sent may not be sent any more: a round with these quotes runs again, or their incidents are being "
    "coded. Nothing was sent."
)


@dataclass(frozen=True)
class Errand:
    """What one asking needs, read in one go. stored: replies paid for before, in order."""

    study_id: int
    help_id: int
    kind: str
    asked_by: int
    leaves: Leaves
    stored: tuple[ModelCall, ...]
    endpoint_id: int | None = None
    prices: Prices | None = None
    priced_as: str = ""

    @property
    def subject(self) -> tuple[str, int]:
        return queries.SUBJECT, self.help_id


def give_help(database: Database, model: Model | None, *, study_id: int, help_id: int, gate: Gate = OPEN) -> None:
    """Raises TryAgainLater when the model is busy or broken and attempts are left. Run twice, it does nothing twice."""
    with database.transaction() as session:
        errand = _errand(session, model, study_id, help_id)
    if errand is None or model is None:
        return
    question = errand.leaves.question()
    stored = [(call.raw_answer, read_reply(call.raw_answer, errand.leaves.material)) for call in errand.stored]
    if not stored:
        answered = _attempt(database, model, gate, errand, question, last=False)
        if answered is None:
            return
        stored = [answered]
    text, reading = stored[0]
    if reading.is_whole or len(stored) > 1:
        _keep_stored(database, errand, stored)
        return
    _attempt(database, model, gate, errand, repair_question(question, text, reading.fault), last=True)


def endpoint_of_help(session: Session, study_id: int, help_id: int) -> ModelEndpoint | None:
    """None: the model that the settings name. Raises NotFound."""
    return _endpoint_of(session, queries.help_by_id(session, study_id, help_id))


def _endpoint_of(session: Session, asked: CodebookHelp) -> ModelEndpoint | None:
    return endpoint_of(session, asked.study_id, asked.endpoint_id) if asked.endpoint_id is not None else None


def fail(session: Session, study_id: int, help_id: int, problem: str) -> None:
    """Where it cannot even be asked."""
    row = queries.help_by_id(session, study_id, help_id, lock=True)
    if row.state == "waiting":
        finish(session, row, "failed", problem)


def _errand(session: Session, model: Model | None, study_id: int, help_id: int) -> Errand | None:
    """None: somebody else was quicker, or nothing is asked."""
    try:
        asked = queries.help_by_id(session, study_id, help_id, lock=True)
    except NotFound:
        return None
    if asked.state != "waiting":
        return None
    if model is None or model.name != asked.model:
        finish(session, asked, "failed", OTHER_MODEL.format(asked.model, model.name) if model else NO_MODEL)
        return None
    if not may_leave(session.get_one(Study, study_id), model.address):
        finish(session, asked, "failed", OnlyLocalModels().sentence)
        return None
    chosen = as_asked(session, asked)
    if chosen is None:
        finish(session, asked, "failed", NO_LONGER)
        return None
    asked.attempts += len(take_for_lost(session, study_id, queries.SUBJECT, [help_id]))  # of a worker that was killed
    calls = queries.calls_of(session, asked)
    since = calls[len(calls) - asked.attempts :]
    endpoint = _endpoint_of(session, asked)
    return Errand(
        study_id=study_id,
        help_id=help_id,
        kind=asked.kind,
        asked_by=asked.asked_by,
        leaves=leaves(session, study_id, chosen, redaction=asked.redaction),
        stored=tuple(call for call in since if call.outcome in READ and call.raw_answer),
        endpoint_id=asked.endpoint_id,
        prices=prices_of(endpoint),
        priced_as=endpoint.real_model if endpoint else "",
    )


def _attempt(
    database: Database, model: Model, gate: Gate, errand: Errand, question: Question, *, last: bool
) -> tuple[str, Reading] | None:
    """The reply and how it reads; None where nothing more is to be done. last: it is not asked again for its form."""
    begun = _begun(database, model, gate, errand, question)
    if begun is None:
        return None
    asked_at, started = now(), time.monotonic()
    try:
        answer = model.answer(question)
    except ModelProblem as problem:
        asked = Asked(question, model, asked_at, time.monotonic() - started, _answer_of(problem), problem)
        with database.transaction() as session:
            wait = _put_off(session, errand, begun, asked, problem)
        if wait is not None:
            raise TryAgainLater(wait) from problem
        return None
    reading = read_reply(answer.text, errand.leaves.material)
    asked = Asked(question, model, asked_at, time.monotonic() - started, answer)
    with database.transaction() as session:
        row = queries.help_by_id(session, errand.study_id, errand.help_id, lock=True)
        problem_words = " ".join((reading.fault, *reading.remarks)).strip()
        outcome = "valid" if reading.is_whole else "invalid"
        call = _record(session, row, begun, asked, outcome, problem_words)
        if call is None:
            return None
        if reading.is_whole or last:
            keep(session, row, reading, call.id)
            return None
    return answer.text, reading


def _keep_stored(database: Database, errand: Errand, stored: Sequence[tuple[str, Reading]]) -> None:
    """What a worker had paid for that was killed before it could be kept."""
    whole = next((place for place, (_, reading) in enumerate(stored) if reading.is_whole), len(stored) - 1)
    with database.transaction() as session:
        row = queries.help_by_id(session, errand.study_id, errand.help_id, lock=True)
        keep(session, row, stored[whole][1], errand.stored[whole].id)


def _begun(database: Database, model: Model, gate: Gate, errand: Errand, question: Question) -> Begun | None:
    """Raises TryAgainLater while calls under way may leave room, and where the study has other rules by now for what
    leaves; None where the cap of the study is reached."""
    with database.transaction() as session:
        row = queries.help_by_id(session, errand.study_id, errand.help_id, lock=True)
        study = session.get_one(Study, errand.study_id)
        if Leaving.of(study, asked_for=row.redaction) != errand.leaves.leaving or not may_leave(study, model.address):
            raise TryAgainLater(0.0)
        context = CallContext(
            study_id=errand.study_id,
            member_id=errand.asked_by,
            purpose="repair" if question.later_turns else errand.kind,
            subject_kind=queries.SUBJECT,
            subject_id=row.id,
            attempt=len(queries.calls_of(session, row)) + 1,
            endpoint_id=errand.endpoint_id,
            redaction=errand.leaves.version,
            prices=errand.prices,
            priced_as=errand.priced_as,
        )
        found = begin(session, context, question, model, holder=uuid4(), lease_seconds=LEASE_SECONDS, gate=gate)
        if isinstance(found, Begun):
            return found
        if found.problem:
            finish(session, row, "failed", found.problem)
            return None
    raise TryAgainLater(found.seconds)


def _answer_of(problem: ModelProblem) -> Answer | None:
    return problem.answer if isinstance(problem, ReplyUnusable) else None


def _record(
    session: Session, row: CodebookHelp, begun: Begun, asked: Asked, outcome: str, problem: str
) -> ModelCall | None:
    """In the ledger, and counted; None where it stands there as lost."""
    call = end(session, begun, asked, outcome=outcome, problem=problem)
    if call is not None:
        row.attempts += 1
        row.changed_at = now()
    return call


def _put_off(session: Session, errand: Errand, begun: Begun, asked: Asked, problem: ModelProblem) -> float | None:
    """Writes down what went wrong. Returns after how many seconds to try again, or None."""
    row = queries.help_by_id(session, errand.study_id, errand.help_id, lock=True)
    call = _record(session, row, begun, asked, outcome_of_problem(problem), problem.sentence)
    if call is None or row.state != "waiting":
        return None
    if problem.worth_retrying and not isinstance(problem, PAUSING) and row.attempts < MOST_ATTEMPTS:
        row.problem = told(problem)
        return wait_seconds(problem, row.attempts)
    finish(session, row, "failed", told(problem), call_id=call.id)
    return None


def keep(session: Session, row: CodebookHelp, reading: Reading, call_id: int) -> None:
    if row.state != "waiting":
        return
    if reading.items is None:
        finish(session, row, "failed", UNREADABLE, call_id=call_id)
        return
    row.proposal = {"items": reading.items, "remarks": list(reading.remarks)}
    finish(session, row, "done", "", call_id=call_id)


def finish(session: Session, row: CodebookHelp, state: str, problem: str, *, call_id: int | None = None) -> None:
    row.state, row.problem, row.model_call_id = state, problem, call_id
    row.changed_at = row.ended_at = now()
    session.flush()
