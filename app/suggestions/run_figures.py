"""How far runs are and what they cost, counted by the database: a run may hold a hundred thousand incidents."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.ledger.models import ModelAccount
from app.suggestions.models import RunIncident
from app.suggestions.queries import PURSE, Spent


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
    """Run -> what its account says; a run that has called nobody has none."""
    accounts = session.scalars(
        select(ModelAccount).where(
            ModelAccount.study_id == study_id,
            ModelAccount.subject_kind == PURSE,
            ModelAccount.subject_id.in_(run_ids),
        )
    )
    return {account.subject_id: Spent.of(account) for account in accounts}
