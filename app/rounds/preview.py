"""What a plan would make, before it is made: counts, and nothing of what anybody coded."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.problems import Problem
from app.rounds import actions
from app.rounds.choosing import Chosen, KeptOut, Stratum
from app.rounds.forms import PlanForm
from app.rounds.models import ARM_WORDS, ARMS, REVEAL_WORDS
from app.studies.models import Membership
from app.studies.queries import people_who_code
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class CoderShare:
    """total counts repeats among them; arms: of the first passes, in the order of ARMS."""

    coder: Membership
    total: int
    repeats: int
    arms: tuple[int, ...]


@dataclass(frozen=True)
class Preview:
    """several: incidents with two coders or more. arms: (words, incidents), in the order of ARMS, of those that occur.

    chance: the lowest and the highest probability of the draw; None where incidents were chosen by hand.
    answers_open: when coders see one another's, in words; '' where the purpose leaves no choice.
    """

    seed: int
    incidents: int
    population: int
    assignments: int
    several: int
    single: int
    repeats: int
    fewer_repeats: bool
    arms: list[tuple[str, int]]
    coders: list[CoderShare]
    strata: list[Stratum]
    strata_by: str
    kept_out: KeptOut
    chance: tuple[float, float] | None
    answers_open: str


def preview(session: Session, viewer: Viewer, form: PlanForm) -> Preview | None:
    """None where the plan cannot be; then form.problems says why."""
    if form.plan is None or form.chosen is None:
        return None
    try:
        actions.check_plan(session, viewer, form.plan)
        allocation = actions.allocation_of(session, viewer.study.id, form.plan, form.seed)
    except Problem as problem:
        form.problems[""] = problem.sentence
        return None
    members = {member.id: member for member in people_who_code(session, viewer.study.id)}
    by_arm = Counter(one.arm for one in allocation.incidents)
    there = [arm for arm in ARMS if by_arm[arm]]
    firsts = Counter((one.coder_id, one.arm) for one in allocation.assignments if one.nth == 1)
    again = Counter(one.coder_id for one in allocation.assignments if one.nth > 1)
    coders = []
    for coder in sorted(set(form.plan.coder_ids)):
        arms = tuple(firsts[coder, arm] for arm in there)
        coders.append(CoderShare(members[coder], sum(arms) + again[coder], again[coder], arms))
    several = sum(len(one.coder_ids) > 1 for one in allocation.incidents)
    asked = sum(int(form.plan.repeats * sum(share.arms) + 0.5) for share in coders)
    return Preview(
        seed=form.seed,
        incidents=len(allocation.incidents),
        population=form.chosen.population,
        assignments=len(allocation.assignments),
        several=several,
        single=len(allocation.incidents) - several,
        repeats=again.total(),
        fewer_repeats=again.total() < asked,
        arms=[(ARM_WORDS[arm], by_arm[arm]) for arm in there],
        coders=coders,
        strata=form.chosen.strata,
        strata_by=form.plan.strata_by,
        kept_out=form.chosen.kept_out,
        chance=_chance(form.chosen),
        answers_open=REVEAL_WORDS[form.plan.reveal] if form.plan.purpose == "calibration" else "",
    )


def _chance(chosen: Chosen) -> tuple[float, float] | None:
    known = [chance for chance in chosen.sample.chances.values() if chance is not None]
    return (min(known), max(known)) if known else None
