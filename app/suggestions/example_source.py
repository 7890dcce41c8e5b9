"""Where the examples of a prompt come from.

Final codes stand on a higher floor, so the wiring says, once, which query reads them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from app.suggestions.similar import CodedIncident


class SettledIncidents(Protocol):
    """Incidents with their agreed or ruled final codes, of rounds open to others, that nobody codes at present.

    as_of: the codes that were final at that moment; None: those that are now. incident_ids: only these; None: all.
    """

    def __call__(
        self, session: Session, study_id: int, *, as_of: datetime | None, incident_ids: Collection[int] | None
    ) -> Sequence[CodedIncident]: ...


_wired: list[SettledIncidents] = []


def read_examples_by(query: SettledIncidents) -> None:
    _wired[:] = [query]


def settled_incidents(
    session: Session,
    study_id: int,
    *,
    as_of: datetime | None = None,
    incident_ids: Collection[int] | None = None,
) -> Sequence[CodedIncident]:
    """None when nothing was wired: then no prompt has examples."""
    return _wired[0](session, study_id, as_of=as_of, incident_ids=incident_ids) if _wired else ()
