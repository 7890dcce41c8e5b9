"""What a plan would do: agreement now and under it, and what it touches. Nothing is written.

Only rounds whose coding has ended are scored and counted (promise 1). Drafts are counted in those rounds, and in
running ones only the viewer's own: how many drafts of others bear a code would tell what they code.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.adjudication.models import FinalCode
from app.agreement.post_hoc import CountedRow, Scored, counted_rows, scored, sets_given
from app.codebook.queries import whole_codebook
from app.codebook.shelves import shelf_of
from app.coding.models import AssignmentWork, CodeApplication, SubmittedCode
from app.curation.plan_queries import OpenedPlan
from app.curation.plan_steps import Drafted, over_whole
from app.methods.codebook_algebra import Shelf, category_of, scored_as, touched
from app.rounds.models import Assignment, Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import rounds_of
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Beside:
    """One row of a round and dimension, scored now and under the plan. None: no figure yet, as proposed codes wait.

    as_coded: scored as it was submitted, where the codebook has made something else of it since; else None.
    categories_now, categories_then: scored by category, where the dimension has any.
    """

    row: CountedRow
    as_coded: Scored | None
    now: Scored | None
    then: Scored | None
    categories_now: Scored | None
    categories_then: Scored | None
    waits_now: int
    waits_then: int


@dataclass(frozen=True)
class Touched:
    """submitted: submitted codes of rounds whose coding has ended. finals: final codes that stand. drafts: codes in
    drafts of ended rounds and in the viewer's own. one: answers of one coder in which several codes become one."""

    submitted: int
    finals: int
    drafts: int
    one: int


@dataclass(frozen=True)
class WhatIf:
    """by_step: in the order of the steps."""

    rounds: Sequence[Round]
    running: int
    beside: Sequence[Beside]
    by_step: Sequence[Touched]
    altogether: Touched


@dataclass(frozen=True)
class Uses:
    """How often each code stands where. sets: of codes in one first answer, with how often each was given."""

    submitted: Mapping[int, int]
    finals: Mapping[int, int]
    drafts: Mapping[int, int]
    sets: Mapping[frozenset[int], int]

    @cached_property
    def sets_with(self) -> dict[int, list[frozenset[int]]]:
        """code -> those of the sets that hold it."""
        found: dict[int, list[frozenset[int]]] = {}
        for given in self.sets:
            for code_id in given:
                found.setdefault(code_id, []).append(given)
        return found

    @property
    def codes(self) -> set[int]:
        return {*self.submitted, *self.finals, *self.drafts}


def what_if(session: Session, viewer: Viewer, draft: OpenedPlan, *, rounds: Collection[int] = ()) -> WhatIf:
    """rounds: their numbers; none takes all whose coding has ended. Only dimensions of its steps are scored."""
    everything = rounds_of(session, viewer.study.id)
    ended = [each for each in everything if is_open_to_others(each)]
    chosen = [each for each in ended if each.number in rounds] if rounds else ended
    dimension_ids = {each.row.dimension_id for each in draft.steps}
    uses = uses_of(session, viewer, ended, dimension_ids)
    whole = shelf_of(whole_codebook(session, viewer.study.id))
    fitting = [each for each in draft.steps if not each.problem]
    rows = counted_rows(session, chosen, dimension_ids) if dimension_ids else []
    then = over_whole(whole, draft.end)
    revised = set().union(*(each.revised for each in fitting)) if fitting else set()
    return WhatIf(
        rounds=chosen,
        running=sum(each.phase == "running" for each in everything),
        beside=[_beside(row, whole, then, revised) for row in rows],
        by_step=[touched_by(uses, [each], whole) for each in draft.steps],
        altogether=touched_by(uses, fitting, whole),
    )


