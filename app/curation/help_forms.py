"""What the pages of help with the codebook send; it is kept when something is wrong with it."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.codebook.tree import CodeEntry
from app.curation import help_policy as policy
from app.curation.help_actions import DefinitionText
from app.curation.plan_actions import PlannedStep
from app.curation.plan_policy import NoPlanName, PlanNameTooLong
from app.problems import NotFound
from app.web.forms import Form, Places, Posted, whole_number

NEW = "new"


@dataclass
class PlanForm(Form):
    """Proposals that go into a draft plan. plan_id None: into a new one of this name."""

    belongs_to: ClassVar[Places] = {NoPlanName: "name", PlanNameTooLong: "name", policy.NothingChosen: "items"}
    items: list[int] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    plan_id: int | None = None
    name: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "PlanForm":
        plan_id = None if posted.text("plan", NEW) == NEW else posted.number("plan")
        return cls(
            items=posted.numbers("items") if "items" in posted else [],
            pairs=posted.many("pairs"),
            plan_id=plan_id,
            name=posted.text("name"),
        )

    def merges(self, reason: str) -> list[PlannedStep]:
        """Of pairs of codes: the second into the first. Raises NothingChosen."""
        if not self.pairs:
            raise policy.NothingChosen
        return [_merge(pair, reason) for pair in dict.fromkeys(self.pairs)]


@dataclass
class RejectionForm(Form):
    belongs_to: ClassVar[Places] = {policy.NoReason: "reason", policy.TooLong: "reason"}
    item: int = -1
    reason: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "RejectionForm":
        item = posted.number("item")
        return cls(-1 if item is None else item, posted.text("reason"))


@dataclass
class DefinitionForm(Form):
    belongs_to: ClassVar[Places] = {
        policy.NoDefinition: "definition",
        policy.TooLong: "definition",
        policy.NoReason: "reason",
    }
    short_definition: str = ""
    definition: str = ""
    use_when: str = ""
    not_when: str = ""
    reason: str = ""
    seen_seq: int = 0

    @classmethod
    def read(cls, posted: Posted) -> "DefinitionForm":
        return cls(
            short_definition=posted.text("short_definition"),
            definition=posted.raw("definition").strip(),
            use_when=posted.raw("use_when").strip(),
            not_when=posted.raw("not_when").strip(),
            reason=posted.text("reason"),
            seen_seq=posted.number("seen_seq") or 0,
        )

    @classmethod
    def of(cls, code: CodeEntry, draft: dict[str, str]) -> "DefinitionForm":
        """What was drafted; where nothing was, what stands there."""
        return cls(
            short_definition=draft.get("short", "") or code.short_definition,
            definition=draft.get("definition", "") or code.definition,
            use_when=draft.get("use_when", "") or code.use_when,
            not_when=draft.get("not_when", "") or code.not_when,
            seen_seq=code.codebook_seq,
        )

    @property
    def words(self) -> DefinitionText:
        return DefinitionText(
            self.short_definition, self.definition, self.use_when, self.not_when, self.reason, self.seen_seq
        )


def _merge(pair: str, reason: str) -> PlannedStep:
    one, _, other = pair.partition("-")
    keep_id, code_id = whole_number(one), whole_number(other)
    if keep_id is None or code_id is None:
        raise NotFound
    return PlannedStep("merge", (code_id,), into=keep_id, reason=reason)
