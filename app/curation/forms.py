"""The form that settles a group: what was typed, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.codebook.policy import NameTaken, NameTooLong, NoName
from app.curation.outcomes import GroupWords
from app.curation.policy import (
    GroupNameTooLong,
    NoCategory,
    NoKept,
    NoReason,
    NoSuchOutcome,
    NoTarget,
    TooLong,
)
from app.curation.pooling_page import ShownGroup
from app.web.forms import Form, Places, Posted

OUTCOME_CHOICES = [
    ("merged", "Merge into one code"),
    ("into_existing", "Merge into a code of the codebook"),
    ("category", "Put under a new category"),
    ("kept", "Keep as they are"),
    ("retired", "Retire"),
]


@dataclass
class SettleForm(Form):
    """problems: field -> sentence."""

    name: str = ""
    definition: str = ""
    outcome: str = ""
    kept_id: int | None = None
    into_id: int | None = None
    under_id: int | None = None
    reason: str = ""
    seen_code_ids: list[int] = field(default_factory=list)
    seen_seq: int = 0

    belongs_to: ClassVar[Places] = {
        NoName: "name",
        NameTooLong: "name",
        NameTaken: "name",
        GroupNameTooLong: "name",
        TooLong: "reason",
        NoReason: "reason",
        NoSuchOutcome: "outcome",
        NoKept: "kept_id",
        NoTarget: "into_id",
        NoCategory: "under_id",
    }

    @classmethod
    def of(cls, shown: ShownGroup) -> "SettleForm":
        one = len(shown.cards) == 1
        return cls(
            name=shown.group.name,
            definition=shown.group.definition,
            outcome="kept" if one else "merged",
            kept_id=shown.cards[0].code.id if shown.cards else None,
        )

    @classmethod
    def read(cls, posted: Posted) -> "SettleForm":
        return cls(
            name=posted.text("name"),
            definition=posted.text("definition"),
            outcome=posted.text("outcome"),
            kept_id=posted.number("kept_id"),
            into_id=posted.number("into_id"),
            under_id=posted.number("under_id"),
            reason=posted.text("reason"),
            seen_code_ids=posted.numbers("seen_code_ids"),
            seen_seq=posted.number("seen_seq") or 0,
        )

    @property
    def words(self) -> GroupWords:
        return GroupWords(
            outcome=self.outcome,
            name=self.name,
            definition=self.definition,
            reason=self.reason,
            seen_code_ids=self.seen_code_ids,
            seen_seq=self.seen_seq,
            kept_id=self.kept_id,
            into_id=self.into_id,
            under_id=self.under_id,
        )
