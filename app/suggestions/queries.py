"""Runs, what they offered, and how far a coder is. What a member may see of it is asked in offers.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.coding.models import Exposure, Submission
from app.incidents.models import Incident
from app.ledger.accounts import account_of
from app.ledger.models import ModelAccount, ModelCall
from app.problems import NotFound
from app.rounds.models import WITHDRAWN, Assignment, Round, RoundCoder
from app.suggestions import standing
from app.suggestions.models import INCIDENT_STATES, RunIncident, Suggestion, SuggestionDecision, SuggestionRun

SUBJECT = "run_incident"  # what a model call is about: one incident of one run
PURSE = "suggestion_run"  # what has an account of its own: a run


@dataclass(frozen=True)
class Spent:
    """cost None: no call told what it cost. is_partial: some did not."""

    calls: int = 0
    lost: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    is_partial: bool = False

    @classmethod
    def of(cls, account: ModelAccount) -> "Spent":
        told_any = account.output_tokens > 0 and account.unpriced < account.calls
        return cls(
            calls=account.calls,
            lost=account.lost,
            input_tokens=account.input_tokens,
            cached_tokens=account.cached_tokens,
            output_tokens=account.output_tokens,
            cost=account.told_usd if account.told_usd or (told_any and not account.unpriced) else None,
            is_partial=account.unpriced > 0,
        )

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class HandedIn:
    """How far a coder is. incident: this assignment, and every other pass of it. queue: all they have in the round."""

    incident: bool
    queue: bool


def runs_of(session: Session, coding_round: Round) -> Sequence[SuggestionRun]:
    """Newest first."""
    return session.scalars(
        select(SuggestionRun)
        .where(SuggestionRun.study_id == coding_round.study_id, SuggestionRun.round_id == coding_round.id)
        .order_by(SuggestionRun.id.desc())
    ).all()


def run_of_round(session: Session, coding_round: Round, run_id: int) -> SuggestionRun:
    of_round = (SuggestionRun.study_id == coding_round.study_id, SuggestionRun.round_id == coding_round.id)
    run = session.scalar(select(SuggestionRun).where(*of_round, SuggestionRun.id == run_id))
    if run is None:
        raise NotFound
    return run


def counts_of(session: Session, run: SuggestionRun) -> dict[str, int]:
    """How many incidents of the run are in each state, those that none is in counted too; read off an index."""
    counted = session.execute(
        select(RunIncident.state, func.count())
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
        .group_by(RunIncident.state)
    )
    found = {row[0]: row[1] for row in counted}
    return {state: found.get(state, 0) for state in INCIDENT_STATES}


def spent_of(session: Session, run: SuggestionRun) -> Spent:
    """What the calls of the run cost, as its account has it."""
    account = account_of(session, run.study_id, PURSE, run.id)
    return Spent() if account is None else Spent.of(account)


def run_incidents(session: Session, run: SuggestionRun) -> list[tuple[RunIncident, Incident]]:
    rows = session.execute(
        select(RunIncident, Incident)
        .join(Incident, (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id))
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
        .order_by(Incident.number)
    )
    return [(row, incident) for row, incident in rows]


def run_by_id(session: Session, study_id: int, run_id: int) -> SuggestionRun:
    return session.scalars(
        select(SuggestionRun).where(SuggestionRun.study_id == study_id, SuggestionRun.id == run_id)
    ).one()


def suggestions_of(session: Session, run_incident: RunIncident) -> Sequence[Suggestion]:
    """By dimension, in the order in which they were offered."""
    return session.scalars(
        select(Suggestion)
        .where(
            Suggestion.study_id == run_incident.study_id,
            Suggestion.run_id == run_incident.run_id,
            Suggestion.incident_id == run_incident.incident_id,
        )
        .order_by(Suggestion.dimension_id, Suggestion.ordinal)
    ).all()


def decisions_on(session: Session, assignment: Assignment) -> dict[int, SuggestionDecision]:
    """Suggestion -> the latest decision on it, the one that counts. A rejection that was undone does not."""
    scope = standing.of_assignment(assignment)
    undone = standing.undone_rejections(session, scope)
    return {one.suggestion_id: one for one in standing.decisions_in(session, scope) if one.id not in undone}


def standing_rejections(session: Session, assignment: Assignment, suggestion_id: int) -> list[int]:
    scope = standing.of_assignment(assignment)
    undone = standing.undone_rejections(session, scope)
    return [
        one.id
        for one in standing.decisions_in(session, scope)
        if one.suggestion_id == suggestion_id and one.decision == "rejected" and one.id not in undone
    ]


def became(session: Session, assignment: Assignment) -> dict[int, int]:
    """Decision -> the application that it became, gone or not."""
    scope = standing.of_assignment(assignment)
    return standing.became_of(session, scope, standing.decisions_in(session, scope))


def applied(session: Session, assignment: Assignment) -> set[int]:
    """Applications that stand now."""
    return standing.applied_in(session, standing.of_assignment(assignment))


def handed_in(session: Session, assignment: Assignment) -> HandedIn:
    """A skip hands nothing in: this assignment counts from its first submission on."""
    own = aliased(Assignment)
    submitted = exists().where(Submission.study_id == own.study_id, Submission.assignment_id == own.id)
    missing = (
        select(func.count())
        .select_from(own)
        .where(
            own.study_id == assignment.study_id,
            own.round_id == assignment.round_id,
            own.member_id == assignment.member_id,
            own.ending.is_distinct_from(WITHDRAWN),
            ~submitted,
        )
    )
    this = session.scalar(
        select(func.count())
        .select_from(Submission)
        .where(
            Submission.study_id == assignment.study_id,
            Submission.assignment_id == assignment.id,
            Submission.kind == "submitted",
        )
    )
    passes = session.scalar(missing.where(own.incident_id == assignment.incident_id))
    return HandedIn(incident=bool(this) and not passes, queue=bool(this) and not session.scalar(missing))


def codes_in(session: Session, coding_round: Round, member_id: int) -> bool:
    """Whether the member codes in the round."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(RoundCoder)
            .where(
                RoundCoder.study_id == coding_round.study_id,
                RoundCoder.round_id == coding_round.id,
                RoundCoder.member_id == member_id,
            )
        )
    )


