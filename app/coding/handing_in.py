"""Handing in: what was coded is copied as it stands, and never changed afterwards."""

from collections.abc import Sequence

from sqlalchemy import func, insert, literal, select

from app.coding.exposures import is_unexposed, lock_exposures_of
from app.coding.models import (
    CodeApplication,
    Evidence,
    Submission,
    SubmittedAnswer,
    SubmittedCode,
    SubmittedEvidence,
    WorkingAnswer,
)
from app.coding.step import Step
from app.coding.submissions import submission_count
from app.problems import Conflict, Invalid


class NothingAnswered(Invalid):
    """Nothing is answered yet. Answer a dimension, or skip the incident and say why."""


class QuotesMissing(Invalid):
    """Some codes have no quote yet."""

    def __init__(self, dimension: str, codes: Sequence[str]) -> None:
        names = ", ".join(f"“{name}”" for name in codes)
        have = "has none" if len(codes) == 1 else "have none"
        super().__init__(
            f"In “{dimension}” every code needs a quote, and {names} {have}. Select words of the incident and press e."
        )


class OneCodeOnly(Invalid):
    """A dimension takes one code only."""


class Incomplete(Conflict):
    """Some dimensions are not answered yet."""

    def __init__(self, open_dimensions: Sequence[str]) -> None:
        self.open_dimensions = list(open_dimensions)
        super().__init__(f"Not answered yet: {', '.join(open_dimensions)}. Answer them, or submit as it is.")


def hand_in(step: Step, *, skip_reason: str | None = None) -> Submission:
    """skip_reason: makes it a skip, which hands in no answers.

    Only dimensions that are still asked are handed in. A part of them is enough when `incomplete` says so.
    """
    asked = [dimension.id for dimension in step.codebook.dimensions]
    if skip_reason is None:
        _check_answers(step)
    lock_exposures_of(step.session, step.study_id, step.assignment.member_id)
    submission = Submission(
        study_id=step.study_id,
        assignment_id=step.assignment.id,
        round_id=step.assignment.round_id,
        incident_id=step.assignment.incident_id,
        member_id=step.assignment.member_id,
        ordinal=submission_count(step.session, step.study_id, step.assignment.id) + 1,
        kind="submitted" if skip_reason is None else "skipped",
        skip_reason=skip_reason,
        independent=is_unexposed(step.session, step.study_id, step.assignment.member_id, step.assignment.incident_id),
        codebook_seq=step.codebook.codebook_seq,
        at=step.at,
    )
    step.session.add(submission)
    step.session.flush()
    if skip_reason is None:
        _copy_answers(step, submission, asked)
        _copy_codes(step, submission)
        _copy_evidence(step, submission)
    return submission


def _check_answers(step: Step) -> None:
    answered = set(
        step.session.scalars(
            select(WorkingAnswer.dimension_id).where(
                WorkingAnswer.study_id == step.study_id, WorkingAnswer.assignment_id == step.assignment.id
            )
        )
    )
    asked = step.codebook.dimensions
    missing = [dimension.name for dimension in asked if dimension.id not in answered]
    if len(missing) == len(asked):
        raise NothingAnswered
    applied = (
        select(CodeApplication.dimension_id)
        .where(CodeApplication.study_id == step.study_id, CodeApplication.assignment_id == step.assignment.id)
        .group_by(CodeApplication.dimension_id)
        .having(func.count() > 1)
    )
    several = set(step.session.scalars(applied))
    for dimension in asked:
        if dimension.id in several and not dimension.takes_many:
            raise OneCodeOnly(f"“{dimension.name}” takes one code only. Take the others away.")
    _check_quotes(step)
    if missing and not step.payload.is_set("incomplete"):
        raise Incomplete(missing)


def _check_quotes(step: Step) -> None:
    for dimension in step.codebook.dimensions:
        if dimension.needs_evidence and (bare := _without_quote(step, dimension.id)):
            raise QuotesMissing(dimension.name, [step.codebook.codes[code_id].name for code_id in bare])


def _without_quote(step: Step, dimension_id: int) -> Sequence[int]:
    quoted = select(Evidence.code_application_id).where(
        Evidence.study_id == step.study_id, Evidence.assignment_id == step.assignment.id
    )
    return step.session.scalars(
        select(CodeApplication.code_id)
        .where(
            CodeApplication.study_id == step.study_id,
            CodeApplication.assignment_id == step.assignment.id,
            CodeApplication.dimension_id == dimension_id,
            CodeApplication.id.not_in(quoted),
        )
        .order_by(CodeApplication.id)
    ).all()


def _copy_answers(step: Step, submission: Submission, asked: Sequence[int]) -> None:
    columns = ["study_id", "submission_id", "round_id", "incident_id", "member_id", "dimension_id", "state"]
    working = select(
        WorkingAnswer.study_id,
        literal(submission.id),
        literal(submission.round_id),
        literal(submission.incident_id),
        literal(submission.member_id),
        WorkingAnswer.dimension_id,
        WorkingAnswer.state,
    ).where(
        WorkingAnswer.study_id == step.study_id,
        WorkingAnswer.assignment_id == step.assignment.id,
        WorkingAnswer.dimension_id.in_(asked),
    )
    step.session.execute(insert(SubmittedAnswer).from_select(columns, working.order_by(WorkingAnswer.dimension_id)))


def _copy_codes(step: Step, submission: Submission) -> None:
    repeated = ["study_id", "submission_id", "round_id", "incident_id", "dimension_id", "member_id"]
    working = (
        select(
            SubmittedAnswer.id,
            *(getattr(SubmittedAnswer, name) for name in repeated),
            CodeApplication.code_id,
            CodeApplication.is_main,
            CodeApplication.origin,
        )
        .join(
            CodeApplication,
            (CodeApplication.study_id == SubmittedAnswer.study_id)
            & (CodeApplication.dimension_id == SubmittedAnswer.dimension_id),
        )
        .where(
            SubmittedAnswer.study_id == step.study_id,
            SubmittedAnswer.submission_id == submission.id,
            CodeApplication.assignment_id == step.assignment.id,
        )
        .order_by(CodeApplication.id)
    )
    columns = ["answer_id", *repeated, "code_id", "is_main", "origin"]
    step.session.execute(insert(SubmittedCode).from_select(columns, working))


def _copy_evidence(step: Step, submission: Submission) -> None:
    working = (
        select(SubmittedCode.study_id, SubmittedCode.id, Evidence.start, Evidence.end, Evidence.quote)
        .join(
            CodeApplication,
            (CodeApplication.study_id == SubmittedCode.study_id)
            & (CodeApplication.dimension_id == SubmittedCode.dimension_id)
            & (CodeApplication.code_id == SubmittedCode.code_id),
        )
        .join(
            Evidence,
            (Evidence.study_id == CodeApplication.study_id) & (Evidence.code_application_id == CodeApplication.id),
        )
        .where(
            SubmittedCode.study_id == step.study_id,
            SubmittedCode.submission_id == submission.id,
            CodeApplication.assignment_id == step.assignment.id,
        )
        .order_by(Evidence.start, Evidence.end)
    )
    columns = ["study_id", "submitted_code_id", "start", "end", "quote"]
    step.session.execute(insert(SubmittedEvidence).from_select(columns, working))
