"""How often each code stands in what was handed in, for the tree of the codebook."""

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.coding.models import Submission, SubmittedCode
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round

_LATER = aliased(Submission)
_COUNTED = (
    select(SubmittedCode.code_id, func.count())
    .join(Submission, (Submission.study_id == SubmittedCode.study_id) & (Submission.id == SubmittedCode.submission_id))
    .join(Assignment, (Assignment.study_id == Submission.study_id) & (Assignment.id == Submission.assignment_id))
    .where(
        SubmittedCode.study_id == bindparam("of_study"),
        SubmittedCode.round_id.in_(
            select(Round.id).where(Round.study_id == bindparam("of_study"), Round.phase.in_(("settling", "closed")))
        ),
        Assignment.pass_ == 1,
        counts(),
        ~exists().where(
            _LATER.study_id == Submission.study_id,
            _LATER.assignment_id == Submission.assignment_id,
            _LATER.ordinal > Submission.ordinal,
        ),
    )
    .group_by(SubmittedCode.code_id)
)


def counted_codes(session: Session, study_id: int) -> dict[int, int]:
    """In the last submissions, first passes alone, of rounds whose codes are open to others (promise 1)."""
    rows = session.execute(_COUNTED, {"of_study": study_id})
    return dict(rows.all())