def exposure_notes(session: Session, study_id: int, member_id: int, incident_id: int | None = None) -> set[str]:
    """Notes of openings that had no suggestion to name: a dimension without one, a raw reply."""
    query = select(Exposure.note).where(
        Exposure.study_id == study_id,
        Exposure.member_id == member_id,
        Exposure.kind == "suggestion",
        Exposure.subject_id.is_(None),
    )
    return set(session.scalars(query if incident_id is None else query.where(Exposure.incident_id == incident_id)))


def calls_of_run(run: SuggestionRun) -> Select[ModelCall, RunIncident]:
    """In the order in which they were made."""
    return (
        select(ModelCall, RunIncident)
        .join(RunIncident, (RunIncident.study_id == ModelCall.study_id) & (RunIncident.id == ModelCall.subject_id))
        .where(ModelCall.study_id == run.study_id, ModelCall.subject_kind == SUBJECT, RunIncident.run_id == run.id)
        .order_by(ModelCall.id)
    )


def call_of_round(session: Session, coding_round: Round, call_id: int) -> tuple[ModelCall, RunIncident] | None:
    row = session.execute(
        select(ModelCall, RunIncident)
        .join(RunIncident, (RunIncident.study_id == ModelCall.study_id) & (RunIncident.id == ModelCall.subject_id))
        .join(SuggestionRun, of_run())
        .where(
            ModelCall.study_id == coding_round.study_id,
            ModelCall.id == call_id,
            ModelCall.subject_kind == SUBJECT,
            SuggestionRun.round_id == coding_round.id,
        )
    ).first()
    return (row[0], row[1]) if row else None


def of_run() -> ColumnElement[bool]:
    return (SuggestionRun.study_id == RunIncident.study_id) & (SuggestionRun.id == RunIncident.run_id)


def tells_what_was_said(call: ModelCall, run: SuggestionRun | None) -> bool:
    """Whether already the prompt does: that of a repair quotes a reply, and examples are what people settled."""
    return call.purpose == "repair" or run is None or bool(run.example_incident_ids)
