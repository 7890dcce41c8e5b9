"""Taking in what came of the questions of a batch: each is in the ledger once, however often its file is read."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.base import now, rows_of
from app.incidents.models import Incident
from app.ledger.accounts import Reservation
from app.ledger.actions import Asked, CallContext
from app.ledger.gates import Gate
from app.ledger.models import CallUnderWay, ModelCall
from app.ledger.under_way import Begun, end, take_for_lost
from app.llm.batches import Batches, BatchGone, LineCancelled, LineExpired, NotSent, Result
from app.llm.port import Answer, Model, Question
from app.llm.problems import ModelProblem, ReplyUnusable
from app.suggestions.asking import outcome_of
from app.suggestions.attempts import outcome_of_problem, told
from app.suggestions.batch_filling import read
from app.suggestions.batch_models import BatchLine, ModelBatch
from app.suggestions.errand import Errand
from app.suggestions.keeping import keep
from app.suggestions.material import Material, shares_of
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.prompt import DimensionEntry
from app.suggestions.queries import SUBJECT
from app.suggestions.queue import put_off
from app.suggestions.reply import read_reply


@dataclass(frozen=True)
class Taker:
    """Who takes in the answers of which run's batches, and with what they were asked."""

    material: Material
    model: Model
    batches: Batches
    price_share: Decimal | None


def lines_of(session: Session, batch: ModelBatch) -> Sequence[BatchLine]:
    return session.scalars(
        select(BatchLine)
        .where(BatchLine.study_id == batch.study_id, BatchLine.model_batch_id == batch.id)
        .order_by(BatchLine.id)
    ).all()


