"""Filling a batch: incidents are taken from the queue of the run, and their questions begun, in one transaction."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from app.ledger.under_way import Begun, NotNow, begin
from app.llm.port import Model, Question, Turn
from app.suggestions.batch_models import BatchLine, ModelBatch
from app.suggestions.errand import Errand, NextQuestion
from app.suggestions.keeping import keep
from app.suggestions.material import Material, Share
from app.suggestions.queue import Holding, claim, let_go

MOST_INCIDENTS = 500  # of a batch; each is asked about up to five times
MOST_BYTES = 50_000_000  # of its questions, where endpoints take 200 MB
LEASE = timedelta(days=30)  # longer than any batch: what becomes of its questions is told by the batch alone


def fill(
    session: Session,
    material: Material,
    model: Model,
    *,
    price_share: Decimal | None,
    most: int = MOST_INCIDENTS,
) -> ModelBatch | NotNow | None:
    """None: nothing is due. NotNow: a cap stands in the way of the first question."""
    holding = Holding(uuid4(), LEASE.total_seconds())
    batch = ModelBatch(study_id=material.study_id, run_id=material.run_id, token=holding.holder)
    session.add(batch)
    session.flush()
    size = lines = 0
    in_the_way: NotNow | None = None
    for share in claim(session, material, holding, most):
        errand = Errand(material, share)
        # What could not be read of these is mended in the next batch.
        asked = errand.next_of_each_sample() if in_the_way is None and size < MOST_BYTES else None
        begun = 0
        for place, each in enumerate(asked or ()):
            context = errand.context(each, ahead=place, price_share=price_share)
            found = begin(
                session, context, each.question, model, holder=holding.holder, lease_seconds=holding.lease_seconds
            )
            if isinstance(found, NotNow):
                in_the_way = found
                break
            session.add(_line(batch, share, each, found))
            size += len(each.question.system) + len(each.question.user)
            begun += 1
        lines += begun
        if asked == []:  # a worker was killed that had all its answers
            keep(session, errand)
        elif not begun:
            let_go(session, material.study_id, holding.holder, [share])
    batch.questions = lines
    session.flush()
    if lines:
        return batch
    session.delete(batch)
    return in_the_way


def written(question: Question) -> str:
    """As text, since the order of the keys of its schema is part of it."""
    return json.dumps(asdict(question), ensure_ascii=False)


def read(text: str) -> Question:
    told: Mapping[str, Any] = json.loads(text)
    return Question(**{**told, "later_turns": tuple(Turn(**turn) for turn in told["later_turns"])})


def _line(batch: ModelBatch, share: Share, asked: NextQuestion, begun: Begun) -> BatchLine:
    context = begun.context
    return BatchLine(
        study_id=batch.study_id,
        model_batch_id=batch.id,
        run_incident_id=share.run_incident_id,
        custom_id=f"run-incident-{share.run_incident_id}-sample-{context.sample}-attempt-{context.attempt}",
        sample=context.sample,
        attempt=context.attempt,
        begun_id=begun.id,
        question=written(asked.question),
    )
