"""Reading the ledger."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.figures import Figure
from app.ledger.models import ModelCall


def calls_about(
    session: Session, study_id: int, subject_kind: str, subject_ids: Collection[int]
) -> Sequence[ModelCall]:
    """In the order in which they were made."""
    return session.scalars(
        select(ModelCall)
        .where(
            ModelCall.study_id == study_id,
            ModelCall.subject_kind == subject_kind,
            ModelCall.subject_id.in_(subject_ids),
        )
        .order_by(ModelCall.id)
    ).all()


def model_figures(session: Session) -> list[Figure]:
    """Calls, tokens and cost by outcome, for whoever watches the installation."""
    rows = session.execute(
        select(
            ModelCall.outcome,
            func.count().label("calls"),
            func.coalesce(func.sum(ModelCall.input_tokens), 0).label("read"),
            func.coalesce(func.sum(ModelCall.output_tokens), 0).label("written"),
            func.coalesce(func.sum(ModelCall.cost_usd), 0).label("dollars"),
        ).group_by(ModelCall.outcome)
    ).all()
    calls = [((row.outcome,), float(row.calls)) for row in rows]
    tokens = [((row.outcome, "input"), float(row.read)) for row in rows]
    tokens += [((row.outcome, "output"), float(row.written)) for row in rows]
    dollars = [((row.outcome,), float(row.dollars)) for row in rows]
    return [
        Figure("tandem_model_calls", "Calls in the ledger.", ["outcome"], calls, only_grows=True),
        Figure("tandem_model_tokens", "Tokens of these calls.", ["outcome", "direction"], tokens, only_grows=True),
        Figure("tandem_model_cost_usd", "Their cost, where known.", ["outcome"], dollars, only_grows=True),
    ]
