"""The history of a study in words, as somebody may see it.

An act that veils itself by a round is its member's alone while that round runs. Even afterwards what a coder chose
is not told here, only that they worked: colleagues' codes are opened on the pages that record it (promise 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.rounds.queries import running_round_ids
from app.studies.models import Membership, StudyEvent
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

WORDS = {
    "study.created": "made the study",
    "member.added": "added a member",
    "member.joined": "joined the study",
    "incidents.imported": "imported incidents",
    "incident.excluded": "excluded an incident",
    "incident.included": "took an incident in again",
    "dimension.added": "added a dimension",
    "dimension.edited": "edited a dimension",
    "dimension.retired": "retired a dimension",
    "dimensions.ordered": "put the dimensions in another order",
    "code.created": "created the code",
    "code.edited": "reworded the code",
    "code.renamed": "renamed the code",
    "code.moved": "moved the code",
    "code.merged": "merged the code",
    "code.retired": "retired the code",
    "code.restored": "restored the code",
    "codebook.version_named": "named a codebook version",
    "round.planned": "planned",
    "round.running": "started",
    "round.settling": "ended the coding of",
    "round.closed": "closed",
    "coding.submit": "handed in",
    "coding.skip": "skipped",
    "coding.take_back": "took back to draft",
    "dataset.exported": "took out the data set",
}


@dataclass(frozen=True)
class HistoryLine:
    at: datetime
    who: str
    words: str
    about: str
    url: str
    reason: str


def history(session: Session, viewer: Viewer, *, limit: int, before_id: int | None = None) -> list[StudyEvent]:
    """Newest first; before_id pages on."""
    running = running_round_ids(session, viewer.study.id)
    query = select(StudyEvent).where(
        StudyEvent.study_id == viewer.study.id,
        or_(
            StudyEvent.veiled_by_round_id.is_(None),
            StudyEvent.veiled_by_round_id.not_in(running),
            StudyEvent.member_id == viewer.member.id,
        ),
    )
    if before_id is not None:
        query = query.where(StudyEvent.id < before_id)
    return list(session.scalars(query.order_by(StudyEvent.id.desc()).limit(limit)))


def lines(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> list[HistoryLine]:
    people = members_by_id(session, viewer.study.id)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    rounds = {r.id: r for r in session.scalars(select(Round).where(Round.study_id == viewer.study.id))}
    places = _places(session, viewer, events)
    return [_line(viewer, event, people, codebook, rounds, places) for event in events]


def _line(
    viewer: Viewer,
    event: StudyEvent,
    people: dict[int, Membership],
    codebook: Codebook,
    rounds: dict[int, Round],
    places: dict[int, tuple[str, int]],
) -> HistoryLine:
    base = f"/studies/{viewer.study.slug}"
    about, url = "", ""
    if event.subject_kind == "code" and event.subject_id in codebook.codes:
        about, url = codebook.codes[event.subject_id].name, f"{base}/codebook/codes/{event.subject_id}"
    elif event.subject_kind == "dimension" and event.subject_id is not None:
        dimension = codebook.dimension(event.subject_id)
        about, url = (dimension.name if dimension else ""), f"{base}/codebook/dimensions"
    elif event.subject_kind == "round" and event.subject_id in rounds:
        coding_round = rounds[event.subject_id]
        seen = viewer.leads or coding_round.phase != "planned"
        about, url = coding_round.name, f"{base}/rounds/{coding_round.number}" if seen else ""
    elif event.subject_kind == "assignment" and event.subject_id in places:
        label, incident_id = places[event.subject_id]
        about, url = label, f"{base}/incidents/{incident_id}"
    elif event.subject_kind == "member" and event.subject_id in people:
        about, url = people[event.subject_id].name, f"{base}/members"
    who = people[event.member_id].name if event.member_id in people else "The operator"
    return HistoryLine(event.at, who, _words(event.kind), about, url, str(event.details.get("reason", "")))


def _words(kind: str) -> str:
    return WORDS.get(kind) or ("worked on" if kind.startswith("coding.") else kind.replace(".", ": ").replace("_", " "))


def _places(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> dict[int, tuple[str, int]]:
    """Assignment id -> (label of its incident, incident id)."""
    ids = {event.subject_id for event in events if event.subject_kind == "assignment"}
    rows = session.execute(
        select(Assignment.id, Incident)
        .join(Incident, and_(Incident.study_id == Assignment.study_id, Incident.id == Assignment.incident_id))
        .where(Assignment.study_id == viewer.study.id, Assignment.id.in_(ids))
    )
    return {key: (incident.label, incident.id) for key, incident in rows}
