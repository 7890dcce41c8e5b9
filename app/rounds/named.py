"""Incidents that a lead names: a typed or pasted list of numbers and ids."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents.models import Incident
from app.problems import Invalid
from app.rounds.queries import codable_incident_ids
from app.web.forms import whole_number

MOST = 20_000
SHOWN_AT_MOST = 5


class NoneNamed(Invalid):
    """The list names no incident. Give their numbers or ids, such as 4, 7-12, INC-31."""


class ListedUnknown(Invalid):
    """The list names incidents that this study does not have."""


def named_incidents(session: Session, study_id: int, typed: str) -> list[int]:
    """Rising ids of codable incidents, with commas, line ends or blanks between them.

    An id of their own is taken before a number, also one with blanks in it; “#12” is always the number, and 7-12 a
    range of numbers. Raises NoneNamed and ListedUnknown.
    """
    if not typed.strip(" \t\r\n,;"):
        raise NoneNamed
    if len(typed.split()) > MOST:
        raise ListedUnknown(f"These are more than {MOST:,} words. Name ranges of numbers, such as 7-1200.")
    by_number: dict[int, int] = {}
    by_id: dict[str, set[int]] = {}
    for incident_id, number, external_id in session.execute(
        select(Incident.id, Incident.number, Incident.external_id).where(Incident.study_id == study_id)
    ):
        by_number[number] = incident_id
        if external_id:
            by_id.setdefault(external_id, set()).add(incident_id)
    found: set[int] = set()
    unknown, several = [], []
    for word in _words(typed, by_id):
        ids = by_id.get(word) or {by_number[one] for one in _numbers(word) if one in by_number}
        found |= ids
        if not ids:
            unknown.append(word)
        elif word in by_id and len(ids) > 1:
            several.append(word)
    if unknown:
        raise ListedUnknown(f"This study has no incident {_some(unknown)}. Correct the list.")
    if several:
        raise ListedUnknown(f"Several incidents have the id {_some(several)}. Write their numbers, such as #12.")
    uncodable = found - set(codable_incident_ids(session, study_id))
    if uncodable:
        names = [f"#{number}" for number, one in sorted(by_number.items()) if one in uncodable]
        raise ListedUnknown(
            f"{_some(names)} cannot be coded: no text, or left out of the study. Take them off the list."
        )
    return sorted(found)


def _words(typed: str, ids: dict[str, set[int]]) -> Iterator[str]:
    for line in typed.splitlines():
        for part in filter(None, (part.strip() for part in line.replace(";", ",").split(","))):
            yield from [part] if part in ids else part.split()


def _numbers(word: str) -> Iterator[int]:
    first, is_range, last = word.removeprefix("#").partition("-")
    start = whole_number(first)
    end = whole_number(last.removeprefix("#")) if is_range else start
    if start is not None and end is not None:
        yield from range(start, min(end, start + MOST) + 1)


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(f"“{word[:40]}”" for word in words[:SHOWN_AT_MOST])
    return shown + (f" and {len(words) - SHOWN_AT_MOST} more" if len(words) > SHOWN_AT_MOST else "")