def unanswered(session: Session, batch: ModelBatch) -> Sequence[BatchLine]:
    return session.scalars(
        select(BatchLine)
        .where(
            BatchLine.study_id == batch.study_id,
            BatchLine.model_batch_id == batch.id,
            BatchLine.answered_at.is_(None),
        )
        .order_by(BatchLine.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def take_in(session: Session, taker: Taker, batch: ModelBatch, results: Sequence[Result]) -> None:
    """What is in the ledger already, and what is not of this batch, is passed over."""
    open_lines = {line.custom_id: line for line in unanswered(session, batch)}
    told_of = [open_lines[one.custom_id].run_incident_id for one in results if one.custom_id in open_lines]
    _hold(session, batch, told_of)
    hopeless: dict[int, dict[int, ModelProblem]] = {}
    counted: dict[int, int] = {}
    came = Came()
    for result in results:
        line = open_lines.pop(result.custom_id, None)
        if line is None:
            continue
        question = read(line.question)
        call = _recorded(session, taker, batch, line, question, result)
        line.answered_at, line.question = now(), ""
        came.add(result.problem, call)
        counted.setdefault(line.run_incident_id, 0)
        counted[line.run_incident_id] += int(call is not None)
        problem = result.problem
        if problem is not None and not problem.worth_retrying and not taker.batches.learn(problem, question):
            hopeless.setdefault(line.run_incident_id, {})[line.sample] = problem
    session.flush()
    still_out = {line.run_incident_id for line in open_lines.values()}
    for run_incident_id, calls in counted.items():
        _go_on(
            session,
            taker,
            batch,
            run_incident_id,
            calls,
            hopeless.get(run_incident_id, {}),
            run_incident_id in still_out,
        )
    came.count_on(session, batch)


@dataclass
class Came:
    """What came of the questions of a batch that are taken in together, by the names of its columns."""

    counted: Counter[str] = field(default_factory=Counter)
    cost: Decimal = Decimal()

    def add(self, problem: ModelProblem | None, call: ModelCall | None) -> None:
        """call None: it stands in the ledger as lost already."""
        self.counted["lost" if call is None else _came_to(problem)] += 1
        if call is not None and call.output_tokens is not None and call.cost_usd is None:
            self.counted["unpriced"] += 1
        self.cost += (call.cost_usd if call is not None else None) or Decimal()

    def count_on(self, session: Session, batch: ModelBatch) -> None:
        table = rows_of(ModelBatch)
        changes: dict[str, object] = {name: table.c[name] + more for name, more in self.counted.items()}
        if changes:
            changes["cost_usd"] = table.c.cost_usd + self.cost
            of_it = update(ModelBatch).where(ModelBatch.id == batch.id).values(changes)
            session.execute(of_it, execution_options={"synchronize_session": False})


def _came_to(problem: ModelProblem | None) -> str:
    if problem is None or (isinstance(problem, ReplyUnusable) and problem.answer is not None):
        return "answered"
    if isinstance(problem, LineExpired):
        return "expired"
    if isinstance(problem, LineCancelled | NotSent):
        return "given_back"
    return "lost" if isinstance(problem, BatchGone) else "failed"


def give_up(session: Session, run: SuggestionRun, problem: str) -> None:
    """Of a cancelled run whose endpoint cannot be asked any more, be it to cancel: what its batches cost is not known,
    and counts at its most. problem: why it cannot be asked."""
    batches = select(ModelBatch).where(
        ModelBatch.study_id == run.study_id, ModelBatch.run_id == run.id, ModelBatch.state != "ended"
    )
    for batch in session.scalars(batches.order_by(ModelBatch.id).with_for_update()):
        lines = unanswered(session, batch)
        about = {line.run_incident_id for line in lines}
        _hold(session, batch, about)
        take_for_lost(session, run.study_id, SUBJECT, about)
        for line in lines:
            line.answered_at, line.question = now(), ""
        batch.state, batch.problem, batch.ended_at = "ended", problem, now()
    session.flush()


def _hold(session: Session, batch: ModelBatch, run_incident_ids: Collection[int]) -> None:
    """Incidents are locked before their calls under way, as whoever takes an incident up does."""
    session.execute(
        select(RunIncident.id)
        .where(RunIncident.study_id == batch.study_id, RunIncident.id.in_(run_incident_ids))
        .order_by(RunIncident.id)
        .with_for_update()
    )


def _recorded(
    session: Session, taker: Taker, batch: ModelBatch, line: BatchLine, question: Question, result: Result
) -> ModelCall | None:
    found = session.get(CallUnderWay, line.begun_id)
    if found is None or found.holder != batch.token:
        return None
    sent_at = batch.sent_at or batch.made_at
    answer, problem = _told(batch, result)
    asked = Asked(question, taker.model, sent_at, (now() - sent_at).total_seconds(), answer, problem)
    begun = Begun(found.id, _context(taker, found), Gate(), Reservation(found.reserved_tokens, found.reserved_usd))
    session.expunge(found)
    if problem is not None:
        outcome = "lost" if isinstance(problem, BatchGone) else outcome_of_problem(problem)
        return end(session, begun, asked, outcome=outcome, problem=problem.sentence)
    reading = read_reply(answer.text if answer else "", found.user_prompt, _dimensions(taker, question))
    words = " ".join(fault.sentence for fault in reading.faults)
    return end(session, begun, asked, outcome=outcome_of(reading), problem=words)


def _told(batch: ModelBatch, result: Result) -> tuple[Answer | None, ModelProblem | None]:
    """With how it was sent, which the file of the results does not tell."""
    problem = result.problem
    answer = result.answer or (problem.answer if isinstance(problem, ReplyUnusable) else None)
    if answer is None:
        return None, problem
    return replace(answer, parameters_sent=dict(batch.parameters), parameters_dropped=tuple(batch.dropped)), problem


def _dimensions(taker: Taker, question: Question) -> list[DimensionEntry]:
    return [one for one in taker.material.dimensions if one.key in question.json_schema["properties"]]


def _context(taker: Taker, found: CallUnderWay) -> CallContext:
    material = taker.material
    return CallContext(
        study_id=found.study_id,
        member_id=found.member_id,
        purpose=found.purpose,
        subject_kind=found.subject_kind,
        subject_id=found.subject_id,
        attempt=found.attempt,
        sample=found.sample,
        endpoint_id=found.endpoint_id,
        redaction=found.redaction,
        prices=material.prices,
        priced_as=material.priced_as,
        purse=material.purse,
        price_share=taker.price_share,
    )


def _go_on(
    session: Session,
    taker: Taker,
    batch: ModelBatch,
    run_incident_id: int,
    counted: int,
    hopeless: dict[int, ModelProblem],
    is_out: bool,
) -> None:
    """The incident is suggested for, came to nothing, or goes back into the queue for the next batch."""
    row = session.scalar(
        select(RunIncident)
        .where(
            RunIncident.study_id == batch.study_id,
            RunIncident.id == run_incident_id,
            RunIncident.holder == batch.token,
            RunIncident.state == "waiting",
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:  # cancelled, or taken up by somebody else: the ledger alone keeps it
        return
    if is_out:
        row.attempts += counted
        session.flush()
        return
    text = session.scalars(
        select(Incident.text).where(Incident.study_id == row.study_id, Incident.id == row.incident_id)
    ).one()
    rows = [(row.id, row.incident_id, row.attempts + counted, text)]
    [share] = shares_of(session, taker.material, rows)
    errand = Errand(taker.material, share)
    for part in errand.parts:
        if part.is_open and part.sample in hopeless and not part.replies:
            part.gives_up(outcome_of_problem(hopeless[part.sample]), told(hopeless[part.sample]))
    if errand.next() is None:
        keep(session, errand, counted=counted)
    else:
        words = next((one.problem for one in errand.parts if one.problem), "")
        put_off(session, row.study_id, row.id, 0.0, problem=words, counted=counted)
