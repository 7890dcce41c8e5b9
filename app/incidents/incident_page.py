"""One incident as it is printed: its paragraphs, when its stages were and how long they took, what else is known."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.incidents import queries
from app.incidents.models import Incident, IncidentExclusion
from app.methods.lifecycle import Duration, MeasuredFrom, Stage, StageTimes, durations
from app.methods.text import paragraphs
from app.studies.queries import members_by_id

STAGE_WORDS = {
    Stage.STARTED: "Impact began",
    Stage.DETECTED: "Detected",
    Stage.TRIAGED: "Triaged",
    Stage.MITIGATED: "Mitigated",
    Stage.RESOLVED: "Resolved",
}


@dataclass(frozen=True)
class StageLine:
    """from_start and from_before: None for the beginning itself."""

    words: str
    at: datetime | None
    from_start: Duration | None
    from_before: Duration | None


@dataclass(frozen=True)
class IncidentPage:
    incident: Incident
    paragraphs: list[str]
    stages: list[StageLine]
    exclusion: IncidentExclusion | None
    excluded_by: str
    previous_id: int | None
    next_id: int | None

    @property
    def has_times(self) -> bool:
        return any(stage.at for stage in self.stages)


def incident_page(session: Session, study_id: int, incident_id: int) -> IncidentPage:
    incident = queries.incident(session, study_id, incident_id)
    text = incident.text or ""
    exclusion = queries.open_exclusion(session, study_id, incident_id)
    members = members_by_id(session, study_id) if exclusion else {}
    before, after = queries.neighbours(session, incident)
    return IncidentPage(
        incident=incident,
        paragraphs=[text[start:end] for start, end in paragraphs(text)],
        stages=_stages(incident),
        exclusion=exclusion,
        excluded_by=members[exclusion.member_id].name if exclusion and exclusion.member_id in members else "",
        previous_id=before,
        next_id=after,
    )


def _stages(incident: Incident) -> list[StageLine]:
    times = StageTimes(
        incident.started_at, incident.detected_at, incident.triaged_at, incident.mitigated_at, incident.resolved_at
    )
    from_start, from_before = durations(times), durations(times, MeasuredFrom.STAGE_BEFORE)
    found = [StageLine(STAGE_WORDS[Stage.STARTED], times.started_at, None, None)]
    for stage, name in zip(list(Stage)[1:], ("ttd", "ttt", "ttm", "ttr"), strict=True):
        found.append(
            StageLine(STAGE_WORDS[stage], times.at(stage), getattr(from_start, name), getattr(from_before, name))
        )
    return found
