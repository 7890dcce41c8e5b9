"""How far runs are and what they cost, counted by the database: a run may hold a hundred thousand incidents."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.ledger.models import ModelCall
from app.suggestions.models import RunIncident
from app.suggestions.queries import SUBJECT


@dataclass(frozen=True)
class Spent:
    """cost None: no call told what it cost. is_partial: some did not. lost: calls whose answer was never stored."""

    calls: int = 0
    lost: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    is_partial: bool = False
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


def counts_by_run(session: Session, study_id: int, run_ids: Collection[int]) -> Mapping[int, Counter[str]]:
    """Run -> state of an incident -> how many."""
    rows = session.execute(
        select(RunIncident.run_id, RunIncident.state, func.count())
        .where(RunIncident.study_id == study_id, RunIncident.run_id.in_(run_ids))
        .group_by(RunIncident.run_id, RunIncident.state)
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for run_id, state, count in rows:
        found[run_id][state] = count
    return found


def spent_by_run(session: Session, study_id: int, run_ids: Collection[int]) -> Mapping[int, Spent]:
    answered = ModelCall.output_tokens.is_not(None)
    rows = session.execute(
        select(
            RunIncident.run_id,
            func.count(),
            func.count().filter(ModelCall.outcome == "lost"),
            func.coalesce(func.sum(ModelCall.input_tokens), 0),
            func.coalesce(func.sum(ModelCall.cached_tokens), 0),
            func.coalesce(func.sum(ModelCall.output_tokens), 0),
            func.sum(ModelCall.cost_usd),
            func.count().filter(answered, ModelCall.cost_usd.is_(None)) > 0,
            func.coalesce(func.sum(ModelCall.seconds), 0.0),
        )
        .join(RunIncident, (RunIncident.study_id == ModelCall.study_id) & (RunIncident.id == ModelCall.subject_id))
        .where(ModelCall.study_id == study_id, ModelCall.subject_kind == SUBJECT, RunIncident.run_id.in_(run_ids))
        .group_by(RunIncident.run_id)
    )
    found: dict[int, Spent] = defaultdict(Spent)
    for run_id, calls, lost, read, cached, written, cost, is_partial, seconds in rows:
        found[run_id] = Spent(
            calls, lost, int(read or 0), int(cached or 0), int(written or 0), cost, is_partial, float(seconds or 0)
        )
    return found
