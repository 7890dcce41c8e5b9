"""The forms that change a round: what was typed, and what it means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.round_changes import EVENLY, GAPS, NOBODY
from app.incidents.actions import LONGEST_REASON, ReasonTooLong
from app.incidents.models import Incident
from app.problems import Invalid
from app.rounds.intake import LONGEST_WORDS, FilterTooLong, Intake
from app.rounds.queries import candidate_incident_ids, codable_incident_ids
from app.web.forms import Posted, whole_number

MOST_NUMBERS = 20_000
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


class NoNumbers(Invalid):
    """Give the numbers or ids of incidents, such as 4, 7-12, INC-31."""


class UnknownIncidents(Invalid):
    """Some of these incidents are not in this study."""


class NotCodableIncidents(Invalid):
    """Some of these incidents cannot be coded."""


class NoneFits(Invalid):
    """No incident fits this filter. Widen it, or import incidents first."""


@dataclass
class ChangeForm:
    """which: the last word of the address that it is posted to. problem: a sentence, '' when all is well."""

    which: str
    typed: dict[str, Any]
    problem: str = ""
    status: int = field(default=200)

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


def named_incidents(session: Session, study_id: int, typed: str) -> list[int]:
    """Ids by their own ids, else by their numbers; 7-12 is a range of numbers. Codable ones only."""
    words = [word for word in re.split(r"[\s,;]+", typed) if word]
    if not words:
        raise NoNumbers
    if len(words) > MOST_NUMBERS:
        raise UnknownIncidents(f"These are more than {MOST_NUMBERS:,} numbers. Name ranges, or use the filter.")
    own = session.execute(
        select(Incident.external_id, Incident.id).where(Incident.study_id == study_id, Incident.external_id.in_(words))
    )
    ids_by_name: dict[str, list[int]] = {}
    for name, key in own:
        ids_by_name.setdefault(str(name), []).append(key)
    by_number: dict[int, int] = dict(
        session.execute(select(Incident.number, Incident.id).where(Incident.study_id == study_id)).all()
    )
    found: list[int] = []
    unknown: list[str] = []
    for word in words:
        ids = ids_by_name.get(word) or [by_number[one] for one in _numbers(word) if one in by_number]
        found += ids
        if not ids:
            unknown.append(word)
    if unknown:
        raise UnknownIncidents(
            f"Not in this study: {_few(unknown)}. Give numbers or ids as the list of incidents has them."
        )
    codable = set(codable_incident_ids(session, study_id))
    barred = {key for key in found if key not in codable}
    if barred:
        numbers = [f"#{number}" for number, key in sorted(by_number.items()) if key in barred]
        raise NotCodableIncidents(
            f"Without a text or excluded, so they cannot be coded: {_few(numbers)}. Leave them out."
        )
    return found


def _numbers(word: str) -> Iterator[int]:
    first, is_range, last = word.removeprefix("#").partition("-")
    start = whole_number(first)
    end = whole_number(last.removeprefix("#")) if is_range else start
    if start is not None and end is not None:
        yield from range(start, min(end, start + MOST_NUMBERS) + 1)


def _few(words: list[str]) -> str:
    shown = ", ".join(word[:40] for word in words[:5])
    return shown + (f" and {len(words) - 5} more" if len(words) > 5 else "")
