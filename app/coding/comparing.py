"""Which incidents of a running round its coders may compare by now."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.coding.models import Exposure, Submission
from app.coding.reveal_policy import Share, may_compare
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer


def comparable_assignments(
    session: Session, viewer: Viewer, coding_round: Round, *, incident_id: int | None = None
) -> list[int]:
    """The viewer's own, in the order of their queue. Nothing is asked of a round that opens all answers at once."""
    if not coding_round.opens_each_incident or coding_round.phase != "running":
        return []
    shares: dict[int, list[Share]] = {}
    own: dict[int, int] = {}
    for assignment_id, incident, member_id, pass_, ending, has_submitted in session.execute(
        select(
            Assignment.id,
            Assignment.incident_id,
            Assignment.member_id,
            Assignment.pass_,
            Assignment.ending,
            _has_submitted(),
        )
        .where(*_beside(viewer, coding_round, incident_id))
        .order_by(Assignment.order)
    ):
        shares.setdefault(incident, []).append(Share(member_id, pass_, ending, has_submitted))
        if (member_id, pass_) == (viewer.member.id, 1):
            own[incident] = assignment_id
    return [key for incident, key in own.items() if may_compare(coding_round, viewer, shares[incident])]


def uncompared_assignments(session: Session, viewer: Viewer, coding_round: Round, found: Sequence[int]) -> list[int]:
    """Of those that the viewer may compare (found), the ones of which they have opened nothing yet."""
    if not found:
        return []
    opened = (
        select(Exposure.incident_id)
        .join(Submission, (Submission.study_id == Exposure.study_id) & (Submission.id == Exposure.subject_id))
        .where(
            Exposure.study_id == viewer.study.id,
            Exposure.member_id == viewer.member.id,
            Exposure.kind == "colleague_code",
            Submission.round_id == coding_round.id,
        )
    )
    compared = set(
        session.scalars(
            select(Assignment.id).where(
                Assignment.study_id == viewer.study.id, Assignment.id.in_(found), Assignment.incident_id.in_(opened)
            )
        )
    )
    return [key for key in found if key not in compared]


def _beside(viewer: Viewer, coding_round: Round, incident_id: int | None) -> list[ColumnElement[bool]]:
    """Every assignment of the round on the viewer's incidents, or on one."""
    of_round = [Assignment.study_id == viewer.study.id, Assignment.round_id == coding_round.id]
    if incident_id is not None:
        return [*of_round, Assignment.incident_id == incident_id]
    mine = select(Assignment.incident_id).where(*of_round, Assignment.member_id == viewer.member.id)
    return [*of_round, Assignment.incident_id.in_(mine)]


def _has_submitted() -> ColumnElement[bool]:
    return exists().where(
        Submission.study_id == Assignment.study_id,
        Submission.assignment_id == Assignment.id,
        Submission.kind == "submitted",
    )
