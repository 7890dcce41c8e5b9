"""Plans for the codebook as a member may see them, with their steps and comments."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.shelves import shelf_of
from app.codebook.tree import Codebook
from app.coding.memo_policy import RunningRound
from app.coding.memos import running_rounds
from app.curation import plan_policy as policy
from app.curation.plan_models import CodebookPlan, CodebookPlanComment, CodebookPlanStep, CodebookPlanStepCode
from app.curation.plan_steps import Drafted, drafted
from app.db.base import now
from app.methods.codebook_algebra import Shelf
from app.problems import NotFound
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class OpenedPlan:
    """codebook: what everybody may see whole, now; start: the same for the algebra. The steps are drafted on it."""

    plan: CodebookPlan
    steps: Sequence[Drafted]
    codebook: Codebook
    start: Shelf

    @property
    def end(self) -> Shelf:
        """What the codebook would be after all steps that fit."""
        return self.steps[-1].after if self.steps else self.start

    @property
    def first_problem(self) -> Drafted | None:
        return next((each for each in self.steps if each.problem), None)


def visible_plans(session: Session, viewer: Viewer) -> list[CodebookPlan]:
    """Newest first."""
    plans = session.scalars(
        select(CodebookPlan).where(CodebookPlan.study_id == viewer.study.id).order_by(CodebookPlan.id.desc())
    ).all()
    running = running_rounds(session, viewer.study.id, ())
    makers = _makers(session, viewer.study.id)
    return [plan for plan in plans if policy.sees(plan, makers.get(plan.id, set()), viewer.member.id, running)]


def visible_plan(session: Session, viewer: Viewer, plan_id: int, *, held: bool = False) -> CodebookPlan:
    """held: its row is locked until the act is committed. What the viewer may not see is not found."""
    query = select(CodebookPlan).where(CodebookPlan.study_id == viewer.study.id, CodebookPlan.id == plan_id)
    if held:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    plan = session.scalar(query)
    running = running_rounds(session, viewer.study.id, ())
    makers = _makers(session, viewer.study.id, CodebookPlanStep.plan_id == plan_id).get(plan_id, set())
    if plan is None or not policy.sees(plan, makers, viewer.member.id, running):
        raise NotFound
    return plan


def may_draft(session: Session, viewer: Viewer, plan: CodebookPlan) -> bool:
    """Whether the viewer may change its steps just now."""
    if plan.ending is not None or not policy.may_change(viewer, plan):
        return False
    return policy.may_draft(viewer, plan, now(), running_rounds(session, plan.study_id, ()))


def ending_reason(session: Session, viewer: Viewer, plan: CodebookPlan) -> str:
    """Why it was dropped is kept from others as a comment is; applying is told to all."""
    if plan.ending != "dropped" or plan.ended_at is None:
        return plan.ending_reason
    running = running_rounds(session, plan.study_id, ())
    told = policy.may_be_told(plan.ended_at, {plan.ended_by or 0}, viewer.member.id, running)
    return plan.ending_reason if told else ""


def opened(session: Session, plan: CodebookPlan) -> OpenedPlan:
    codebook = disclosed_codebook(session, plan.study_id)
    start = shelf_of(codebook)
    return OpenedPlan(plan, drafted(start, *steps_of(session, plan)), codebook, start)


def steps_of(session: Session, plan: CodebookPlan) -> tuple[Sequence[CodebookPlanStep], dict[int, list[int]]]:
    """(steps in order, the codes of each by step id); the new code of an earlier step is minus the id of that step."""
    step, code = CodebookPlanStep, CodebookPlanStepCode
    of_plan = (step.study_id == plan.study_id, step.plan_id == plan.id)
    rows = session.scalars(select(step).where(*of_plan).order_by(step.position, step.id)).all()
    codes: dict[int, list[int]] = {}
    for step_id, code_id, from_step_id in session.execute(
        select(code.step_id, code.code_id, code.from_step_id)
        .join(step, (step.study_id == code.study_id) & (step.id == code.step_id))
        .where(*of_plan)
        .order_by(code.step_id, code.place)
    ):
        codes.setdefault(step_id, []).append(code_id or -(from_step_id or 0))
    return rows, codes


def comments_of(session: Session, viewer: Viewer, plan: CodebookPlan) -> list[CodebookPlanComment]:
    """Oldest first, without those that may tell or steer while a round runs."""
    found = session.scalars(
        select(CodebookPlanComment)
        .where(CodebookPlanComment.study_id == plan.study_id, CodebookPlanComment.plan_id == plan.id)
        .order_by(CodebookPlanComment.id)
    )
    running: Sequence[RunningRound] = running_rounds(session, plan.study_id, ())
    return [each for each in found if policy.may_be_told(each.at, {each.member_id}, viewer.member.id, running)]


def _makers(session: Session, study_id: int, *wanted: ColumnElement[bool]) -> dict[int, set[int]]:
    """Plan -> whoever drafted a step of it."""
    found: dict[int, set[int]] = {}
    step = CodebookPlanStep
    for plan_id, member_id in session.execute(
        select(step.plan_id, step.member_id).where(step.study_id == study_id, *wanted).distinct()
    ):
        found.setdefault(plan_id, set()).add(member_id)
    return found
