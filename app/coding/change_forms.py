"""The forms that change a round: what was typed, and what it means."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.coding.round_changes import EVENLY, GAPS, NOBODY
from app.incidents.actions import LONGEST_REASON, ReasonTooLong
from app.problems import Invalid
from app.rounds.intake import LONGEST_WORDS, FilterTooLong, Intake
from app.rounds.named import named_incidents
from app.rounds.queries import candidate_incident_ids
from app.web.forms import Posted, whole_number

FIELDS: dict[str, dict[str, str]] = {
    "coders": {"member_id": "", "gets": GAPS},
    "departures": {"member_id": "", "pending_to": EVENLY, "reason": ""},
    "reassignments": {"from_id": "", "to_id": "", "how_many": ""},
    "incidents": {"by": "numbers", "numbers": "", "cohort": "", "service": "", "severity": "", "words": ""},
    "intake": {"cohort": "", "service": "", "severity": "", "words": "", "by_itself": ""},
}


class NobodyChosen(Invalid):
    """Choose somebody."""


class HowMany(Invalid):
    """Give a number of at least one, or leave it blank for all."""


class NoneFits(Invalid):
    """No incident fits this filter. Widen it, or import incidents first."""


@dataclass
class ChangeForm:
    """which: the last word of the address that it is posted to. problem: a sentence, '' when all is well."""

    which: str
    typed: dict[str, Any]
    problem: str = ""

    @classmethod
    def read(cls, which: str, posted: Posted) -> "ChangeForm":
        return cls(which, {name: posted.text(name) for name in FIELDS[which]})

    @property
    def member_id(self) -> int:
        return self._member("member_id")

    @property
    def pending_to(self) -> str | int:
        return self._taker("pending_to", EVENLY, NOBODY)

    @property
    def from_id(self) -> int | None:
        """None: incidents that lack a coder."""
        return None if self.typed["from_id"] == GAPS else self._member("from_id")

    @property
    def to(self) -> str | int:
        return self._taker("to_id", EVENLY)

    @property
    def reason(self) -> str:
        if len(self.typed["reason"]) > LONGEST_REASON:
            raise ReasonTooLong
        return str(self.typed["reason"])

    @property
    def how_many(self) -> int | None:
        typed = self.typed["how_many"]
        number = whole_number(typed)
        if typed and not number:
            raise HowMany
        return number

    @property
    def by_hand(self) -> bool:
        return self.typed["by"] != "filter"

    @property
    def intake(self) -> Intake:
        return Intake(**self._narrows, by_itself=bool(self.typed["by_itself"]))

    def incident_ids(self, session: Session, study_id: int) -> list[int]:
        if self.by_hand:
            return named_incidents(session, study_id, self.typed["numbers"])
        found = candidate_incident_ids(session, study_id, **self._narrows)
        if not found:
            raise NoneFits
        return found

    @property
    def _narrows(self) -> dict[str, str]:
        narrows = {name: self.typed[name] for name in ("cohort", "service", "severity", "words")}
        if any(len(value) > LONGEST_WORDS for value in narrows.values()):
            raise FilterTooLong
        return narrows

    def _member(self, name: str) -> int:
        found = whole_number(self.typed[name])
        if found is None:
            raise NobodyChosen
        return found

    def _taker(self, name: str, *words: str) -> str | int:
        return self.typed[name] if self.typed[name] in words else self._member(name)
