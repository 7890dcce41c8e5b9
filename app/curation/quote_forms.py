"""The form that moves quotes: what was typed, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.codebook.policy import NameTaken, NameTooLong, NoName
from app.curation.move_page import MovePage
from app.curation.recoding import MoveWords
from app.curation.recoding_policy import NoReason, NoTarget, NotThere, SameCode, TooLong
from app.web.forms import Form, Places, Posted


@dataclass
class MoveForm(Form):
    """problems: field -> sentence."""

    evidence_ids: list[int] = field(default_factory=list)
    to_id: int | None = None
    name: str = ""
    definition: str = ""
    reason: str = ""
    keeps_on: list[int] = field(default_factory=list)
    seen_final_ids: list[int] = field(default_factory=list)

    belongs_to: ClassVar[Places] = {
        NoName: "name",
        NameTooLong: "name",
        NameTaken: "name",
        NoTarget: "to_id",
        NotThere: "to_id",
        SameCode: "to_id",
        NoReason: "reason",
        TooLong: "reason",
    }

    @classmethod
    def of(cls, shown: MovePage) -> "MoveForm":
        return cls(seen_final_ids=list(shown.seen_final_ids))

    @classmethod
    def read(cls, posted: Posted) -> "MoveForm":
        return cls(
            evidence_ids=posted.numbers("quote"),
            to_id=posted.number("to_id"),
            name=posted.text("name"),
            definition=posted.text("definition"),
            reason=posted.text("reason"),
            keeps_on=posted.numbers("keeps_on"),
            seen_final_ids=posted.numbers("seen_final_ids"),
        )

    @property
    def words(self) -> MoveWords:
        return MoveWords(
            evidence_ids=self.evidence_ids,
            reason=self.reason,
            to_id=self.to_id,
            name=self.name,
            definition=self.definition,
            keeps_on=self.keeps_on,
            seen_final_ids=self.seen_final_ids,
        )
