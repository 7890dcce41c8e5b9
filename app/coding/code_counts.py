"""How often each code stands in what was handed in, for the tree of the codebook."""

from collections.abc import Mapping

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.coding.models import Submission, SubmittedCode
from app.db.shared import shared_by_sessions
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round, RoundPhaseChange

_LATER = aliased(Submission)
# A round that is open to others takes in nothing more; reopened and ended again, it has another last change of phase.
_OPEN_ROUNDS = (
    select(Round.id, func.max(RoundPhaseChange.id))
    .outerjoin(
        RoundPhaseChange, (RoundPhaseChange.study_id == Round.study_id) & (RoundPhaseChange.round_id == Round.id)
    )
    .where(Round.study_id == bindparam("of_study"), Round.phase.in_(("settling", "closed")))
    .group_by(Round.id)
)
_COUNTED = (
    select(SubmittedCode.code_id, func.count())
    .join(Submission, (Submission.study_id == SubmittedCode.study_id) & (Submission.id == SubmittedCode.submission_id))
    .join(Assignment, (Assignment.study_id == Submission.study_id) & (Assignment.id == Submission.assignment_id))
    .where(
        SubmittedCode.study_id == bindparam("of_study"),
        SubmittedCode.round_id.in_(bindparam("of_rounds", expanding=True)),
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


def counted_codes(session: Session, study_id: int) -> Mapping[int, int]:
    """In the last submissions, first passes alone, of rounds whose codes are open to others (promise 1)."""
    open_rounds = frozenset(map(tuple, session.execute(_OPEN_ROUNDS, {"of_study": study_id})))
    shared, key = shared_by_sessions(session), ("code counts", study_id)
    kept: tuple[object, Mapping[int, int]] | None = shared.find(key) if shared else None
    if kept is not None and kept[0] == open_rounds:
        return kept[1]
    named = {"of_study": study_id, "of_rounds": [round_id for round_id, _ in open_rounds]}
    found = dict(session.execute(_COUNTED, named).all())
    if shared:
        shared.keep(key, (open_rounds, found))
    return found
