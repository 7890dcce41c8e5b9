"""Units of a ratings file: incidents that are here, or incidents without a text."""

from collections.abc import Sequence

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.incidents.models import Incident

SOURCE = "ratings"


def incident_ids_by_label(session: Session, study_id: int) -> dict[str, list[int]]:
    """Several: the same id in several sources."""
    found: dict[str, list[int]] = {}
    query = select(Incident.id, Incident.external_id, Incident.number).where(Incident.study_id == study_id)
    for incident_id, external_id, number in session.execute(query.order_by(Incident.number)):
        found.setdefault(external_id or f"#{number}", []).append(incident_id)
    return found


def add_without_text(session: Session, study_id: int, labels: Sequence[str]) -> dict[str, int]:
    """Incidents that nobody can be asked to code. The caller holds the study, so that numbers stay apart."""
    newest = session.scalar(select(func.max(Incident.number)).where(Incident.study_id == study_id)) or 0
    rows = [
        {"study_id": study_id, "number": number, "source": SOURCE, "external_id": label, "title": label}
        for number, label in enumerate(labels, start=newest + 1)
    ]
    if not rows:
        return {}
    ids = session.scalars(insert(Incident).returning(Incident.id, sort_by_parameter_order=True), rows).all()
    return dict(zip(labels, ids, strict=True))
