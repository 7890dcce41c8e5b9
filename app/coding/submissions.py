"""What was handed in, for the rooms above. None of it is given out while its round runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.coding.models import Submission, SubmittedAnswer, SubmittedCode, SubmittedEvidence
from app.rounds.models import Assignment, Round
from app.rounds.policy import check_open_to_others


class SubmittedSpan(NamedTuple):
    start: int
    end: int
    quote: str


class SubmittedChoice(NamedTuple):
    code_id: int
    is_main: bool
    origin: str
    evidence: list[SubmittedSpan]


@dataclass(frozen=True)
class SubmittedReply:
    """state: coded, none_applies or not_enough_information."""

    state: str
    codes: list[SubmittedChoice] = field(default_factory=list)


@dataclass(frozen=True)
class SubmittedWork:
    """One submission with its answers by dimension; a dimension that is missing was not coded.

    submission.kind 'skipped' has no answers. pass_: 2 and more are silent repeats. arm: of the assignment.
    """

    submission: Submission
    pass_: int
    arm: str
    answers: dict[int, SubmittedReply] = field(default_factory=dict)


def submission_count(session: Session, study_id: int, assignment_id: int) -> int:
    """How often an assignment was handed in or skipped so far."""
    return session.scalars(
        select(func.count())
        .select_from(Submission)
        .where(Submission.study_id == study_id, Submission.assignment_id == assignment_id)
    ).one()


def first_submissions(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[SubmittedWork]:
    """The first of each assignment, skips among them, by assignment. Raises StillBlind while the round runs."""
    return _submitted(session, coding_round, incident_id, func.min)


def last_submissions(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[SubmittedWork]:
    """The last of each assignment, skips among them, by assignment. Raises StillBlind while the round runs."""
    return _submitted(session, coding_round, incident_id, func.max)


def _submitted(
    session: Session, coding_round: Round, incident_id: int | None, which: Callable[[Any], ColumnElement[int]]
) -> list[SubmittedWork]:
    """which: func.min for the first, func.max for the last. Four queries, however many incidents."""
    check_open_to_others(coding_round)
    of_round = (Submission.study_id == coding_round.study_id, Submission.round_id == coding_round.id)
    ordinals = (
        select(Submission.assignment_id, which(Submission.ordinal).label("ordinal"))
        .where(*of_round)
        .group_by(Submission.assignment_id)
        .subquery()
    )
    chosen = select(Submission.id).join(
        ordinals,
        (ordinals.c.assignment_id == Submission.assignment_id) & (ordinals.c.ordinal == Submission.ordinal),
    )
    chosen = chosen.where(*of_round)
    if incident_id is not None:
        chosen = chosen.where(Submission.incident_id == incident_id)
    rows = session.execute(
        select(Submission, Assignment.pass_, Assignment.arm)
        .join(Assignment, (Assignment.study_id == Submission.study_id) & (Assignment.id == Submission.assignment_id))
        .where(*of_round, Submission.id.in_(chosen))
        .order_by(Submission.assignment_id)
    )
    works = {submission.id: SubmittedWork(submission, pass_, arm) for submission, pass_, arm in rows}
    _add_answers(session, works, coding_round.study_id, chosen)
    return list(works.values())


def _add_answers(session: Session, works: dict[int, SubmittedWork], study_id: int, chosen: Select[int]) -> None:
    for submission_id, dimension_id, state in session.execute(
        select(SubmittedAnswer.submission_id, SubmittedAnswer.dimension_id, SubmittedAnswer.state).where(
            SubmittedAnswer.study_id == study_id, SubmittedAnswer.submission_id.in_(chosen)
        )
    ):
        works[submission_id].answers[dimension_id] = SubmittedReply(state)
    choices: dict[int, SubmittedChoice] = {}
    for code in session.execute(
        select(
            SubmittedCode.id,
            SubmittedCode.submission_id,
            SubmittedCode.dimension_id,
            SubmittedCode.code_id,
            SubmittedCode.is_main,
            SubmittedCode.origin,
        )
        .where(SubmittedCode.study_id == study_id, SubmittedCode.submission_id.in_(chosen))
        .order_by(SubmittedCode.id)
    ):
        choice = choices[code.id] = SubmittedChoice(code.code_id, code.is_main, code.origin, [])
        works[code.submission_id].answers[code.dimension_id].codes.append(choice)
    spans = SubmittedEvidence
    of_chosen = select(SubmittedCode.id).where(
        SubmittedCode.study_id == study_id, SubmittedCode.submission_id.in_(chosen)
    )
    for submitted_code_id, start, end, quote in session.execute(
        select(spans.submitted_code_id, spans.start, spans.end, spans.quote)
        .where(spans.study_id == study_id, spans.submitted_code_id.in_(of_chosen))
        .order_by(spans.submitted_code_id, spans.start, spans.end)
    ):
        choices[submitted_code_id].evidence.append(SubmittedSpan(start, end, quote))
