"""Coding, saved step by step. Everything a coder does to an assignment passes `perform`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.coding.act_kinds import KINDS, OFFERED, WEIGHED, Handler
from app.coding.active_time import add_active_time
from app.coding.models import Act, AssignmentWork
from app.coding.payload import ActNotUnderstood, Payload
from app.coding.policy import check_held, check_state
from app.coding.step import Change, Step
from app.db.base import now, rows_of
from app.problems import Conflict, NotFound
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.events import record
from app.studies.viewer import Viewer

LONGEST_TAB = 100


class StaleAct(Conflict):
    """This incident was changed in another tab or on another machine. Nothing was overwritten; both are shown."""


class ActNotYours(NotFound):
    """This step belongs to somebody else's coding, so it was not saved here."""


@dataclass(frozen=True)
class ActRequest:
    """act_id: made by whoever acts, once an act. after_act_id: the newest act they saw on this assignment.

    active_seconds: of work at the assignment since the act before it.
    """

    act_id: UUID
    after_act_id: UUID | None
    tab: str
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    active_seconds: int = 0


@dataclass(frozen=True)
class ActAnswer:
    """What was saved. state: of the assignment (draft, submitted, skipped). repeated: it was on disk before."""

    act_id: UUID
    kind: str
    state: str
    saved_at: datetime
    dimension_id: int | None = None
    code_id: int | None = None
    code_application_id: int | None = None
    evidence_id: int | None = None
    submission_id: int | None = None
    repeated: bool = False


@dataclass(frozen=True)
class Performed:
    """step and change: of an act that was saved now; None of one that was on disk before."""

    answer: ActAnswer
    step: Step | None = None
    change: Change | None = None


def perform(session: Session, viewer: Viewer, assignment_id: int, request: ActRequest) -> ActAnswer:
    """Saves one act. The same act_id again changes nothing and gets the first answer."""
    return performed(session, viewer, assignment_id, request).answer


def performed(session: Session, viewer: Viewer, assignment_id: int, request: ActRequest) -> Performed:
    """As `perform`, with what was at hand while it was saved."""
    return _perform(session, viewer, assignment_id, request, KINDS)


def apply_offered(session: Session, viewer: Viewer, assignment_id: int, request: ActRequest) -> ActAnswer:
    """Applies what a model offered and the coder took over; for the room that knows the offer."""
    return _perform(session, viewer, assignment_id, replace(request, kind="apply_offered"), OFFERED).answer


def weigh_offered(session: Session, viewer: Viewer, assignment_id: int, request: ActRequest) -> ActAnswer:
    """Rejects what a model offered, or takes rejections back (their ids: `rejections`); for the same room."""
    return _perform(session, viewer, assignment_id, request, WEIGHED).answer


def _perform(
    session: Session, viewer: Viewer, assignment_id: int, request: ActRequest, handlers: Mapping[str, Handler]
) -> Performed:
    assignment, coding_round, work = _held(session, viewer, assignment_id)
    is_next = request.after_act_id == work.last_act_id  # what was saved before is never the next one
    if not is_next and (answered := _stored_answer(session, assignment, request)):
        return Performed(answered)
    check_held(viewer, coding_round, assignment)
    if not is_next:
        raise StaleAct
    if request.kind not in handlers:
        raise ActNotUnderstood
    check_state(work.state, request.kind)
    step = Step(session, viewer, assignment, coding_round, work, Payload.checked(request.payload), now())
    change = handlers[request.kind](step)
    return Performed(_save(step, coding_round, request, change), step, change)


# The round is held as it is until the act is committed, so that none slips in behind the end of the coding; so is the
# assignment, which may go to somebody else; and there is one act at a time on it, whatever number of tabs and machines
# send them. All three are read as they are after a wait, and the round is locked first, as by whoever changes it.
_HELD = (
    select(Assignment, Round, AssignmentWork)
    .join(Round, (Round.study_id == Assignment.study_id) & (Round.id == Assignment.round_id))
    .join(
        AssignmentWork,
        (AssignmentWork.study_id == Assignment.study_id) & (AssignmentWork.assignment_id == Assignment.id),
    )
    .where(
        Assignment.study_id == bindparam("of_study"),
        Assignment.member_id == bindparam("of_member"),
        Assignment.id == bindparam("wanted"),
        Round.phase != "planned",
    )
    .with_for_update(read=True, of=(Round, Assignment))
    .with_statement_hint("FOR UPDATE OF assignment_work")
    .execution_options(populate_existing=True)
)
_BEGUN = insert(rows_of(AssignmentWork)).on_conflict_do_nothing()


def _held(session: Session, viewer: Viewer, assignment_id: int) -> tuple[Assignment, Round, AssignmentWork]:
    """Somebody else's assignment is not found."""
    named = {"of_study": viewer.study.id, "of_member": viewer.member.id, "wanted": assignment_id}
    found = session.execute(_HELD, named).first()
    if found is None:
        assignment, _ = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
        session.execute(_BEGUN, {"study_id": assignment.study_id, "assignment_id": assignment.id})
        found = session.execute(_HELD, named).first()
    if found is None:
        raise NotFound
    return found[0], found[1], found[2]


def _stored_answer(session: Session, assignment: Assignment, request: ActRequest) -> ActAnswer | None:
    act = session.scalar(select(Act).where(Act.act_id == request.act_id))
    if act is None:
        return None
    if (act.study_id, act.assignment_id, act.member_id) != (
        assignment.study_id,
        assignment.id,
        assignment.member_id,
    ):
        raise ActNotYours
    stored = {**act.answer, "saved_at": datetime.fromisoformat(act.answer["saved_at"])}
    return ActAnswer(act_id=act.act_id, kind=act.kind, **stored, repeated=True)


_NEW_ACT = insert(rows_of(Act)).on_conflict_do_nothing(index_elements=["act_id"]).returning(rows_of(Act).c.id)


def _save(step: Step, coding_round: Round, request: ActRequest, change: Change) -> ActAnswer:
    step.work.last_act_id = request.act_id
    step.work.changed_at = step.at
    add_active_time(step.work, step.assignment, request.active_seconds, step.at)
    answer = {"state": step.work.state, "saved_at": step.at.isoformat(), **change.ids}
    row = {
        "study_id": step.study_id,
        "act_id": request.act_id,
        "after_act_id": request.after_act_id,
        "assignment_id": step.assignment.id,
        "member_id": step.assignment.member_id,
        "tab": request.tab[:LONGEST_TAB],
        "at": step.at,
        "kind": request.kind,
        "payload": step.payload.fields,
        "inverse": change.inverse,
        "answer": answer,
    }
    if step.session.scalar(_NEW_ACT, row) is None:
        raise ActNotYours  # the same act_id was committed for another assignment a moment ago
    record(
        step.session,
        step.study_id,
        step.viewer.member,
        f"coding.{request.kind}",
        subject=("assignment", step.assignment.id),
        veiled_by_round_id=coding_round.id,
        act_id=str(request.act_id),
        **change.ids,
    )
    step.session.flush()
    answered = ActAnswer(act_id=request.act_id, kind=request.kind, state=step.work.state, saved_at=step.at)
    return replace(answered, **change.ids)
