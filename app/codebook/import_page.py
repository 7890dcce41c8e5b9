"""What the page of a codebook file shows: what would come of it, and what is still to be chosen."""

from dataclasses import dataclass

from app.codebook.import_forms import MOST_CHOICES, NEW, OUT, ImportForm
from app.codebook.import_plan import ImportPlan, PlannedCode, PlannedDimension
from app.codebook.readers.levels import signs_in_names
from app.codebook.tree import Codebook

MOST_SHOWN = 200  # lines of one list


@dataclass(frozen=True)
class DimensionCard:
    planned: PlannedDimension
    into: str
    named: str
    choices: list[tuple[str, str]]

    @property
    def added(self) -> list[PlannedCode]:
        return self.planned.of("added")

    @property
    def matched(self) -> list[PlannedCode]:
        return self.planned.of("matched")

    @property
    def conflicting(self) -> list[PlannedCode]:
        return self.planned.of("conflicting")


@dataclass(frozen=True)
class ImportPage:
    form: ImportForm
    plan: ImportPlan
    codebook: Codebook
    state: str

    @property
    def cards(self) -> list[DimensionCard]:
        return [self._card(each) for each in self.plan.dimensions]

    def _card(self, planned: PlannedDimension) -> DimensionCard:
        to = planned.destination
        into = OUT if to.left_out else NEW if planned.here is None else str(planned.here.id)
        here = [(str(each.id), f"into {each.name}") for each in self.codebook.dimensions]
        choices = [(NEW, "a new dimension"), *here, (OUT, "nowhere: leave it out")]
        return DimensionCard(planned, into, planned.name or planned.listed.name, choices)

    @property
    def added(self) -> int:
        return len(self.plan.of("added"))

    @property
    def matched(self) -> int:
        return len(self.plan.of("matched"))

    @property
    def conflicting(self) -> int:
        return len(self.plan.of("conflicting"))

    @property
    def chosen(self) -> int:
        """How many codes take the file's words."""
        return len(self.form.keys_of_theirs(self.plan))

    @property
    def is_one_by_one(self) -> bool:
        return self.conflicting <= MOST_CHOICES

    @property
    def can_apply(self) -> bool:
        return not self.plan.problem and bool(self.added or self.conflicting or self.plan.new_dimensions)

    @property
    def signs(self) -> list[tuple[str, str]]:
        """Options of a select: what may stand between levels, where names of the file hold it."""
        found = signs_in_names(self.form.listed)
        if self.form.level_sign:
            found.setdefault(self.form.level_sign, 0)
        return [
            ("", "the names as they are"),
            *((sign, f"levels at {sign}" + (f" ({count} names)" if count else "")) for sign, count in found.items()),
        ]

    @property
    def has_dimensions(self) -> bool:
        """Whether the file names dimensions, which may be meant as categories."""
        return self.form.one_dimension or any(each.name for each in self.form.listed.dimensions)
