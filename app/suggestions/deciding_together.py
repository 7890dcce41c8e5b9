"""Accepting several suggestions at once: only those whose evidence is sure, and each by an act of its own (ADR 44)."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.acts import ActNotYours
from app.coding.models import Act
from app.coding.policy import check_may_act
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer
from app.suggestions.deciding import Acting, Choice, Decided, decide
from app.suggestions.offers import offers
from app.suggestions.policy import NothingTogether


def accept_together(
    session: Session, viewer: Viewer, assignment_id: int, wanted: Collection[int], acting: Acting
) -> list[Decided]:
    """wanted: ids of suggestions that the coder was shown; of them, those that may go together now.

    Each is an act and a decision of its own, so each is undone on its own. The last act bears the id that the browser
    made. The same id again changes nothing.
    """
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    check_may_act(session, viewer, coding_round, assignment)
    if _is_done(session, assignment, acting.act_id):
        return []
    taken = [key for key in _together(session, viewer, assignment, coding_round) if key in wanted]
    if not taken:
        raise NothingTogether
    return [
        decide(session, viewer, assignment_id, key, Choice("accept"), step)
        for key, step in zip(taken, _steps(acting, len(taken)), strict=True)
    ]


def _together(session: Session, viewer: Viewer, assignment: Assignment, coding_round: Round) -> list[int]:
    every = offers(session, viewer, assignment, coding_round)
    return [one.id for offer in every if offer.may_decide for one in offer.together]


def _steps(acting: Acting, count: int) -> list[Acting]:
    """One after the other; the ids of all but the last follow from it, so that they are the same when sent again."""
    ids = [uuid5(acting.act_id, f"together {nth}") for nth in range(1, count)] + [acting.act_id]
    before = [acting.after_act_id, *ids[:-1]]
    seconds = [0] * (count - 1) + [acting.active_seconds]
    return [
        replace(acting, act_id=act_id, after_act_id=after, active_seconds=active)
        for act_id, after, active in zip(ids, before, seconds, strict=True)
    ]


def _is_done(session: Session, assignment: Assignment, act_id: UUID) -> bool:
    of = session.execute(select(Act.study_id, Act.assignment_id).where(Act.act_id == act_id)).first()
    if of is not None and tuple(of) != (assignment.study_id, assignment.id):
        raise ActNotYours
    return of is not None
