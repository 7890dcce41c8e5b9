"""Ratings that came in a file, as what their raters handed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.codebook.queries import current_seq
from app.coding.models import AssignmentWork, Submission, SubmittedAnswer, SubmittedCode
from app.rounds.imported import Rated, assign_as_rated
from app.rounds.models import Round


@dataclass(frozen=True)
class ImportedAnswer:
    """state: coded, none_applies or not_enough_information."""

    state: str
    code_ids: tuple[int, ...] = ()


def hand_in_imported(
    session: Session, coding_round: Round, works: Mapping[Rated, Mapping[int, ImportedAnswer]], *, independent: bool
) -> None:
    """works: the answers of each rater on each incident, by dimension.

    independent: only where the importer said so; otherwise it is not known, and nothing may count on it.
    """
    rated = list(works)
    assignment_ids = assign_as_rated(session, coding_round, rated)
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
    answers = [
        ({**copy, "submission_id": submission_id, "dimension_id": dimension_id}, answer)
        for copy, submission_id, one in zip(copies, submission_ids, rated, strict=True)
        for dimension_id, answer in works[one].items()
    ]
    _add_answers(session, answers)
    session.flush()


def _add_answers(session: Session, answers: Sequence[tuple[dict[str, int], ImportedAnswer]]) -> None:
    answer_ids = session.scalars(
        insert(SubmittedAnswer).returning(SubmittedAnswer.id, sort_by_parameter_order=True),
        [{**copy, "state": answer.state} for copy, answer in answers],
    ).all()
    codes = [
        {**copy, "answer_id": answer_id, "code_id": code_id, "origin": "own"}
        for (copy, answer), answer_id in zip(answers, answer_ids, strict=True)
        for code_id in answer.code_ids
    ]
    if codes:
        session.execute(insert(SubmittedCode), codes)
