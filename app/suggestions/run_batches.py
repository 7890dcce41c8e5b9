"""The batches of a run, for its page: those under way, the newest of the others, and what came of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.suggestions.batch_models import ModelBatch
from app.suggestions.models import BATCH, SuggestionRun

MOST_SHOWN = 25
STATE_WORDS = {"filled": "filled, not sent yet", "uploaded": "its file is there", "created": "sent"}


@dataclass(frozen=True)
class BatchLine:
    """status: as the endpoint said it last. next_look_at None: it has ended. cost None: of no answer it is known."""

    id: int
    status: str
    questions: int
    sent_at: datetime | None
    next_look_at: datetime | None
    came: list[tuple[str, int]]
    cost: Decimal | None
    is_partial: bool
    problem: str

    @classmethod
    def of(cls, batch: ModelBatch) -> "BatchLine":
        return cls(
            id=batch.id,
            status=batch.status.replace("_", " ") or STATE_WORDS.get(batch.state, "not sent"),
            questions=batch.questions,
            sent_at=batch.sent_at,
            next_look_at=None if batch.state == "ended" else batch.due_at,
            came=_came(batch.answered, batch.failed, batch.expired, batch.given_back, batch.lost),
            cost=batch.cost_usd if batch.cost_usd or (batch.answered and not batch.unpriced) else None,
            is_partial=batch.unpriced > 0 or batch.lost > 0,
            problem=batch.problem,
        )


@dataclass(frozen=True)
class RunBatches:
    """earlier: how many batches are not in the list, and in `came` what came of their questions."""

    lines: Sequence[BatchLine]
    earlier: int
    came: list[tuple[str, int]]


def batches_of_run(session: Session, run: SuggestionRun) -> RunBatches | None:
    """None: this run asks live."""
    if run.mode != BATCH:
        return None
    of_run = (ModelBatch.study_id == run.study_id, ModelBatch.run_id == run.id)
    shown = session.scalars(
        select(ModelBatch).where(*of_run).order_by(ModelBatch.state == "ended", ModelBatch.id.desc()).limit(MOST_SHOWN)
    ).all()
    columns = (
        ModelBatch.answered,
        ModelBatch.failed,
        ModelBatch.expired,
        ModelBatch.given_back,
        ModelBatch.lost,
    )
    earlier, *counts = session.execute(
        select(func.count(), *(func.coalesce(func.sum(column), 0) for column in columns)).where(
            *of_run, ModelBatch.id.not_in([one.id for one in shown])
        )
    ).one()
    return RunBatches([BatchLine.of(one) for one in shown], earlier, _came(*counts))


def _came(answered: int, failed: int, expired: int, given_back: int, lost: int) -> list[tuple[str, int]]:
    """(in words, how many) of what there is any of."""
    words = ("done", "failed", "expired", "given back unasked", "lost")
    return [
        (word, count) for word, count in zip(words, (answered, failed, expired, given_back, lost), strict=True) if count
    ]
