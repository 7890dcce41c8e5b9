"""A coder's own work, as its pages show it. Nothing of another coder is read here, except how many are done."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from app.coding.models import AssignmentWork, Flag, Submission
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.holdings import counts
from app.rounds.models import KEPT, WITHDRAWN, Assignment, Round
from app.studies.viewer import Viewer

STATE_WORDS = {
    "pending": "Pending",
    "draft": "Draft",
    "submitted": "Submitted",
    "skipped": "Skipped",
    WITHDRAWN: "Withdrawn",
}


@dataclass(frozen=True)
class Progress:
    """Assignments by how far they are. A skip counts as done."""

    pending: int = 0
    draft: int = 0
    submitted: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.draft + self.submitted + self.skipped

    @property
    def done(self) -> int:
        return self.submitted + self.skipped


@dataclass(frozen=True)
class OwnRound:
    """A round in which the viewer codes. next_assignment_id: the first in the queue that is not done."""

    coding_round: Round
    progress: Progress
    next_assignment_id: int | None


@dataclass(frozen=True)
class QueuedAssignment:
    """One line of a coder's own queue."""

    assignment_id: int
    incident_label: str
    incident_title: str
    state: str
    last_act_id: UUID | None
    changed_at: datetime | None
    active_seconds: int = 0
    is_listed: bool = True  # while the round runs, one of the passes of an incident is

    @property
    def state_word(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def is_done(self) -> bool:
        """Nothing is left to do at it."""
        return self.state not in ("pending", "draft")


def progress(session: Session, coding_round: Round, member_id: int | None = None) -> Progress:
    """Of one coder, or of all coders of the round together."""
    counted: Counter[str] = Counter()
    for member, state, count in session.execute(_counts(coding_round)):
        if member_id in (None, member):
            counted[state] += count
    return Progress(**counted)


def progress_by_coder(session: Session, coding_round: Round) -> dict[int, Progress]:
    """Member id -> how far they are, for the lead."""
    counted: dict[int, dict[str, int]] = {}
    for member, state, count in session.execute(_counts(coding_round)):
        counted.setdefault(member, {})[state] = count
    return {member: Progress(**states) for member, states in counted.items()}


@dataclass(frozen=True)
class Effort:
    """flagged: how many of one's own ask for a look. median_seconds: at work on an incident that was handed in."""

    flagged: int
    median_seconds: float | None
    last_at: datetime | None


def effort_by_coder(session: Session, coding_round: Round) -> dict[int, Effort]:
    """Member id -> how long they take and when they were last at work. An assignment without measured time is left
    out of the median."""
    flagged = exists().where(
        Flag.study_id == Assignment.study_id, Flag.assignment_id == Assignment.id, Flag.ended_at.is_(None)
    )
    share = (
        select(
            Assignment.member_id,
            AssignmentWork.state,
            AssignmentWork.active_seconds,
            AssignmentWork.changed_at,
            flagged.label("is_flagged"),
        )
        .join(AssignmentWork, _of_assignment())
        .where(Assignment.study_id == coding_round.study_id, Assignment.round_id == coding_round.id, counts())
        .subquery()
    )
    measured = (share.c.state == "submitted") & (share.c.active_seconds > 0)
    rows = session.execute(
        select(
            share.c.member_id,
            func.count().filter(share.c.is_flagged),
            func.percentile_cont(0.5).within_group(share.c.active_seconds).filter(measured),
            func.max(share.c.changed_at),
        ).group_by(share.c.member_id)
    )
    return {member: Effort(count, median, last) for member, count, median, last in rows}


def own_rounds(session: Session, viewer: Viewer) -> list[OwnRound]:
    """Newest first; planned rounds are not told of."""
    mine = (
        select(Assignment.round_id)
        .outerjoin(AssignmentWork, _of_assignment())
        .where(Assignment.study_id == viewer.study.id, Assignment.member_id == viewer.member.id, _is_shown())
    )
    found = session.scalars(
        select(Round)
        .where(Round.study_id == viewer.study.id, Round.id.in_(mine), Round.phase != "planned")
        .order_by(Round.number.desc())
    ).all()
    return [
        OwnRound(
            coding_round,
            progress(session, coding_round, viewer.member.id),
            session.scalar(_undone(coding_round, viewer.member.id).limit(1)),
        )
        for coding_round in found
    ]


def own_queue(session: Session, viewer: Viewer, coding_round: Round) -> list[QueuedAssignment]:
    """The viewer's assignments of a round that is not planned any more, in the order of their own queue; of those that
    were withdrawn the ones that hold a draft."""
    if coding_round.study_id != viewer.study.id or coding_round.phase == "planned":
        raise NotFound
    rows = session.execute(
        select(
            Assignment.id,
            Incident.external_id,
            Incident.number,
            Incident.title,
            _state(),
            AssignmentWork.last_act_id,
            AssignmentWork.changed_at,
            func.coalesce(AssignmentWork.active_seconds, 0),
            is_newest_begun() if coding_round.phase == "running" else true(),
        )
        .join(Incident, and_(Incident.study_id == Assignment.study_id, Incident.id == Assignment.incident_id))
        .outerjoin(AssignmentWork, _of_assignment())
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.member_id == viewer.member.id,
            _is_shown(),
        )
        .order_by(Assignment.order, Assignment.id)
    )
    return [
        QueuedAssignment(key, external_id or f"#{number}", title, state, act_id, changed_at, seconds, is_listed)
        for key, external_id, number, title, state, act_id, changed_at, seconds, is_listed in rows
    ]


