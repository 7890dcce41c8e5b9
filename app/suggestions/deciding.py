"""What a coder decides about a suggestion that they have opened: accept, change, reject, take a rejection back."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.acts import ActAnswer, ActRequest, apply_offered, perform, weigh_offered
from app.coding.models import Act
from app.coding.policy import check_may_act
from app.coding.queries import work_on
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.events import record
from app.studies.viewer import Viewer
from app.suggestions import policy, queries
from app.suggestions.models import CAUSES, Suggestion, SuggestionDecision
from app.suggestions.offers import standing, visible_suggestions
from app.suggestions.quotes import evidence_of
from app.suggestions.shown import UNKNOWN_ID

DECISIONS = ("accept", "change", "reject", "restore")
LONGEST_REASON = 500


@dataclass(frozen=True)
class Choice:
    """decision: accept, change, reject, or restore: no rejection of it counts any more. code_id or name: what a changed
    suggestion became. cause, reason: why it is rejected, as one of CAUSES and in the coder's own words."""

    decision: str
    code_id: int | None = None
    name: str = ""
    reason: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Acting:
    """The act that a decision makes, as every save on the desk: its id, the newest act seen, and the tab."""

    act_id: UUID
    after_act_id: UUID | None
    tab: str = ""
    active_seconds: int = 0


@dataclass(frozen=True)
class Decided:
    """dimension_id: where. answer: of the act. taken_back: the incident is a draft again."""

    dimension_id: int
    answer: ActAnswer
    taken_back: bool = False


@dataclass(frozen=True)
class _Offered:
    """What is applied: the payload of the act, without its evidence."""

    decision: str
    origin: str
    payload: dict[str, Any] = field(default_factory=dict)


def decide(
    session: Session, viewer: Viewer, assignment_id: int, suggestion_id: int, choice: Choice, acting: Acting
) -> Decided:
    """The latest decision counts, but for a rejection that was undone. The same act_id again changes nothing.

    An incident that was handed in becomes a draft again when something is taken over; its submissions stay.
    """
    if choice.decision not in DECISIONS:
        raise policy.NoSuchDecision
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    check_may_act(session, viewer, coding_round, assignment)
    suggestion = _opened(session, viewer, assignment, coding_round, suggestion_id)
    if choice.decision == "reject":
        return _reject(session, viewer, assignment, suggestion, choice, acting)
    if choice.decision == "restore":
        return _restore(session, viewer, assignment, suggestion, acting)
    offered = _offered(suggestion, choice)
    taken_back, after = _draft(session, viewer, assignment, acting)
    payload = offered.payload | {
        "dimension_id": suggestion.dimension_id,
        "origin": offered.origin,
        "evidence": evidence_of(suggestion.quotes),
    }
    request = ActRequest(acting.act_id, after, acting.tab, "apply_offered", payload, acting.active_seconds)
    answer = apply_offered(session, viewer, assignment.id, request)
    if not answer.repeated:
        _write(session, viewer, assignment, suggestion, offered.decision, answer=answer, choice=choice)
    return Decided(suggestion.dimension_id, answer, taken_back)


def _opened(
    session: Session, viewer: Viewer, assignment: Assignment, coding_round: Round, suggestion_id: int
) -> Suggestion:
    found = standing(session, viewer, assignment, coding_round)
    for suggestion in visible_suggestions(session, found):
        if suggestion.id == suggestion_id:
            return suggestion
    raise policy.NotOpened


def _reject(
    session: Session, viewer: Viewer, assignment: Assignment, suggestion: Suggestion, choice: Choice, acting: Acting
) -> Decided:
    """An act like any other, so that it is queued, sent once, and undone; its decision says why, and is kept."""
    reason = choice.reason.strip()
    if len(reason) > LONGEST_REASON:
        raise policy.ReasonTooLong
    if choice.cause not in ("", *CAUSES):
        raise policy.NoSuchCause
    latest = queries.decisions_on(session, assignment).get(suggestion.id)
    said = ("rejected", reason, choice.cause)
    with session.begin_nested() as both:
        if latest is not None and (latest.decision, latest.reason, latest.cause) == said:
            kept = latest.id
        else:
            kept = _write(session, viewer, assignment, suggestion, "rejected", answer=None, choice=choice)
        answer = _weighed(session, viewer, assignment, suggestion, "reject_offered", [kept], acting)
        if answer.repeated:
            both.rollback()  # its decision was kept with it, the first time
    return Decided(suggestion.dimension_id, answer)


