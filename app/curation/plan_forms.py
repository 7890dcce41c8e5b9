"""The form that adds a step to a plan: what was typed, what is looked for meanwhile, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from starlette.datastructures import QueryParams

from app.curation.plan_actions import PlannedStep
from app.curation.plan_policy import (
    NoCodes,
    NoSuchKind,
    NoTarget,
    PlanNameTooLong,
    PlanTextTooLong,
    TooManyCodes,
    TooManySteps,
    UnusableStep,
)
from app.problems import NotFound
from app.web.forms import Form, Places, Posted, whole_number

STEP_CHOICES = [
    ("merge", "Merge them into one code"),
    ("roll_up", "Put them under a category, and see them scored by it"),
]
NEW = "new-"


@dataclass
class StepForm(Form):
    """codes, into: keys as `plan_page.key_of` writes them. find: narrows the list of codes."""

    kind: str = "merge"
    dimension_id: int | None = None
    codes: list[str] = field(default_factory=list)
    into: str = ""
    name: str = ""
    definition: str = ""
    reason: str = ""
    find: str = ""

    belongs_to: ClassVar[Places] = {
        NoSuchKind: "kind",
        NoCodes: "codes",
        TooManyCodes: "codes",
        NoTarget: "name",
        PlanNameTooLong: "name",
        PlanTextTooLong: "reason",
        UnusableStep: "codes",
        TooManySteps: "codes",
    }

    @classmethod
    def read(cls, posted: Posted) -> "StepForm":
        return cls(
            kind=posted.text("kind"),
            dimension_id=posted.number("dimension"),
            codes=posted.many("codes"),
            into=posted.text("into"),
            name=posted.text("name"),
            definition=posted.raw("definition").strip(),
            reason=posted.text("reason"),
            find=posted.text("find"),
        )

    @classmethod
    def asked(cls, query: QueryParams) -> "StepForm":
        """Half filled in, while codes are looked for."""
        return cls(
            kind=query.get("kind", "merge"),
            dimension_id=whole_number(query.get("dimension", "")),
            codes=query.getlist("codes"),
            into=query.get("into", ""),
            name=query.get("name", ""),
            definition=query.get("definition", ""),
            reason=query.get("reason", ""),
            find=query.get("find", ""),
        )

    @property
    def step(self) -> PlannedStep:
        into = key_number(self.into) if self.into else None
        return PlannedStep(self.kind, key_numbers(self.codes), into, self.name, self.reason, self.definition)


@dataclass(frozen=True)
class Defining:
    """What was typed as the definition of a step, and why it was not taken. No step: nothing was."""

    step_id: int | None = None
    text: str = ""
    problem: str = ""


def key_numbers(keys: Sequence[str]) -> tuple[int, ...]:
    return tuple(key_number(key) for key in keys)


def key_number(key: str) -> int:
    """A code, or what a step makes as minus the id of the step. Anything else is not found."""
    number = whole_number(key.removeprefix(NEW))
    if not number:
        raise NotFound
    return -number if key.startswith(NEW) else number
