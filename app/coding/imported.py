"""Ratings and codings that came in a file, as what their raters handed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.codebook.queries import current_seq
from app.coding.models import AssignmentWork, Submission, SubmittedAnswer, SubmittedCode, SubmittedEvidence
from app.coding.submissions import SubmittedSpan
from app.db.table_sizes import tell_sizes
from app.rounds.imported import Rated, assign_as_rated
from app.rounds.models import Assignment, Round


@dataclass(frozen=True)
class ImportedCode:
    """quotes: of the incident's text, by place."""

    code_id: int
    is_main: bool = False
    origin: str = "own"
    quotes: tuple[SubmittedSpan, ...] = ()


@dataclass(frozen=True)
class ImportedAnswer:
    """state: coded, none_applies or not_enough_information."""

    state: str
    codes: tuple[ImportedCode, ...] = ()


def hand_in_imported(
    session: Session, coding_round: Round, works: Mapping[Rated, Mapping[int, ImportedAnswer]], *, independent: bool
) -> dict[Rated, int]:
    """The assignment of each. works: the answers of each rater on each incident, by dimension.

    independent: only where the importer said so; otherwise it is not known, and nothing may count on it.
    """
    rated = list(works)
    assignment_ids = assign_as_rated(session, coding_round, rated)
    tell_sizes(session, Assignment, rows=len(rated))
    study_id, seq = coding_round.study_id, current_seq(session, coding_round.study_id)
    session.execute(
        insert(AssignmentWork),
        [{"study_id": study_id, "assignment_id": one, "state": "submitted"} for one in assignment_ids],
    )
    copies = [
        {
            "study_id": study_id,
            "round_id": coding_round.id,
            "incident_id": one.incident_id,
            "member_id": one.member_id,
        }
        for one in rated
    ]
    submission_ids = session.scalars(
        insert(Submission).returning(Submission.id, sort_by_parameter_order=True),
        [
            {
                **copy,
                "assignment_id": assignment_id,
                "ordinal": 1,
                "kind": "submitted",
                "independent": independent,
                "codebook_seq": seq,
            }
            for copy, assignment_id in zip(copies, assignment_ids, strict=True)
        ],
    ).all()
    tell_sizes(session, Submission, rows=len(submission_ids))
    answers = [
        ({**copy, "submission_id": submission_id, "dimension_id": dimension_id}, answer)
        for copy, submission_id, one in zip(copies, submission_ids, rated, strict=True)
        for dimension_id, answer in works[one].items()
    ]
    _add_answers(session, answers)
    session.flush()
    return dict(zip(rated, assignment_ids, strict=True))


def _add_answers(session: Session, answers: Sequence[tuple[dict[str, int], ImportedAnswer]]) -> None:
    if not answers:
        return
    answer_ids = session.scalars(
        insert(SubmittedAnswer).returning(SubmittedAnswer.id, sort_by_parameter_order=True),
        [{**copy, "state": answer.state} for copy, answer in answers],
    ).all()
    tell_sizes(session, SubmittedAnswer, rows=len(answer_ids))
    codes = [
        (
            {**copy, "answer_id": answer_id, "code_id": code.code_id, "is_main": code.is_main, "origin": code.origin},
            code,
        )
        for (copy, answer), answer_id in zip(answers, answer_ids, strict=True)
        for code in answer.codes
    ]
    if codes:
        code_ids = session.scalars(
            insert(SubmittedCode).returning(SubmittedCode.id, sort_by_parameter_order=True), [row for row, _ in codes]
        ).all()
        tell_sizes(session, SubmittedCode, rows=len(code_ids))
        _add_quotes(session, [(row["study_id"], key, code) for (row, code), key in zip(codes, code_ids, strict=True)])


def _add_quotes(session: Session, codes: Sequence[tuple[Any, int, ImportedCode]]) -> None:
    rows = [
        {"study_id": study_id, "submitted_code_id": key, "start": span.start, "end": span.end, "quote": span.quote}
        for study_id, key, code in codes
        for span in code.quotes
    ]
    if rows:
        session.execute(insert(SubmittedEvidence), rows)