@dataclass(frozen=True)
class Place:
    """Where the assignment stands in the coder's own queue. next_undone_id goes around the end of the queue."""

    position: int
    total: int
    done: int
    previous_id: int | None
    next_id: int | None
    next_undone_id: int | None


def place_in_queue(session: Session, assignment: Assignment) -> Place:
    """Counted by the database, since a queue may hold ten thousand."""
    return Place(*session.execute(_place(), _asked_at(assignment)).one())


def undone_after(session: Session, assignment: Assignment) -> int | None:
    """The assignment that coding goes on with, around the end of the queue."""
    return session.scalar(_following(), _asked_at(assignment))


def _asked_at(assignment: Assignment) -> dict[str, int]:
    return {
        "of_study": assignment.study_id,
        "of_round": assignment.round_id,
        "of_member": assignment.member_id,
        "at_id": assignment.id,
        "at_order": assignment.order,
    }


_HERE = tuple_(Assignment.order, Assignment.id)
_MINE = tuple_(bindparam("at_order", type_=Integer), bindparam("at_id", type_=BigInteger))


@cache  # once made and compiled, it is asked with other values
def _place() -> Select[int, int, int, int | None, int | None, int | None]:
    queued = select(func.count()).select_from(Assignment).where(_in_queue())
    done = queued.join(AssignmentWork, _of_assignment()).where(AssignmentWork.state.in_(("submitted", "skipped")))
    beside = select(Assignment.id).where(_in_queue()).limit(1)
    return select(
        queued.where(_HERE <= _MINE).scalar_subquery(),
        queued.where(counts()).scalar_subquery(),
        done.where(counts()).scalar_subquery(),
        beside.where(_HERE < _MINE).order_by(Assignment.order.desc(), Assignment.id.desc()).scalar_subquery(),
        beside.where(_HERE > _MINE).order_by(Assignment.order, Assignment.id).scalar_subquery(),
        _undone_after(),
    )


@cache
def _following() -> Select[int | None]:
    return select(_undone_after())


def _undone_after() -> ColumnElement[int | None]:
    undone = (
        select(Assignment.id)
        .outerjoin(AssignmentWork, _of_assignment())
        .where(_in_queue(), Assignment.id != bindparam("at_id"), _state().in_(("pending", "draft")))
        .order_by(Assignment.order, Assignment.id)
        .limit(1)
    )
    return func.coalesce(undone.where(_HERE > _MINE).scalar_subquery(), undone.scalar_subquery())