def _restore(
    session: Session, viewer: Viewer, assignment: Assignment, suggestion: Suggestion, acting: Acting
) -> Decided:
    rejections = queries.standing_rejections(session, assignment, suggestion.id)
    if not rejections and not is_repeated(session, acting):
        raise policy.NotRejected
    answer = _weighed(session, viewer, assignment, suggestion, "restore_offered", rejections, acting)
    return Decided(suggestion.dimension_id, answer)


def _weighed(
    session: Session,
    viewer: Viewer,
    assignment: Assignment,
    suggestion: Suggestion,
    kind: str,
    rejections: list[int],
    acting: Acting,
) -> ActAnswer:
    payload = {"dimension_id": suggestion.dimension_id, "rejections": rejections}
    request = ActRequest(acting.act_id, acting.after_act_id, acting.tab, kind, payload, acting.active_seconds)
    return weigh_offered(session, viewer, assignment.id, request)


def is_repeated(session: Session, acting: Acting) -> bool:
    return session.scalar(select(Act.id).where(Act.act_id == acting.act_id)) is not None


def _offered(suggestion: Suggestion, choice: Choice) -> _Offered:
    if choice.decision == "accept":
        return _accepted(suggestion)
    name = " ".join(choice.name.split())
    if choice.code_id is not None:
        if choice.code_id == suggestion.code_id:
            return _accepted(suggestion)
        return _Offered("changed", "revised", {"code_id": choice.code_id})
    if not name:
        raise policy.NothingChosen
    if suggestion.new_code_name is not None and name == suggestion.new_code_name:
        return _accepted(suggestion)
    definition = suggestion.new_code_definition if suggestion.new_code_name is not None else ""
    return _Offered("changed", "revised", {"new_code": {"name": name, "definition": definition}})


def _accepted(suggestion: Suggestion) -> _Offered:
    if suggestion.code_id is not None:
        return _Offered("accepted", "accepted", {"code_id": suggestion.code_id})
    name = suggestion.new_code_name or ""
    if UNKNOWN_ID.match(name):
        raise policy.NotAcceptable
    new_code = {"name": name, "definition": suggestion.new_code_definition}
    return _Offered("accepted", "accepted", {"new_code": new_code})


def _draft(session: Session, viewer: Viewer, assignment: Assignment, acting: Acting) -> tuple[bool, UUID | None]:
    """(whether it was taken back, the newest act now). Its id follows from the decision's, so it is made once."""
    work = work_on(session, assignment.study_id, assignment.id)
    taking_back = uuid5(acting.act_id, "take_back")
    if work is not None and work.state != "draft" and not is_repeated(session, acting):
        perform(session, viewer, assignment.id, ActRequest(taking_back, acting.after_act_id, acting.tab, "take_back"))
        return True, taking_back
    return False, acting.after_act_id


def _write(
    session: Session,
    viewer: Viewer,
    assignment: Assignment,
    suggestion: Suggestion,
    decision: str,
    *,
    answer: ActAnswer | None,
    choice: Choice,
) -> int:
    row = SuggestionDecision(
        study_id=assignment.study_id,
        suggestion_id=suggestion.id,
        assignment_id=assignment.id,
        member_id=viewer.member.id,
        decision=decision,
        reason=choice.reason.strip(),
        cause=choice.cause if decision == "rejected" else "",
        code_id=answer.code_id if answer else None,
        code_application_id=answer.code_application_id if answer else None,
    )
    session.add(row)
    session.flush()
    record(
        session,
        assignment.study_id,
        viewer.member,
        f"suggestion.{decision}",
        subject=("suggestion", suggestion.id),
        veiled_by_round_id=assignment.round_id,
        assignment_id=assignment.id,
        dimension_id=suggestion.dimension_id,
    )
    return row.id
