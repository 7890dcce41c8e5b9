"""What the rooms above know of incidents that a plan must heed.

Submissions, comments and rulings stand on higher floors, so the wiring says, once, which query reads them.
"""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Known:
    """Ids of incidents. coded: with a submitted answer or a final code. discussed: commented on, or compared by its
    coders while their round ran. ruled: by a ruling."""

    coded: frozenset[int] = frozenset()
    discussed: frozenset[int] = frozenset()
    ruled: frozenset[int] = frozenset()


class KnownIncidents(Protocol):
    """Of every round of the study, its phase aside: a plan shows of it how many, never which or whose."""

    def __call__(self, session: Session, study_id: int) -> Known: ...


_wired: list[KnownIncidents] = []


def read_known_incidents_by(query: KnownIncidents) -> None:
    _wired[:] = [query]


def known_incidents(session: Session, study_id: int) -> Known:
    return _wired[0](session, study_id)
