"""Incidents that a member still codes: what others know of them is kept from their sight, or opened one by one."""

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from app.coding.models import AssignmentWork
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer

_OPEN = (
    select(Assignment.incident_id)
    .join(Round, (Round.study_id == Assignment.study_id) & (Round.id == Assignment.round_id))
    .outerjoin(
        AssignmentWork,
        (AssignmentWork.study_id == Assignment.study_id) & (AssignmentWork.assignment_id == Assignment.id),
    )
    .where(
        Assignment.study_id == bindparam("of_study"),
        Assignment.member_id == bindparam("of_member"),
        Assignment.ending.is_(None),
        Round.phase.in_(("planned", "running")),
        or_(AssignmentWork.id.is_(None), AssignmentWork.state == "draft"),
    )
    .distinct()
)


def open_incidents(session: Session, study_id: int, member_id: int) -> frozenset[int]:
    """Of planned and running rounds, in either pass of a silent repeat; taken back to draft it is open again."""
    return frozenset(session.scalars(_OPEN, {"of_study": study_id, "of_member": member_id}))


def still_coded(viewer: Viewer) -> Select[int]:
    """Incidents that the viewer codes, or can take back or come back to, in a round that is planned or runs: what was
    submitted and what was withdrawn count too."""
    return (
        select(Assignment.incident_id)
        .join(Round, (Round.study_id == Assignment.study_id) & (Round.id == Assignment.round_id))
        .where(
            Assignment.study_id == viewer.study.id,
            Assignment.member_id == viewer.member.id,
            Round.phase.in_(("planned", "running")),
        )
    )
