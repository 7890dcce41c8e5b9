"""The steps of a plan as the algebra of codebooks takes them: which of them fit, and what the codebook would be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.curation.plan_models import CodebookPlanStep
from app.methods.codebook_algebra import DoesNotFit, Shelf, Step, after_step


@dataclass(frozen=True)
class Drafted:
    """A step in its plan. number: its place, from 1. before, after: what the codebook would be; the same where it does
    not fit, and then problem says why."""

    row: CodebookPlanStep
    number: int
    step: Step
    before: Shelf
    after: Shelf
    problem: str

    @property
    def revised(self) -> set[int]:
        """Keys of the codes that it would write a revision of, or merge others into."""
        if self.problem:
            return set()
        changed = {key for key, node in self.after.items() if node != self.before.get(key)}
        return changed if self.step.into is None else changed | {self.step.into}


def drafted(shelf: Shelf, rows: Sequence[CodebookPlanStep], codes: Mapping[int, Sequence[int]]) -> list[Drafted]:
    """codes: of each step, with the new ones of earlier steps as minus the id of the step."""
    found: list[Drafted] = []
    for number, row in enumerate(rows, start=1):
        before = found[-1].after if found else shelf
        step = step_of(row, codes.get(row.id, ()))
        try:
            found.append(Drafted(row, number, step, before, after_step(before, step), ""))
        except DoesNotFit as problem:
            found.append(Drafted(row, number, step, before, before, problem.sentence))
    return found


def step_of(row: CodebookPlanStep, codes: Sequence[int]) -> Step:
    into = -row.into_step_id if row.into_step_id is not None else row.into_code_id
    return Step(row.kind, tuple(codes), into, makes=-row.id if row.name else None, name=row.name)


def over_whole(whole: Shelf, planned: Shelf) -> Shelf:
    """For scoring: the codes that are not open to all stay as they are, whatever is planned with the others."""
    return {**whole, **planned}


def users_of(steps: Collection[Drafted], row_id: int) -> list[int]:
    """Numbers of the steps that use what a step makes."""
    return sorted(each.number for each in steps if -row_id in each.step.codes or each.step.into == -row_id)
