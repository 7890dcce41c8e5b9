"""Reading the calls of a study, a page at a time, and what they come to. No prompt and no reply is read here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.db.memory import count_in_memory
from app.incidents.models import Incident
from app.ledger.models import ModelCall, ModelEndpoint
from app.rounds.models import Round
from app.suggestions.ledger_filter import DEAR, LedgerFilter
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.queries import SUBJECT

PAGE = 50
TOLD = (
    ModelCall.id, ModelCall.at, ModelCall.purpose, ModelCall.subject_kind, ModelCall.subject_id, ModelCall.attempt,
    ModelCall.sample, ModelCall.requests, ModelCall.endpoint_id, ModelCall.outcome, ModelCall.model_asked,
    ModelCall.model_answered, ModelCall.input_tokens, ModelCall.cached_tokens, ModelCall.output_tokens,
    ModelCall.reasoning_tokens, ModelCall.cost_usd, ModelCall.seconds,
)  # fmt: skip
# What may have cost something and told nothing of it: an answer without a known price, and a call that was lost.
UNPRICED = and_(ModelCall.cost_usd.is_(None), or_(ModelCall.output_tokens.is_not(None), ModelCall.outcome == "lost"))


@dataclass(frozen=True)
class Place:
    """Where a call about an incident stands: its run, round and incident."""

    run: SuggestionRun
    coding_round: Round
    incident: Incident


@dataclass(frozen=True)
class Sums:
    """cost None: of none of them the cost is known. unpriced: calls that may have cost something and told nothing."""

    calls: int = 0
    requests: int = 0
    lost: int = 0
    unread: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal | None = None
    unpriced: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        costs = [each.cost for each in (self, other) if each.cost is not None]
        added = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in _COUNTED}
        return Sums(**added, cost=sum(costs, Decimal()) if costs else None)

    @property
    def is_partial(self) -> bool:
        return self.unpriced > 0

    @property
    def is_unknown(self) -> bool:
        """Also where all that is known of is free: at least nothing tells nothing."""
        return not self.cost and self.is_partial


_COUNTED = [each for each in fields(Sums) if each.name != "cost"]


@dataclass(frozen=True)
class Totals:
    whole: Sums
    by_run: dict[int | None, Sums]
    by_model: dict[str, Sums]
    by_purpose: dict[str, Sums]
    by_outcome: dict[str, Sums]
    by_day: dict[date, Sums]


def calls_page(
    session: Session, study_id: int, wanted: LedgerFilter, *, after: int | None = None, limit: int = PAGE
) -> tuple[Sequence[Any], int | None]:
    """The newest or the dearest first, and after which call the next page goes on, None at the end."""
    query = select(*TOLD).where(*wanted.conditions(study_id))
    if wanted.order == DEAR:
        query = query.order_by(ModelCall.cost_usd.desc().nulls_last(), ModelCall.id.desc())
    else:
        query = query.order_by(ModelCall.id.desc())
    if after is not None:
        query = query.where(_comes_after(session, study_id, wanted, after))
    rows = session.execute(query.limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def _comes_after(session: Session, study_id: int, wanted: LedgerFilter, after: int) -> ColumnElement[bool]:
    if wanted.order != DEAR:
        return ModelCall.id < after
    cost = session.scalar(select(ModelCall.cost_usd).where(ModelCall.study_id == study_id, ModelCall.id == after))
    same = ModelCall.id < after
    if cost is None:
        return and_(ModelCall.cost_usd.is_(None), same)
    cheaper = or_(ModelCall.cost_usd < cost, ModelCall.cost_usd.is_(None))
    return or_(cheaper, and_(ModelCall.cost_usd == cost, same))


def places_of(session: Session, study_id: int, subject_ids: Collection[int]) -> dict[int, Place]:
    """By the id of the incident in its run, which is what the call is about."""
    rows = session.execute(
        select(RunIncident.id, SuggestionRun, Round, Incident)
        .join(SuggestionRun, _of("run_id", SuggestionRun))
        .join(Round, (Round.study_id == SuggestionRun.study_id) & (Round.id == SuggestionRun.round_id))
        .join(Incident, _of("incident_id", Incident))
        .where(RunIncident.study_id == study_id, RunIncident.id.in_(subject_ids))
    )
    return {key: Place(run, coding_round, incident) for key, run, coding_round, incident in rows}


def call_by_id(session: Session, study_id: int, call_id: int) -> ModelCall | None:
    return session.scalar(select(ModelCall).where(ModelCall.study_id == study_id, ModelCall.id == call_id))


def endpoint_names(session: Session, study_id: int) -> dict[int, str]:
    """Retired ones too, since calls name them; in the order in which they were added."""
    rows = session.execute(
        select(ModelEndpoint.id, ModelEndpoint.name)
        .where(ModelEndpoint.study_id == study_id)
        .order_by(ModelEndpoint.id)
    )
    return {row.id: row.name for row in rows}


def runs_with_rounds(session: Session, study_id: int) -> list[tuple[SuggestionRun, Round]]:
    """Every run of the study, the newest first."""
    rows = session.execute(
        select(SuggestionRun, Round)
        .join(Round, (Round.study_id == SuggestionRun.study_id) & (Round.id == SuggestionRun.round_id))
        .where(SuggestionRun.study_id == study_id)
        .order_by(SuggestionRun.id.desc())
    )
    return [(run, coding_round) for run, coding_round in rows]


def totals(session: Session, study_id: int, wanted: LedgerFilter) -> Totals:
    """In one pass over the calls, which are few groups then. Calls that were lost count like all others."""
    day = func.date(func.timezone("UTC", ModelCall.at))
    keys = (RunIncident.run_id, ModelCall.model_asked, ModelCall.purpose, ModelCall.outcome, day)
    query: Select[Any] = (
        select(*keys, *_SUMS)
        .select_from(ModelCall)
        .outerjoin(
            RunIncident,
            (RunIncident.study_id == ModelCall.study_id)
            & (RunIncident.id == ModelCall.subject_id)
            & (ModelCall.subject_kind == SUBJECT),
        )
        .where(*wanted.conditions(study_id))
        .group_by(*keys)
    )
    count_in_memory(session)
    whole = Sums()
    kept: list[dict[Any, Sums]] = [{} for _ in keys]
    for row in session.execute(query):
        sums = Sums(*row[len(keys) :])
        whole += sums
        for by, value in zip(kept, row[: len(keys)], strict=True):
            by[value] = by.get(value, Sums()) + sums
    return Totals(whole, *kept)


def _sum(column: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0)


_SUMS = (
    func.count(),
    _sum(ModelCall.requests),
    func.count().filter(ModelCall.outcome == "lost"),
    func.count().filter(ModelCall.outcome != "valid"),
    _sum(ModelCall.input_tokens),
    _sum(ModelCall.cached_tokens),
    _sum(ModelCall.output_tokens),
    _sum(ModelCall.reasoning_tokens),
    func.sum(ModelCall.cost_usd),
    func.count().filter(UNPRICED),
    func.coalesce(func.sum(ModelCall.seconds), 0.0),
)


def _of(column: str, model: type[SuggestionRun] | type[Incident]) -> ColumnElement[bool]:
    return and_(model.study_id == RunIncident.study_id, model.id == getattr(RunIncident, column))
