"""A plan as its page shows it: the steps in words, agreement now and under it, and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.figures import ROW_WORDS
from app.agreement.post_hoc import Scored
from app.agreement.shown import Shown, whisker_of
from app.codebook.tree import DimensionEntry
from app.curation import plan_policy as policy
from app.curation.help_models import CodebookHelp
from app.curation.plan_models import CodebookPlan, CodebookPlanComment
from app.curation.plan_queries import (
    OpenedPlan,
    comments_of,
    ending_reason,
    may_draft,
    opened,
    steps_of,
    visible_plans,
)
from app.curation.plan_steps import Drafted, users_of
from app.curation.what_if import Beside, Touched, WhatIf, what_if
from app.methods.agreement import Coefficient
from app.methods.codebook_algebra import TAKE_OUT
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.web.figures import Whisker

KIND_WORDS = {"merge": "Merge", "take_out": "Take out again", "roll_up": "Put under a category"}
NOT_OPEN = "a code that is not open"
BY_CATEGORY = "α by category"


@dataclass(frozen=True)
class PlanLine:
    plan: CodebookPlan
    author: Membership
    steps: int
    comments: int


@dataclass(frozen=True)
class StepLine:
    """codes, into: names. is_new: whether the step makes what they go into. used_by: numbers of steps that use that.
    suggested: the definition that a model proposed for it."""

    drafted: Drafted
    codes: tuple[str, ...]
    into: str
    is_new: bool
    by: Membership
    touched: Touched
    used_by: tuple[int, ...]
    suggested: str = ""

    @property
    def definition(self) -> str:
        return self.drafted.row.definition

    @property
    def is_as_suggested(self) -> bool:
        return bool(self.suggested) and self.suggested == self.definition

    @property
    def id(self) -> int:
        return self.drafted.row.id

    @property
    def kind(self) -> str:
        return self.drafted.step.kind


@dataclass(frozen=True)
class Sided:
    """A measure now and under the plan. sentence: why one of the two has no figure."""

    words: str
    now: Shown | None
    then: Shown | None
    now_drawn: Whisker | None = None
    then_drawn: Whisker | None = None
    is_first: bool = False


@dataclass(frozen=True)
class FigureGroup:
    """One row of a round and dimension. is_moved: the codebook has moved since it was coded, so that what stands under
    today's codebook is post hoc as well; as_coded is its alpha as it was submitted."""

    beside: Beside
    measures: tuple[Sided, ...]
    as_coded: Shown | None
    differ: tuple[int | None, int | None]
    left_out: tuple[int, int]

    @property
    def kind(self) -> str:
        return ROW_WORDS[self.beside.row.kind]

    @property
    def is_moved(self) -> bool:
        return self.beside.as_coded is not None


@dataclass(frozen=True)
class PlanPage:
    """may_draft: change its steps; what else may_change allows is sharing and dropping it."""

    draft: OpenedPlan
    author: Membership
    ended_by: Membership | None
    lines: tuple[StepLine, ...]
    foreseen: WhatIf
    groups: tuple[FigureGroup, ...]
    comments: tuple[tuple[CodebookPlanComment, Membership], ...]
    dimensions: tuple[DimensionEntry, ...]
    may_change: bool
    may_draft: bool
    ending_reason: str
    may_comment: bool
    may_apply: bool

    @property
    def plan(self) -> CodebookPlan:
        return self.draft.plan

    @property
    def is_draft(self) -> bool:
        return self.plan.ending is None

    @property
    def fits(self) -> bool:
        return bool(self.lines) and self.draft.first_problem is None


def plan_lines(session: Session, viewer: Viewer) -> list[PlanLine]:
    members = members_by_id(session, viewer.study.id)
    return [
        PlanLine(
            plan,
            members[plan.created_by],
            steps=len(steps_of(session, plan)[0]),
            comments=len(comments_of(session, viewer, plan)),
        )
        for plan in visible_plans(session, viewer)
    ]


def plan_page(session: Session, viewer: Viewer, plan: CodebookPlan, rounds: Sequence[int] = ()) -> PlanPage:
    """rounds: numbers of those that are scored; none takes all whose coding has ended."""
    draft = opened(session, plan)
    foreseen = what_if(session, viewer, draft, rounds=rounds)
    members = members_by_id(session, viewer.study.id)
    is_draft = plan.ending is None
    suggested = _suggested(session, draft)
    return PlanPage(
        draft=draft,
        author=members[plan.created_by],
        ended_by=members.get(plan.ended_by or 0),
        lines=tuple(
            _line(draft, each, touched, members, suggested.get(each.row.id, ""))
            for each, touched in zip(draft.steps, foreseen.by_step, strict=True)
        ),
        foreseen=foreseen,
        groups=tuple(_group(each) for each in foreseen.beside),
        comments=tuple((each, members[each.member_id]) for each in comments_of(session, viewer, plan)),
        dimensions=draft.codebook.dimensions,
        may_change=is_draft and policy.may_change(viewer, plan),
        may_draft=may_draft(session, viewer, plan),
        ending_reason=ending_reason(session, viewer, plan),
        may_comment=is_draft and policy.may_plan(viewer),
        may_apply=is_draft and viewer.leads,
    )


def _suggested(session: Session, draft: OpenedPlan) -> dict[int, str]:
    """Step -> the definition of its item, in the words of the model."""
    rows = [each.row for each in draft.steps if each.row.help_id is not None and each.row.name]
    if not rows:
        return {}
    asked = select(CodebookHelp.id, CodebookHelp.proposal).where(
        CodebookHelp.study_id == draft.plan.study_id, CodebookHelp.id.in_({row.help_id for row in rows})
    )
    items = {help_id: proposal["items"] for help_id, proposal in session.execute(asked) if proposal}
    return {row.id: items[row.help_id][row.help_item].get("definition", "") for row in rows if row.help_id in items}


