"""Applying a plan: ordinary acts on the codebook, all of them or none, each under a reason that names the plan."""

from dataclasses import fields

from sqlalchemy.orm import Session

from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.queries import current_seq, whole_codebook
from app.codebook.tree import CodeEntry
from app.codebook.unmerging import take_out_of_merger
from app.curation import plan_policy as policy
from app.curation.plan_models import CodebookPlan
from app.curation.plan_queries import OpenedPlan, opened, visible_plan
from app.curation.plan_steps import Drafted
from app.db.base import now
from app.methods.codebook_algebra import MERGE, TAKE_OUT
from app.problems import Problem
from app.studies.events import record
from app.studies.queries import hold_study
from app.studies.viewer import Viewer


def apply_plan(session: Session, viewer: Viewer, plan_id: int, *, seen_revision: int, reason: str = "") -> CodebookPlan:
    """seen_revision: of the plan that the lead had before them. What was submitted keeps the codes it bore (promise 8).

    Raises StepDoesNotFit, with what differs, where a step makes no sense in the codebook as it stands by now.
    """
    plan = visible_plan(session, viewer, plan_id, held=True)
    policy.check_may_apply(viewer, plan)
    if len(reason) > policy.LONGEST_TEXT:
        raise policy.PlanTextTooLong
    if plan.revision != seen_revision:
        raise policy.PlanChanged
    hold_study(session, viewer.study.id)  # nobody changes the codebook between the look at it and the acts
    draft = opened(session, plan)
    check_fits(draft)
    made: dict[int, int] = {}
    for each in draft.steps:
        try:
            _apply(session, viewer, plan, each, made)
        except Problem as problem:
            raise _does_not_fit(each, problem.sentence) from None
    plan.applied_seq = current_seq(session, viewer.study.id)
    plan.ending, plan.ended_at, plan.ended_by, plan.ending_reason = "applied", now(), viewer.member.id, reason.strip()
    session.flush()
    record(
        session, viewer.study.id, viewer.member, "plan.applied",
        subject=("applied_plan", plan.id), name=plan.name, reason=plan.ending_reason, steps=len(draft.steps),
    )  # fmt: skip
    return plan


def check_fits(draft: OpenedPlan) -> None:
    if not draft.steps:
        raise policy.NothingPlanned
    broken = draft.first_problem
    if broken is not None:
        raise _does_not_fit(broken, broken.problem)


def _does_not_fit(step: Drafted, sentence: str) -> policy.StepDoesNotFit:
    return policy.StepDoesNotFit(
        f"Step {step.number} does not fit the codebook as it stands by now: {sentence} Nothing was applied. "
        "Take the step out, or make it anew."
    )


def _apply(session: Session, viewer: Viewer, plan: CodebookPlan, each: Drafted, made: dict[int, int]) -> None:
    """made: step id -> the code that became of its new one, also for the steps after it."""
    study_id, member, step = viewer.study.id, viewer.member, each.step
    reason = f"Plan “{plan.name}”, step {each.number}" + (f": {each.row.reason}" if each.row.reason else "")
    codes = [_code_id(key, made) for key in step.codes]
    if step.kind == TAKE_OUT:
        for code_id in codes:
            take_out_of_merger(session, study_id, member, code_id, reason=reason)
        return
    if step.makes is not None:
        new = each.after[step.makes]
        parent = None if new.parent is None else _code_id(new.parent, made)
        code = codebook.create_code(
            session, study_id, member, each.row.dimension_id, CodeText(step.name, definition=each.row.definition),
            origin="suggestion" if each.row.help_id else "curation",
            parent_id=parent, is_category=new.is_category, reason=reason,
        )  # fmt: skip
        made[each.row.id] = each.row.made_code_id = code.id
    into = _code_id(step.into if step.into is not None else -each.row.id, made)
    for code_id in codes:
        if step.kind == MERGE:
            codebook.merge_codes(session, study_id, member, code_id, into, reason=reason)
        else:
            _put_under(session, viewer, code_id, into, reason)


def _put_under(session: Session, viewer: Viewer, code_id: int, category_id: int, reason: str) -> None:
    code = whole_codebook(session, viewer.study.id).codes[code_id]
    codebook.edit_code(
        session, viewer.study.id, viewer.member, code_id, _words_of(code),
        seen_seq=code.codebook_seq, parent_id=category_id, reason=reason,
    )  # fmt: skip


def _words_of(code: CodeEntry) -> CodeText:
    """All that is said of it, as it stands."""
    return CodeText(**{each.name: getattr(code, each.name) for each in fields(CodeText)})


def _code_id(key: int, made: dict[int, int]) -> int:
    return key if key > 0 else made[-key]