def _beside(row: CountedRow, whole: Shelf, then: Shelf, revised: Collection[int]) -> Beside:
    waits_now = sum(not is_pooled for is_pooled in row.coined.values())
    waits_then = sum(not is_pooled and code_id not in revised for code_id, is_pooled in row.coined.items())
    moved = not row.coined and any(scored_as(whole, code_id) != code_id for code_id in row.codes)

    def under(shelf: Shelf, level: Callable[[Shelf, int], int | None], waits: int) -> Scored | None:
        return None if waits else scored(row, {code_id: level(shelf, code_id) for code_id in row.codes}.__getitem__)

    now, planned = under(whole, scored_as, waits_now), under(then, scored_as, waits_then)
    grouped = any(
        category_of(shelf, code_id) != scored_as(shelf, code_id) for shelf in (whole, then) for code_id in row.codes
    )
    return Beside(
        row=row,
        as_coded=scored(row, lambda code_id: code_id) if moved else None,
        now=now,
        then=planned,
        categories_now=under(whole, category_of, waits_now) if grouped else None,
        categories_then=under(then, category_of, waits_then) if grouped else None,
        waits_now=waits_now,
        waits_then=waits_then,
    )


def touched_by(uses: Uses, steps: Sequence[Drafted], whole: Shelf) -> Touched:
    """Of several steps each code counts once. A step that does not fit touches nothing."""
    codes: set[int] = set()
    for each in steps:
        if not each.problem:
            codes.update(touched(over_whole(whole, each.before), each.step, uses.codes))
    if not codes:
        return Touched(0, 0, 0, 0)
    before, after = over_whole(whole, steps[0].before), over_whole(whole, steps[-1].after)
    return Touched(
        submitted=sum(uses.submitted.get(code_id, 0) for code_id in codes),
        finals=sum(uses.finals.get(code_id, 0) for code_id in codes),
        drafts=sum(uses.drafts.get(code_id, 0) for code_id in codes),
        one=sum(
            uses.sets[given]
            for given in {given for code_id in codes for given in uses.sets_with.get(code_id, ())}
            if _how_many(after, given) < _how_many(before, given)
        ),
    )


def _how_many(shelf: Shelf, given: Iterable[int]) -> int:
    return len({scored_as(shelf, code_id) for code_id in given})


def uses_of(session: Session, viewer: Viewer, ended: Sequence[Round], dimension_ids: Collection[int]) -> Uses:
    study_id, round_ids = viewer.study.id, [each.id for each in ended]
    submitted = _counts(
        session,
        SubmittedCode.code_id,
        SubmittedCode.study_id == study_id,
        SubmittedCode.round_id.in_(round_ids),
        SubmittedCode.dimension_id.in_(dimension_ids),
    )
    finals = _counts(
        session,
        FinalCode.code_id,
        FinalCode.study_id == study_id,
        FinalCode.round_id.in_(round_ids),
        FinalCode.dimension_id.in_(dimension_ids),
        FinalCode.superseded_at.is_(None),
    )
    sets = sets_given(session, ended, dimension_ids) if dimension_ids else {}
    return Uses(submitted, finals, _drafts(session, viewer, round_ids, dimension_ids), sets)


def _drafts(
    session: Session, viewer: Viewer, ended_ids: Sequence[int], dimension_ids: Collection[int]
) -> dict[int, int]:
    applied, work, assignment = CodeApplication, AssignmentWork, Assignment
    rows = session.execute(
        select(applied.code_id, func.count())
        .join(work, (work.study_id == applied.study_id) & (work.assignment_id == applied.assignment_id))
        .join(assignment, (assignment.study_id == applied.study_id) & (assignment.id == applied.assignment_id))
        .where(
            applied.study_id == viewer.study.id,
            applied.dimension_id.in_(dimension_ids),
            work.state == "draft",
            or_(assignment.round_id.in_(ended_ids), assignment.member_id == viewer.member.id),
        )
        .group_by(applied.code_id)
    )
    return dict(rows.all())


def _counts(
    session: Session,
    code_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    *wanted: ColumnElement[bool],
) -> dict[int, int]:
    rows = session.execute(select(code_id, func.count()).where(*wanted, code_id.is_not(None)).group_by(code_id))
    return {key: times for key, times in rows if key is not None}