def _line(
    draft: OpenedPlan, each: Drafted, touched: Touched, members: dict[int, Membership], suggested: str
) -> StepLine:
    names = {-other.row.id: other.row.name for other in draft.steps if other.row.name}
    step = each.step

    def name(key: int) -> str:
        entry = draft.codebook.codes.get(key)
        return entry.name if entry else names.get(key, NOT_OPEN)

    target = step.into if step.into is not None else step.makes
    if step.kind == TAKE_OUT:
        target = each.before[step.codes[0]].merged_into if step.codes[0] in each.before else None
    return StepLine(
        drafted=each,
        codes=tuple(name(key) for key in step.codes),
        into=name(target) if target is not None else "",
        is_new=step.makes is not None,
        by=members[each.row.member_id],
        touched=touched,
        used_by=tuple(users_of(draft.steps, each.row.id)),
        suggested=suggested,
    )


def _group(beside: Beside) -> FigureGroup:
    now, then = beside.now, beside.then
    found = []
    for words, attribute in _measures(beside):
        found.append(_sided(words, _of(now, attribute), _of(then, attribute), is_first=attribute == "alpha"))
    by_category = beside.categories_now, beside.categories_then
    if any(by_category):
        found.insert(1, _sided(BY_CATEGORY, *(_of(each, "alpha") for each in by_category), is_first=True))
    return FigureGroup(
        beside=beside,
        measures=tuple(found),
        as_coded=Shown.of(beside.as_coded.measures.alpha) if beside.as_coded else None,
        differ=(now.differing if now else None, then.differing if then else None),
        left_out=(now.left_out if now else 0, then.left_out if then else 0),
    )


def _measures(beside: Beside) -> list[tuple[str, str]]:
    if beside.row.dimension.takes_many:
        return [("α, MASI", "alpha"), ("α, Jaccard", "jaccard"), ("Percent", "percent")]
    kappa = [("Cohen’s κ", "kappa")] if len(beside.row.patterns.raters) == 2 else []
    return [("α", "alpha"), ("Percent", "percent"), ("AC1", "ac1"), *kappa]


def _of(scored: Scored | None, attribute: str) -> Coefficient | None:
    found: Coefficient | None = getattr(scored.measures, attribute) if scored else None
    return found


def _sided(words: str, now: Coefficient | None, then: Coefficient | None, *, is_first: bool) -> Sided:
    shown = Shown.of_share if words == "Percent" else Shown.of
    return Sided(
        words,
        shown(now) if now else None,
        shown(then) if then else None,
        whisker_of(now, width=160, apart=True) if is_first else None,
        whisker_of(then, width=160, apart=True) if is_first else None,
        is_first=is_first,
    )


@dataclass(frozen=True)
class Choice:
    """A code that a step may take, as the codebook would be after the steps before it. key: as forms write it."""

    key: str
    name: str
    depth: int
    is_category: bool
    is_chosen: bool


@dataclass(frozen=True)
class Choosing:
    """For adding a step in one dimension. merged: codes that may be taken out again, with what they went into."""

    dimension: DimensionEntry | None
    codes: tuple[Choice, ...]
    hidden: int
    targets: tuple[tuple[str, str], ...]
    merged: tuple[tuple[str, str, str], ...]


def key_of(key: int) -> str:
    return str(key) if key > 0 else f"new-{-key}"


def choosing(draft: OpenedPlan, dimension_id: int | None, chosen: Sequence[str], find: str) -> Choosing:
    """chosen: keys that stay in the list whatever is looked for."""
    dimensions = draft.codebook.dimensions
    latest = draft.steps[-1].row.dimension_id if draft.steps else None
    wanted = dimension_id if dimension_id is not None else latest
    dimension = next((each for each in dimensions if each.id == wanted), dimensions[0] if dimensions else None)
    if dimension is None:
        return Choosing(None, (), 0, (), ())
    rows = _tree(draft, dimension.id)
    words = find.casefold().strip()
    choices = [
        Choice(key_of(key), draft.end[key].name, depth, draft.end[key].is_category, key_of(key) in chosen)
        for key, depth in rows
    ]
    shown = [each for each in choices if each.is_chosen or words in each.name.casefold()]
    merged = [
        (key_of(key), node.name, draft.end[node.merged_into].name)
        for key, node in draft.end.items()
        if node.dimension == dimension.id and node.merged_into is not None and node.merged_into in draft.end
    ]
    return Choosing(
        dimension=dimension,
        codes=tuple(shown),
        hidden=len(choices) - len(shown),
        targets=tuple((each.key, f"{each.name} (category)" if each.is_category else each.name) for each in choices),
        merged=tuple(sorted(merged, key=lambda each: each[1].casefold())),
    )


def _tree(draft: OpenedPlan, dimension_id: int) -> list[tuple[int, int]]:
    """(key, depth) of the active codes, by name, each parent before its children."""
    active = {key: node for key, node in draft.end.items() if node.dimension == dimension_id and node.is_active}
    below: dict[int | None, list[int]] = {}
    for key, node in sorted(active.items(), key=lambda each: (each[1].name.casefold(), each[0])):
        below.setdefault(node.parent if node.parent in active else None, []).append(key)
    found: list[tuple[int, int]] = []
    left = [(key, 0) for key in reversed(below.get(None, []))]
    while left:
        key, depth = left.pop()
        found.append((key, depth))
        left.extend((child, depth + 1) for child in reversed(below.get(key, [])))
    return found
