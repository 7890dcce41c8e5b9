"""A lookup among similar incidents stands in the same ledger as the calls of models. It sends nothing and is free."""

import json
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from app.ledger.actions import prompt_sha256
from app.ledger.models import ModelCall
from app.suggestions.ledger_words import LOOKED_UP
from app.suggestions.models import RunIncident
from app.suggestions.queries import SUBJECT
from app.suggestions.similar import METHOD, NAME, SimilarCode


def record_lookup(
    session: Session, row: RunIncident, found: Sequence[SimilarCode], *, asked_by: int, seconds: float
) -> ModelCall:
    """The incidents that were similar are not named: what they were coded as is shown to nobody by the way."""
    call = ModelCall(
        study_id=row.study_id,
        member_id=asked_by,
        purpose=LOOKED_UP,
        subject_kind=SUBJECT,
        subject_id=row.id,
        attempt=row.attempts + 1,
        requests=0,
        outcome="valid",
        system_prompt="",
        user_prompt="",
        prompt_sha256=prompt_sha256("", ""),
        model_asked=NAME,
        model_answered=METHOD,
        raw_answer=json.dumps([_told(code) for code in found]),
        input_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        reasoning_tokens=0,
        cost_usd=Decimal(0),
        seconds=seconds,
    )
    session.add(call)
    session.flush()
    return call


def _told(code: SimilarCode) -> dict[str, object]:
    return {"dimension": code.dimension_id, "code": code.code_id, "share": code.share, "held_by": len(code.neighbours)}
