"""Where coded incidents come from when no model is named.

Final codes stand on a higher floor, so the wiring says, once, which query reads them.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from app.suggestions.similar import CodedIncident


class CodedIncidents(Protocol):
    """The current final codes of a study's incidents, of rounds that are open to others only."""

    def __call__(self, session: Session, study_id: int) -> Sequence[CodedIncident]: ...


_wired: list[CodedIncidents] = []


def read_coded_incidents_by(query: CodedIncidents) -> None:
    _wired[:] = [query]


def coded_incidents(session: Session, study_id: int) -> Sequence[CodedIncident]:
    """None when nothing was wired: then no similar incident is found either."""
    return _wired[0](session, study_id) if _wired else ()
