"""What is done to a plan for the codebook. Nothing in the codebook changes before it is applied (plan_applying.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.curation import plan_policy as policy
from app.curation.plan_models import CodebookPlan, CodebookPlanComment, CodebookPlanStep, CodebookPlanStepCode
from app.curation.plan_queries import may_draft, opened, visible_plan
from app.curation.plan_steps import Drafted, step_of, users_of
from app.db.base import now
from app.methods.codebook_algebra import KINDS, MERGE, TAKE_OUT, DoesNotFit, Node, Shelf, Step, after_step
from app.methods.names import checked_name, same_name
from app.problems import NotFound
from app.studies.events import record
from app.studies.viewer import Viewer

NOT_YET = -(2**62)  # the key of what a step would make, as long as the step has no id


@dataclass(frozen=True)
class PlannedStep:
    """kind: 'merge', 'take_out' or 'roll_up'. codes, into: ids of codes; -2 is what the second step of the same list
    makes. name: instead of into, of a new code or category; a name that stands there already means what stands there,
    and then definition says nothing. from_help: the asking and the item of its proposal that the step is taken from.
    """

    kind: str
    codes: tuple[int, ...]
    into: int | None = None
    name: str = ""
    reason: str = ""
    definition: str = ""
    from_help: tuple[int, int] | None = None


def make_plan(
    session: Session, viewer: Viewer, name: str, steps: Sequence[PlannedStep] = (), *, shared: bool = False
) -> CodebookPlan:
    """A draft. Raises UnusableStep where a step makes no sense in the codebook as the ones before leave it."""
    policy.check_may_plan(viewer)
    name = checked_name(name, most=policy.LONGEST_NAME, missing=policy.NoPlanName, too_long=policy.PlanNameTooLong)
    plan = CodebookPlan(
        study_id=viewer.study.id,
        created_by=viewer.member.id,
        name=name,
        sharing="shared" if shared else "private",
    )
    session.add(plan)
    session.flush()
    _record(session, viewer, plan, "plan.made")
    add_steps(session, viewer, plan.id, steps)
    return plan


def add_steps(session: Session, viewer: Viewer, plan_id: int, steps: Sequence[PlannedStep]) -> list[CodebookPlanStep]:
    """At the end. Among `steps`, -2 is the second of them."""
    plan = _held_to_draft(session, viewer, plan_id)
    draft, made = Draft.of(session, plan), list[CodebookPlanStep]()
    for number, each in enumerate(steps, start=1):
        codes = tuple(_by_id(made, key) for key in each.codes)
        into = _by_id(made, each.into) if each.into is not None else None
        try:
            made.append(_add(session, viewer, draft, replace(each, codes=codes, into=into)))
        except policy.UnusableStep as problem:
            raise policy.UnusableStep(f"Step {number} cannot be taken into the plan. {problem.sentence}") from None
    if made:
        _changed(session, plan)
        _record(session, viewer, plan, "plan.steps_added", steps=len(made))
    return made


def add_step(session: Session, viewer: Viewer, plan_id: int, step: PlannedStep) -> CodebookPlanStep:
    """At the end. Here -7 is what the step with the id 7 makes."""
    plan = _held_to_draft(session, viewer, plan_id)
    made = _add(session, viewer, Draft.of(session, plan), step)
    _changed(session, plan)
    _record(session, viewer, plan, "plan.steps_added", steps=1)
    return made


def remove_step(session: Session, viewer: Viewer, plan_id: int, step_id: int) -> None:
    plan = _held_to_draft(session, viewer, plan_id)
    steps = opened(session, plan).steps
    _step(steps, step_id)
    users = users_of(steps, step_id)
    if users:
        raise policy.StepInUse(f"Step {users[0]} uses the code that this step makes. Take that step out first.")
    of_step = (CodebookPlanStepCode.study_id == plan.study_id, CodebookPlanStepCode.step_id == step_id)
    session.execute(delete(CodebookPlanStepCode).where(*of_step))
    session.execute(
        delete(CodebookPlanStep).where(CodebookPlanStep.study_id == plan.study_id, CodebookPlanStep.id == step_id)
    )
    _changed(session, plan)
    _record(session, viewer, plan, "plan.step_removed")


def move_step(
    session: Session, viewer: Viewer, plan_id: int, step_id: int, *, earlier: bool, seen_revision: int
) -> None:
    """By one place. Raises StepDoesNotFit where the steps make no sense in the new order."""
    plan = _held_to_draft(session, viewer, plan_id)
    _check_seen(plan, seen_revision)
    before = opened(session, plan).steps
    at = _step(before, step_id).number - 1
    other = at - 1 if earlier else at + 1
    if not 0 <= other < len(before):
        return
    rows = [each.row for each in before]
    rows[at], rows[other] = rows[other], rows[at]
    for position, row in enumerate(rows, start=1):
        row.position = position
    session.flush()
    fitted = {each.row.id for each in before if not each.problem}
    broken = next((each for each in opened(session, plan).steps if each.problem and each.row.id in fitted), None)
    if broken is not None:
        raise policy.StepDoesNotFit(f"In that order step {broken.number} would make no sense. {broken.problem}")
    _changed(session, plan)
    _record(session, viewer, plan, "plan.step_moved")


def define_step(
    session: Session, viewer: Viewer, plan_id: int, step_id: int, definition: str, *, seen_revision: int
) -> None:
    """Of the new code or category that the step makes. Raises PlanChanged where somebody was quicker (promise 6)."""
    plan = _held_to_draft(session, viewer, plan_id)
    row = _step(opened(session, plan).steps, step_id).row
    if not row.name:
        raise policy.NothingToDefine
    _check_length(definition)
    _check_seen(plan, seen_revision)
    row.definition = definition.strip()
    session.flush()
    _changed(session, plan)
    _record(session, viewer, plan, "plan.step_defined")


def share_plan(session: Session, viewer: Viewer, plan_id: int, *, shared: bool) -> None:
    plan = _held_to_change(session, viewer, plan_id)
    sharing = "shared" if shared else "private"
    if plan.sharing != sharing:
        plan.sharing = sharing
        session.flush()
        _record(session, viewer, plan, "plan.shared" if shared else "plan.withheld")


def comment_on_plan(session: Session, viewer: Viewer, plan_id: int, text: str) -> None:
    plan = visible_plan(session, viewer, plan_id, held=True)
    policy.check_may_comment(viewer, plan)
    said = text.strip()
    if not said:
        raise policy.NoComment
    _check_length(said)
    session.add(CodebookPlanComment(study_id=plan.study_id, plan_id=plan.id, member_id=viewer.member.id, text=said))
    session.flush()
    _record(session, viewer, plan, "plan.commented")


def drop_plan(session: Session, viewer: Viewer, plan_id: int, *, reason: str) -> None:
    plan = _held_to_change(session, viewer, plan_id)
    _check_length(reason)
    plan.ending, plan.ended_at, plan.ended_by, plan.ending_reason = "dropped", now(), viewer.member.id, reason.strip()
    session.flush()
    _record(session, viewer, plan, "plan.dropped")


def _held_to_change(session: Session, viewer: Viewer, plan_id: int) -> CodebookPlan:
    plan = visible_plan(session, viewer, plan_id, held=True)
    policy.check_may_change(viewer, plan)
    return plan


def _held_to_draft(session: Session, viewer: Viewer, plan_id: int) -> CodebookPlan:
    plan = _held_to_change(session, viewer, plan_id)
    if not may_draft(session, viewer, plan):
        raise policy.AuthorWouldBeTold
    return plan


def _check_seen(plan: CodebookPlan, seen_revision: int) -> None:
    if plan.revision != seen_revision:
        raise policy.PlanChanged


@dataclass
class Draft:
    """Where the next step is added: shelf, what the codebook would be after those before it."""

    plan: CodebookPlan
    shelf: Shelf
    codebook_seq: int
    steps: int
    position: int

    @classmethod
    def of(cls, session: Session, plan: CodebookPlan) -> "Draft":
        now_ = opened(session, plan)
        last = max((each.row.position for each in now_.steps), default=0)
        return cls(plan, now_.end, now_.codebook.codebook_seq, len(now_.steps), last)


def _add(session: Session, viewer: Viewer, draft: Draft, wanted: PlannedStep) -> CodebookPlanStep:
    if draft.steps >= policy.MOST_STEPS:
        raise policy.TooManySteps
    step = _fitting(draft.shelf, wanted)
    row = CodebookPlanStep(
        study_id=draft.plan.study_id,
        plan_id=draft.plan.id,
        position=draft.position + 1,
        kind=step.kind,
        dimension_id=draft.shelf[step.codes[0]].dimension,
        into_code_id=step.into if step.into is not None and step.into > 0 else None,
        into_step_id=-step.into if step.into is not None and step.into < 0 else None,
        name=step.name,
        definition=wanted.definition.strip() if step.name else "",
        help_id=wanted.from_help[0] if wanted.from_help else None,
        help_item=wanted.from_help[1] if wanted.from_help else None,
        reason=wanted.reason.strip(),
        codebook_seq=draft.codebook_seq,
        member_id=viewer.member.id,
    )
    session.add(row)
    session.flush()
    session.add_all(
        CodebookPlanStepCode(
            study_id=row.study_id,
            step_id=row.id,
            place=place,
            code_id=key if key > 0 else None,
            from_step_id=-key if key < 0 else None,
        )
        for place, key in enumerate(step.codes, start=1)
    )
    session.flush()
    draft.shelf = after_step(draft.shelf, step_of(row, step.codes))
    draft.steps, draft.position = draft.steps + 1, row.position
    return row


def _fitting(shelf: Shelf, wanted: PlannedStep) -> Step:
    """Raises where it makes no sense on this shelf; a code that is not on it is not found."""
    if wanted.kind not in KINDS:
        raise policy.NoSuchKind
    _check_length(wanted.reason)
    _check_length(wanted.definition)
    codes = tuple(key for key in dict.fromkeys(wanted.codes) if wanted.kind != MERGE or key != wanted.into)
    if not codes:
        raise policy.NoCodes
    if len(codes) > policy.MOST_CODES:
        raise policy.TooManyCodes
    if any(key not in shelf for key in (*codes, *([wanted.into] if wanted.into is not None else []))):
        raise NotFound
    try:
        step = _named(shelf, Step(wanted.kind, codes, wanted.into), wanted.name)
        after_step(shelf, step)
    except DoesNotFit as problem:
        raise policy.UnusableStep(problem.sentence) from None
    return step


def _named(shelf: Shelf, step: Step, typed: str) -> Step:
    """With what its name means: a code or category that stands there, or else a new one."""
    if step.kind == TAKE_OUT:
        return Step(step.kind, step.codes)
    if bool(typed.strip()) == (step.into is not None):
        raise policy.NoTarget
    if step.into is not None:
        return step
    name = checked_name(typed, most=policy.LONGEST_NAME, missing=policy.NoTarget, too_long=policy.PlanNameTooLong)
    first = shelf[step.codes[0]]
    wants_category = first.is_category or step.kind != MERGE
    like = [key for key, node in shelf.items() if _is_called(node, name, first.dimension, wants_category)]
    if not like:
        return Step(step.kind, step.codes, makes=NOT_YET, name=name)
    codes = tuple(key for key in step.codes if key != like[0])
    if not codes:
        raise policy.NoCodes(f"“{name}” is the code itself. Choose what else goes into it.")
    return Step(step.kind, codes, into=like[0])


def _is_called(node: Node, name: str, dimension: int, is_category: bool) -> bool:
    fits = node.is_active and node.dimension == dimension and node.is_category == is_category
    return fits and same_name(node.name, name)


def _by_id(made: Sequence[CodebookPlanStep], key: int) -> int:
    if key >= 0:
        return key
    if -key > len(made) or not made[-key - 1].name:
        raise policy.UnusableStep(f"No earlier step {-key} makes a code.")
    return -made[-key - 1].id


def _step(steps: Sequence[Drafted], step_id: int) -> Drafted:
    for each in steps:
        if each.row.id == step_id:
            return each
    raise NotFound


def _check_length(text: str) -> None:
    if len(text) > policy.LONGEST_TEXT:
        raise policy.PlanTextTooLong


def _changed(session: Session, plan: CodebookPlan) -> None:
    plan.revision += 1
    plan.changed_at = session.scalars(select(func.clock_timestamp())).one()
    session.flush()


def _record(session: Session, viewer: Viewer, plan: CodebookPlan, kind: str, **details: int) -> None:
    """Drafting is its member's own business: the history tells others of a plan when it is applied."""
    record(session, viewer.study.id, viewer.member, kind, subject=("codebook_plan", plan.id), **details)
