"""What was handed in, for the rooms above. While its round runs none of it is given out, but to coders who compare."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.coding.comparing import comparable_assignments
from app.coding.models import Submission, SubmittedAnswer, SubmittedCode, SubmittedEvidence
from app.problems import NotFound
from app.rounds.models import Assignment, Round
from app.rounds.policy import check_open_to_others
from app.studies.viewer import Viewer


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
    """The first of each assignment, by assignment. Raises StillBlind while the round runs.

    A skip stands only where nothing was coded later: who takes a skip back has given no answer before.
    """
    check_open_to_others(coding_round)
    return _first(session, coding_round, incident_id)


def compared_submissions(
    session: Session, viewer: Viewer, coding_round: Round, incident_id: int
) -> list[SubmittedWork]:
    """The first of each coder of an incident that the viewer may compare while the round runs. Else not found."""
    if not comparable_assignments(session, viewer, coding_round, incident_id=incident_id):
        raise NotFound
    return [work for work in _first(session, coding_round, incident_id) if work.pass_ == 1]


def _first(session: Session, coding_round: Round, incident_id: int | None) -> list[SubmittedWork]:
    latest_first = reversed(_submissions(session, coding_round, incident_id))
    first = {row.assignment_id: row for row in sorted(latest_first, key=lambda row: row.kind != "skipped")}
    return _with_answers(session, coding_round, incident_id, [first[key] for key in sorted(first)])


def last_submissions(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[SubmittedWork]:
    """The last of each assignment, skips among them, by assignment. Raises StillBlind while the round runs."""
    check_open_to_others(coding_round)
    last = {row.assignment_id: row for row in _submissions(session, coding_round, incident_id)}
    return _with_answers(session, coding_round, incident_id, [last[key] for key in sorted(last)])


def _submissions(session: Session, coding_round: Round, incident_id: int | None) -> Sequence[Submission]:
    """All of the round, in the order in which they were handed in."""
    return session.scalars(
        select(Submission).where(*_within(Submission, coding_round, incident_id)).order_by(Submission.ordinal)
    ).all()


def _with_answers(
    session: Session, coding_round: Round, incident_id: int | None, chosen: Sequence[Submission]
) -> list[SubmittedWork]:
    """Five queries in all, however many incidents. The round is read whole and what was not chosen left out here:
    so few are not chosen that this is quicker, and Postgres cannot choose a bad plan for it."""
    assignments = {
        key: (pass_, arm)
        for key, pass_, arm in session.execute(
            select(Assignment.id, Assignment.pass_, Assignment.arm).where(
                *_within(Assignment, coding_round, incident_id)
            )
        )
    }
    works = {row.id: SubmittedWork(row, *assignments[row.assignment_id]) for row in chosen}
    answer = SubmittedAnswer
    for submission_id, dimension_id, state in session.execute(
        select(answer.submission_id, answer.dimension_id, answer.state).where(
            *_within(answer, coding_round, incident_id)
        )
    ):
        if submission_id in works:
            works[submission_id].answers[dimension_id] = SubmittedReply(state)
    _add_choices(session, coding_round, incident_id, works)
    return list(works.values())


def _add_choices(
    session: Session, coding_round: Round, incident_id: int | None, works: dict[int, SubmittedWork]
) -> None:
    code, span = SubmittedCode, SubmittedEvidence
    of_code = (span.study_id == code.study_id) & (span.submitted_code_id == code.id)
    quotes: dict[int, list[SubmittedSpan]] = {}
    for code_key, start, end, quote in session.execute(
        select(code.id, span.start, span.end, span.quote)
        .join(span, of_code)
        .where(*_within(code, coding_round, incident_id))
        .order_by(span.start, span.end)
    ):
        quotes.setdefault(code_key, []).append(SubmittedSpan(start, end, quote))
    for row in session.execute(
        select(code.id, code.submission_id, code.dimension_id, code.code_id, code.is_main, code.origin)
        .where(*_within(code, coding_round, incident_id))
        .order_by(code.id)
    ):
        if row.submission_id in works:
            choice = SubmittedChoice(row.code_id, row.is_main, row.origin, quotes.get(row.id, []))
            works[row.submission_id].answers[row.dimension_id].codes.append(choice)


def _within(
    table: type[Submission | SubmittedAnswer | SubmittedCode | Assignment], coding_round: Round, incident_id: int | None
) -> list[ColumnElement[bool]]:
    of_round = [table.study_id == coding_round.study_id, table.round_id == coding_round.id]
    return of_round if incident_id is None else [*of_round, table.incident_id == incident_id]
