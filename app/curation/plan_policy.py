"""Who makes, sees, changes and applies plans for the codebook. ADR 30 says why it is as it is."""

from collections.abc import Sequence, Set
from datetime import datetime

from app.coding.memo_policy import RunningRound
from app.curation.plan_models import CodebookPlan
from app.problems import Conflict, Invalid, NotAllowed
from app.studies.viewer import Viewer

LONGEST_NAME = 120
LONGEST_TEXT = 5_000
MOST_STEPS = 500
MOST_CODES = 500


class ReadersDoNotPlan(NotAllowed):
    """Readers look on and make no plans. Ask the lead for the role of a coder."""


class OthersPlan(NotAllowed):
    """A plan is changed by who made it, and by the lead once it is shared. Say in a comment what you would change."""


class AuthorWouldBeTold(Conflict):
    """A round runs in which you or the author of this plan code, and its steps would tell them how you see the codes.
    Change it when the coding has ended, or make a plan of your own."""


class LeadApplies(NotAllowed):
    """Only the lead applies a plan, since that changes the codebook. Share it with them."""


class PlanEnded(Conflict):
    """This plan was applied or dropped, so it stays as it is. Make a new one."""


class PlanChanged(Conflict):
    """The plan was changed since you opened it here. Nothing was done; look at its steps again."""


class StepDoesNotFit(Conflict):
    """A step makes no sense in the codebook as it stands."""


class StepInUse(Conflict):
    """A later step uses the code that this step makes. Take that step out first."""


class NothingToDefine(Conflict):
    """This step makes no new code or category, so there is nothing to define. What is there is changed on its page."""


class NothingPlanned(Conflict):
    """The plan has no steps, so there is nothing to apply."""


class NoPlanName(Invalid):
    """Give the plan a name."""


class PlanNameTooLong(Invalid):
    """The name is longer than 120 characters. Put the rest into the reasons of its steps."""


class UnusableStep(Invalid):
    """This step cannot be taken into the plan."""


class NoCodes(Invalid):
    """Choose the codes of this step."""


class TooManyCodes(Invalid):
    """A step takes 500 codes at most. Make it two steps."""


class TooManySteps(Invalid):
    """A plan takes 500 steps at most. Apply it, then go on in a new one."""


class NoTarget(Invalid):
    """Choose what the codes go into, or give a new name. Not both."""


class NoSuchKind(Invalid):
    """Choose what the step does."""


class NoComment(Invalid):
    """The comment is empty."""


class PlanTextTooLong(Invalid):
    """This text is longer than 5,000 characters. Shorten it."""


def sees(plan: CodebookPlan, maker_ids: Set[int], member_id: int, running: Sequence[RunningRound]) -> bool:
    """One's own always, a shared one mostly. maker_ids: whoever drafted any of its steps."""
    if plan.created_by == member_id:
        return True
    return plan.sharing == "shared" and may_be_told(plan.changed_at, {plan.created_by, *maker_ids}, member_id, running)


def may_be_told(at: datetime, maker_ids: Set[int], member_id: int, running: Sequence[RunningRound]) -> bool:
    """As a shared memo on the codebook (ADR 21): what somebody says of codes may tell how they code, and steer how the
    reader does. So it is hidden while a round runs in which one of them codes, if that round had started when it was
    said (promise 1)."""
    if maker_ids == {member_id}:
        return True
    return not any(each.started_at <= at and {*maker_ids, member_id} & each.coder_ids for each in running)


def may_plan(viewer: Viewer) -> bool:
    return viewer.may_code


def check_may_plan(viewer: Viewer) -> None:
    if not may_plan(viewer):
        raise ReadersDoNotPlan


def may_change(viewer: Viewer, plan: CodebookPlan) -> bool:
    return may_plan(viewer) and (viewer.leads or plan.created_by == viewer.member.id)


def check_may_change(viewer: Viewer, plan: CodebookPlan) -> None:
    check_may_plan(viewer)
    if not may_change(viewer, plan):
        raise OthersPlan
    check_is_draft(plan)


def may_draft(viewer: Viewer, plan: CodebookPlan, at: datetime, running: Sequence[RunningRound]) -> bool:
    """Steps of somebody else's plan are read by its author at once, so they wait where a comment would be hidden."""
    if plan.created_by == viewer.member.id:
        return True
    return may_be_told(at, {viewer.member.id}, plan.created_by, running)


def check_may_comment(viewer: Viewer, plan: CodebookPlan) -> None:
    check_may_plan(viewer)
    check_is_draft(plan)


def check_may_apply(viewer: Viewer, plan: CodebookPlan) -> None:
    if not viewer.leads:
        raise LeadApplies
    check_is_draft(plan)


def check_is_draft(plan: CodebookPlan) -> None:
    if plan.ending is not None:
        raise PlanEnded
