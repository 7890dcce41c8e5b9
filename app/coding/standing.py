"""What stands in the working state of an assignment: answers, the codes under each, the quotes under each code."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app.coding.models import CodeApplication, Evidence, WorkingAnswer
from app.db.base import rows_of
from app.rounds.models import Assignment


class StandingQuote(NamedTuple):
    """text[start:end], in code points."""

    evidence_id: int
    start: int
    end: int
    quote: str
    at: datetime


class StandingCode(NamedTuple):
    """quotes: as they were added."""

    application_id: int
    code_id: int
    is_main: bool
    origin: str
    codebook_seq: int
    at: datetime
    quotes: tuple[StandingQuote, ...]


class StandingAnswer(NamedTuple):
    """state: coded, none_applies, not_enough_information, or None for not coded. codes: as they were applied."""

    dimension_id: int
    state: str | None
    codes: tuple[StandingCode, ...]

    def code(self, code_id: int) -> StandingCode | None:
        return next((code for code in self.codes if code.code_id == code_id), None)

    def as_inverse(self) -> dict[str, Any]:
        """Of an act that changes this dimension: enough to bring all of it back (app/coding/undoing.py)."""
        codes = [
            {
                "code_application_id": code.application_id,
                "code_id": code.code_id,
                "is_main": code.is_main,
                "origin": code.origin,
                "codebook_seq": code.codebook_seq,
                "at": code.at.isoformat(),
                "evidence": [quote._asdict() | {"at": quote.at.isoformat()} for quote in code.quotes],
            }
            for code in self.codes
        ]
        return {"dimension_id": self.dimension_id, "state": self.state, "codes": codes}


# Made once, of columns and not of objects, as every act asks it before and after.
_ANSWERS, _CODES, _QUOTES = rows_of(WorkingAnswer).c, rows_of(CodeApplication).c, rows_of(Evidence).c
_STANDING = (
    select(
        _ANSWERS.dimension_id,
        _ANSWERS.state,
        _CODES.id,
        _CODES.code_id,
        _CODES.is_main,
        _CODES.origin,
        _CODES.codebook_seq,
        _CODES.at,
        _QUOTES.id,
        _QUOTES.start,
        _QUOTES.end,
        _QUOTES.quote,
        _QUOTES.at,
    )
    .outerjoin_from(
        rows_of(WorkingAnswer),
        rows_of(CodeApplication),
        and_(
            _CODES.study_id == _ANSWERS.study_id,
            _CODES.assignment_id == _ANSWERS.assignment_id,
            _CODES.dimension_id == _ANSWERS.dimension_id,
        ),
    )
    .outerjoin(rows_of(Evidence), and_(_QUOTES.study_id == _CODES.study_id, _QUOTES.code_application_id == _CODES.id))
    .where(_ANSWERS.study_id == bindparam("of_study"), _ANSWERS.assignment_id == bindparam("of_assignment"))
    .order_by(_CODES.id, _QUOTES.id)
)


def standing_answers(session: Session, assignment: Assignment) -> dict[int, StandingAnswer]:
    """By dimension; what is not coded is not in it."""
    states: dict[int, str] = {}
    codes: dict[int, dict[int, StandingCode]] = {}
    of = {"of_study": assignment.study_id, "of_assignment": assignment.id}
    for dimension_id, state, application_id, *row in session.execute(_STANDING, of):
        states[dimension_id] = state
        under = codes.setdefault(dimension_id, {})
        if application_id is None:
            continue
        code_id, is_main, origin, seq, at, *quote = row
        found = under.get(application_id) or StandingCode(application_id, code_id, is_main, origin, seq, at, ())
        if quote[0] is not None:
            found = found._replace(quotes=(*found.quotes, StandingQuote(*quote)))
        under[application_id] = found
    return {key: StandingAnswer(key, state, tuple(codes[key].values())) for key, state in states.items()}


def standing_answer(session: Session, assignment: Assignment, dimension_id: int) -> StandingAnswer:
    found = standing_answers(session, assignment).get(dimension_id)
    return found or StandingAnswer(dimension_id, None, ())
