"""What was handed in, for the rooms above. None of it is given out while its round runs."""

from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

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
    return _submitted(session, coding_round, incident_id, Submission.ordinal.asc())


def last_submissions(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[SubmittedWork]:
    """The last of each assignment, skips among them, by assignment. Raises StillBlind while the round runs."""
    return _submitted(session, coding_round, incident_id, Submission.ordinal.desc())


def _submitted(
    session: Session, coding_round: Round, incident_id: int | None, order: ColumnElement[int]
) -> list[SubmittedWork]:
    """Four queries, however many incidents."""
    check_open_to_others(coding_round)
    chosen = (
        select(Submission)
        .where(Submission.study_id == coding_round.study_id, Submission.round_id == coding_round.id)
        .distinct(Submission.assignment_id)
        .order_by(Submission.assignment_id, order)
    )
    if incident_id is not None:
        chosen = chosen.where(Submission.incident_id == incident_id)
    one = aliased(Submission, chosen.subquery())
    rows = session.execute(
        select(one, Assignment.pass_, Assignment.arm)
        .join(Assignment, (Assignment.study_id == one.study_id) & (Assignment.id == one.assignment_id))
        .order_by(one.assignment_id)
    )
    works = {submission.id: SubmittedWork(submission, pass_, arm) for submission, pass_, arm in rows}
    _add_answers(session, works, coding_round, select(one.id))
    return list(works.values())


def _add_answers(
    session: Session, works: dict[int, SubmittedWork], coding_round: Round, chosen: Select[tuple[int]]
) -> None:
    def of_chosen(submission_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        return submission_id.in_(chosen)

    for submission_id, dimension_id, state in session.execute(
        select(SubmittedAnswer.submission_id, SubmittedAnswer.dimension_id, SubmittedAnswer.state).where(
            SubmittedAnswer.study_id == coding_round.study_id, of_chosen(SubmittedAnswer.submission_id)
        )
    ):
        works[submission_id].answers[dimension_id] = SubmittedReply(state)
    choices: dict[int, SubmittedChoice] = {}
    for row in session.execute(
        select(
            SubmittedCode.id,
            SubmittedCode.submission_id,
            SubmittedCode.dimension_id,
            SubmittedCode.code_id,
            SubmittedCode.is_main,
            SubmittedCode.origin,
        )
        .where(SubmittedCode.study_id == coding_round.study_id, of_chosen(SubmittedCode.submission_id))
        .order_by(SubmittedCode.id)
    ):
        choice = choices[row.id] = SubmittedChoice(row.code_id, row.is_main, row.origin, [])
        works[row.submission_id].answers[row.dimension_id].codes.append(choice)
    for code, start, end, quote in session.execute(
        select(
            SubmittedEvidence.submitted_code_id, SubmittedEvidence.start, SubmittedEvidence.end, SubmittedEvidence.quote
        )
        .join(
            SubmittedCode,
            (SubmittedCode.study_id == SubmittedEvidence.study_id)
            & (SubmittedCode.id == SubmittedEvidence.submitted_code_id),
        )
        .where(SubmittedCode.study_id == coding_round.study_id, of_chosen(SubmittedCode.submission_id))
        .order_by(SubmittedEvidence.submitted_code_id, SubmittedEvidence.start, SubmittedEvidence.end)
    ):
        choices[code].evidence.append(SubmittedSpan(start, end, quote))