def _in_queue() -> ColumnElement[bool]:
    """Others that were withdrawn are not in it."""
    return and_(
        Assignment.study_id == bindparam("of_study"),
        Assignment.round_id == bindparam("of_round"),
        Assignment.member_id == bindparam("of_member"),
        or_(counts(), Assignment.id == bindparam("at_id")),
    )


def own_text(session: Session, viewer: Viewer, assignment_id: int) -> str:
    """Of the incident; an act needs nothing else of the desk before it is saved."""
    texts = session.scalars(
        select(Incident.text)
        .join(Assignment, (Assignment.study_id == Incident.study_id) & (Assignment.incident_id == Incident.id))
        .join(Round, (Round.study_id == Assignment.study_id) & (Round.id == Assignment.round_id))
        .where(
            Assignment.study_id == viewer.study.id,
            Assignment.member_id == viewer.member.id,
            Assignment.id == assignment_id,
            Round.phase != "planned",
        )
    ).all()
    if not texts:
        raise NotFound
    return texts[0] or ""


def work_on(session: Session, study_id: int, assignment_id: int) -> AssignmentWork | None:
    """None: nobody has begun."""
    return session.scalar(
        select(AssignmentWork).where(AssignmentWork.study_id == study_id, AssignmentWork.assignment_id == assignment_id)
    )


def _counts(coding_round: Round) -> Select[int, str, int]:
    state = _state().label("state")
    return (
        select(Assignment.member_id, state, func.count())
        .outerjoin(AssignmentWork, _of_assignment())
        .where(Assignment.study_id == coding_round.study_id, Assignment.round_id == coding_round.id, counts())
        .group_by(Assignment.member_id, state)
    )


def _undone(coding_round: Round, member_id: int) -> Select[int]:
    return (
        select(Assignment.id)
        .outerjoin(AssignmentWork, _of_assignment())
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.member_id == member_id,
            _state().in_(("pending", "draft")),
        )
        .order_by(Assignment.order, Assignment.id)
    )


def _state() -> ColumnElement[str]:
    """Who left the round has done what they handed in, also where they had taken it back."""
    last = (
        select(cast(Submission.kind, Text))
        .where(Submission.study_id == Assignment.study_id, Submission.assignment_id == Assignment.id)
        .order_by(Submission.ordinal.desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )
    return case(
        (Assignment.ending == WITHDRAWN, literal_column("'withdrawn'")),
        (Assignment.ending == KEPT, last),
        else_=func.coalesce(cast(AssignmentWork.state, Text), literal_column("'pending'")),
    )


def is_newest_begun() -> ColumnElement[bool]:
    """Of the passes of an incident the last that was begun; the first where none was. Lists that show only these do
    not tell which incidents come a second time."""
    other, work = aliased(Assignment), aliased(AssignmentWork)
    same_incident = (
        other.study_id == Assignment.study_id,
        other.round_id == Assignment.round_id,
        other.member_id == Assignment.member_id,
        other.incident_id == Assignment.incident_id,
        other.ending.is_distinct_from(WITHDRAWN),
    )
    begun = exists().where(work.study_id == other.study_id, work.assignment_id == other.id)
    later = exists().where(*same_incident, other.pass_ > Assignment.pass_, begun)
    earlier = exists().where(*same_incident, other.pass_ < Assignment.pass_)
    return ~later & (AssignmentWork.assignment_id.is_not(None) | ~earlier)


def _is_shown() -> ColumnElement[bool]:
    return or_(counts(), AssignmentWork.id.is_not(None))


def _of_assignment() -> ColumnElement[bool]:
    return and_(AssignmentWork.study_id == Assignment.study_id, AssignmentWork.assignment_id == Assignment.id)
