"""Answers that were handed in, bare: who said what on which incident, for figures over many rounds at once.

The same submissions as in app/coding/submissions.py, without their quotes and origins, in two questions however many
rounds. While a round runs none of it is given out.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.coding.models import Submission, SubmittedAnswer, SubmittedCode
from app.rounds.models import Assignment, Round
from app.rounds.policy import check_open_to_others


class GivenAnswer(NamedTuple):
    """code_ids: sorted; empty where none applies or not enough is known."""

    round_id: int
    dimension_id: int
    incident_id: int
    member_id: int
    independent: bool
    state: str
    code_ids: tuple[int, ...]


def first_answers(
    session: Session, rounds: Sequence[Round], dimension_ids: Collection[int] | None = None
) -> list[GivenAnswer]:
    """Of the first submission of each assignment of the first pass. Raises StillBlind while one of the rounds runs.

    A skip stands only where nothing was coded later. dimension_ids: None takes all.
    """
    return _given(session, rounds, dimension_ids, _CODED_FIRST)


def last_answers(
    session: Session, rounds: Sequence[Round], dimension_ids: Collection[int] | None = None
) -> list[GivenAnswer]:
    """Of the last submission of each assignment of the first pass. Raises StillBlind while one of the rounds runs."""
    return _given(session, rounds, dimension_ids, _LAST_FIRST)


_CODED_FIRST = (case((Submission.kind == "skipped", 1), else_=0), Submission.ordinal.asc())
_LAST_FIRST = (Submission.ordinal.desc(),)


def _given(
    session: Session,
    rounds: Sequence[Round],
    dimension_ids: Collection[int] | None,
    best_first: Sequence[ColumnElement[int]],
) -> list[GivenAnswer]:
    for coding_round in rounds:
        check_open_to_others(coding_round)
    if not rounds:
        return []
    study_id, round_ids = rounds[0].study_id, [each.id for each in rounds]
    of_assignment = (Assignment.study_id == Submission.study_id) & (Assignment.id == Submission.assignment_id)
    chosen = (
        select(Submission.id, Submission.independent)
        .join(Assignment, of_assignment)
        .where(Submission.study_id == study_id, Submission.round_id.in_(round_ids), Assignment.pass_ == 1)
        .ext(distinct_on(Submission.assignment_id))
        .order_by(Submission.assignment_id, *best_first)
        .subquery()
    )
    answer, code = SubmittedAnswer, SubmittedCode
    answers = (
        _columns(
            answer.id, answer.round_id, answer.dimension_id, answer.incident_id, answer.member_id,
            chosen.c.independent, answer.state,
        )
        .join(chosen, chosen.c.id == answer.submission_id)
        .where(answer.study_id == study_id, answer.round_id.in_(round_ids))
    )  # fmt: skip
    codes = _columns(code.answer_id, code.code_id).where(code.study_id == study_id, code.round_id.in_(round_ids))
    if dimension_ids is not None:
        answers = answers.where(answer.dimension_id.in_(dimension_ids))
        codes = codes.where(code.dimension_id.in_(dimension_ids))
    of_answer: dict[int, list[int]] = {}
    for answer_id, code_id in zip(*_values(session, codes), strict=True):
        of_answer.setdefault(answer_id, []).append(code_id)
    answer_ids, *said = _values(session, answers)
    return list(map(GivenAnswer, *said, (tuple(sorted(of_answer.get(each, ()))) for each in answer_ids)))


def _columns(*columns: Any) -> Any:
    """All values of a column at once: a hundred thousand rows one by one take most of a second."""
    return select(*(func.array_agg(column) for column in columns))


def _values(session: Session, query: Any) -> list[Sequence[Any]]:
    return [values or () for values in session.execute(query).one()]
