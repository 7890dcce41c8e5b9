"""Which decisions of coders stand, and what became of them: the rules once, for one assignment and for whole rounds.

Of the decisions on a suggestion the latest counts, but for a rejection that was undone.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.coding.models import Act, CodeApplication
from app.rounds.models import Assignment
from app.suggestions.models import SuggestionDecision

Scope = Sequence[ColumnElement[bool]]  # what is asked of an assignment


def of_assignment(assignment: Assignment) -> Scope:
    return Assignment.study_id == assignment.study_id, Assignment.id == assignment.id


def of_rounds(study_id: int, round_ids: Collection[int]) -> Scope:
    return Assignment.study_id == study_id, Assignment.round_id.in_(round_ids)


def decisions_in(session: Session, scope: Scope) -> Sequence[SuggestionDecision]:
    """All that were taken, in their order: what the acts beside them are told apart by."""
    here = (Assignment.study_id == SuggestionDecision.study_id) & (Assignment.id == SuggestionDecision.assignment_id)
    query = select(SuggestionDecision).join(Assignment, here).where(*scope).order_by(SuggestionDecision.id)
    return session.scalars(query).all()


def undone_rejections(session: Session, scope: Scope) -> set[int]:
    """Decisions, as the newest act on each left it. Older studies have rejections without an act: these stand."""
    acts = session.scalars(
        select(Act.inverse)
        .join(Assignment, _of_act())
        .where(*scope, Act.inverse.has_key("rejections"))
        .order_by(Act.id)
    )
    stands = {key: inverse["stands"] for inverse in acts for key in inverse["rejections"]}
    return {key for key, does in stands.items() if not does}


def became_of(session: Session, scope: Scope, decisions: Sequence[SuggestionDecision]) -> dict[int, int]:
    """Decision -> the application that it became, also where that is gone, and where an undo has brought it back.

    decisions: all of the scope. A removal empties what the decision points to, and for good; an undo brings the
    application back under its id. The acts that took something over, one to a decision and in the same order, still
    name it; accepting several at once is an act each.
    """
    acts: defaultdict[int, list[int]] = defaultdict(list)
    for assignment_id, application_id in session.execute(
        select(Act.assignment_id, Act.answer["code_application_id"].as_integer())
        .join(Assignment, _of_act())
        .where(*scope, Act.kind == "apply_offered")
        .order_by(Act.id)
    ):
        acts[assignment_id].append(application_id)
    taken: defaultdict[int, list[int]] = defaultdict(list)
    for row in decisions:
        if row.decision != "rejected":
            taken[row.assignment_id].append(row.id)
    return {
        decision: application
        for assignment_id, ids in taken.items()
        for decision, application in zip(ids, acts[assignment_id], strict=True)
    }


def applied_in(session: Session, scope: Scope) -> set[int]:
    """Applications that stand now."""
    here = (Assignment.study_id == CodeApplication.study_id) & (Assignment.id == CodeApplication.assignment_id)
    return set(session.scalars(select(CodeApplication.id).join(Assignment, here).where(*scope)))


def _of_act() -> ColumnElement[bool]:
    return (Assignment.study_id == Act.study_id) & (Assignment.id == Act.assignment_id)
