"""Incidents that come in with a whole study."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.db.table_sizes import tell_sizes
from app.incidents.models import Incident
from app.methods.text import sha256

AT_A_TIME = 500  # rows in one statement, as texts may be long


@dataclass(frozen=True)
class ImportedIncident:
    """text: None for one that came without, which cannot be assigned. raw_sha256 or external_id tells it from others.

    facts: short values and times by the names of their columns, as they are kept.
    """

    title: str
    source: str
    text: str | None
    external_id: str | None = None
    raw_sha256: str | None = None
    facts: dict[str, str | datetime] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


def add_imported(session: Session, study_id: int, incidents: Sequence[ImportedIncident]) -> list[int]:
    """The ids, in the order of incidents. The caller holds the study, so that numbers stay apart."""
    newest = session.scalar(select(func.max(Incident.number)).where(Incident.study_id == study_id)) or 0
    ids: list[int] = []
    for start in range(0, len(incidents), AT_A_TIME):
        rows = [
            {
                "study_id": study_id,
                "number": newest + start + place,
                "source": one.source,
                "external_id": one.external_id,
                "raw_sha256": one.raw_sha256,
                "title": one.title,
                "text": one.text,
                "text_sha256": sha256(one.text) if one.text is not None else None,
                "attributes": one.attributes,
                **{name: one.facts.get(name) for name in FACTS},
            }
            for place, one in enumerate(incidents[start : start + AT_A_TIME], start=1)
        ]
        ids += session.scalars(insert(Incident).returning(Incident.id, sort_by_parameter_order=True), rows)
    tell_sizes(session, Incident, rows=len(ids))
    return ids


FACTS = (
    "cohort",
    "service",
    "severity",
    "url",
    "detected_by",
    "started_at",
    "detected_at",
    "triaged_at",
    "mitigated_at",
    "resolved_at",
)
