"""Bringing incidents in: a file is uploaded, mapped, and read once."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.base import now
from app.incidents import queries
from app.incidents.arrivals import tell_of_arrivals
from app.incidents.mapping import Mapping
from app.incidents.models import Import, Incident, IncidentExclusion
from app.incidents.readers import RawTable, format_of, read_table
from app.incidents.reading import IncidentRow, Reading, apply_mapping
from app.problems import Conflict, Invalid
from app.studies.events import record
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads

DEFAULT_SOURCE = "import"
LONGEST_REASON = 2_000


class EmptyFile(Invalid):
    """The file is empty. Choose another one."""


class NoFile(Invalid):
    """No file was chosen."""


class AlreadyImported(Conflict):
    """This upload was imported already. Upload the file again to import it under another mapping."""


class NothingToImport(Invalid):
    """No row of this file can be imported under this mapping; the reasons stand below."""


class ExclusionNeedsReason(Invalid):
    """Say why this incident is left out of the study; it is reported with the data set."""


class ReasonTooLong(Invalid):
    """The reason is longer than 2,000 characters. Shorten it."""


@dataclass(frozen=True)
class ImportPreview:
    """What an import under a mapping would do. already_here: same row, or same id in the same source.

    changed: those of already_here whose row is another one than the row that came in; what is here stays.
    """

    reading: Reading
    new: list[IncidentRow]
    already_here: list[IncidentRow]
    changed: list[IncidentRow]


def upload(session: Session, viewer: Viewer, *, file_name: str, content: bytes, format: str | None = None) -> Import:
    """Keeps the file until its mapping is chosen. Raises ReaderProblem for what no reader can read.

    format: a key of READERS; None goes by the ending of the name.
    """
    check_leads(viewer)
    if not file_name:
        raise NoFile
    if not content:
        raise EmptyFile
    format = format or format_of(file_name)
    read_table(content, format)
    uploaded = Import(
        study_id=viewer.study.id,
        member_id=viewer.member.id,
        file_name=file_name.replace("\\", "/").rsplit("/", 1)[-1][:300],
        file_sha256=sha256(content).hexdigest(),
        format=format,
        content=content,
    )
    session.add(uploaded)
    session.flush()
    about = ("import", uploaded.id)
    record(session, viewer.study.id, viewer.member, "incidents.uploaded", subject=about, file=uploaded.file_name)
    return uploaded


def table_of(uploaded: Import) -> RawTable:
    return read_table(uploaded.content or b"", uploaded.format)


def preview(session: Session, study_id: int, table: RawTable, mapping: Mapping, source: str) -> ImportPreview:
    """Changes nothing."""
    source = source.strip() or DEFAULT_SOURCE
    reading = apply_mapping(table, mapping)
    hashes, ids = queries.known_identities(session, study_id, source)
    known = [row for row in reading.rows if row.raw_sha256 in hashes or row.external_id in ids]
    there = {row.line for row in known}
    return ImportPreview(
        reading,
        new=[row for row in reading.rows if row.line not in there],
        already_here=known,
        changed=[row for row in known if row.raw_sha256 not in hashes],
    )


def import_incidents(
    session: Session, viewer: Viewer, uploaded: Import, mapping: Mapping, *, source: str = DEFAULT_SOURCE
) -> ImportPreview:
    """Good rows come in, bad ones are listed. The same file again, also under another mapping, adds nothing."""
    check_leads(viewer)
    study_id = viewer.study.id
    # One import of a study at a time, so that two of the same file cannot pass each other.
    hold_study(session, study_id)
    session.refresh(uploaded, attribute_names=["imported_at"])
    if uploaded.imported_at is not None:
        raise AlreadyImported
    source = source.strip() or DEFAULT_SOURCE
    found = preview(session, study_id, table_of(uploaded), mapping, source)
    if not found.reading.rows:
        raise NothingToImport
    add_rows(session, study_id, uploaded.id, found.new, source=source)
    uploaded.imported_at = now()
    uploaded.mapping = mapping.as_json() | {"source": source}
    uploaded.added = len(found.new)
    uploaded.already_here = len(found.already_here)
    uploaded.problems = [vars(problem) for problem in found.reading.problems]
    record(
        session,
        study_id,
        viewer.member,
        "incidents.imported",
        subject=("import", uploaded.id),
        file=uploaded.file_name,
        added=uploaded.added,
        already_here=uploaded.already_here,
        refused=len(found.reading.refused),
    )
    session.flush()
    if found.new:
        tell_of_arrivals(session, study_id, viewer.member.id)
    return found


def add_rows(session: Session, study_id: int, import_id: int, rows: list[IncidentRow], *, source: str) -> None:
    newest = session.scalar(select(func.max(Incident.number)).where(Incident.study_id == study_id)) or 0
    session.add_all(
        Incident(
            study_id=study_id,
            import_id=import_id,
            number=number,
            source=source,
            external_id=row.external_id,
            raw_sha256=row.raw_sha256,
            title=row.title,
            text=row.text,
            text_sha256=row.text_sha256,
            cohort=row.cohort,
            service=row.service,
            severity=row.severity,
            url=row.url,
            detected_by=row.detected_by,
            started_at=row.started_at,
            detected_at=row.detected_at,
            triaged_at=row.triaged_at,
            mitigated_at=row.mitigated_at,
            resolved_at=row.resolved_at,
            attributes=row.attributes,
        )
        for number, row in enumerate(rows, start=newest + 1)
    )
    session.flush()


def exclude(session: Session, viewer: Viewer, incident_id: int, *, reason: str) -> None:
    """Leaves an incident out of later rounds; what was coded stays."""
    check_leads(viewer)
    if not reason.strip():
        raise ExclusionNeedsReason
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong
    incident = queries.incident(session, viewer.study.id, incident_id)
    session.refresh(incident, attribute_names=["id"], with_for_update=True)  # one at a time: a form may be sent twice
    if queries.open_exclusion(session, viewer.study.id, incident_id) is None:
        session.add(
            IncidentExclusion(
                study_id=viewer.study.id, incident_id=incident.id, member_id=viewer.member.id, reason=reason.strip()
            )
        )
        record(
            session,
            viewer.study.id,
            viewer.member,
            "incident.excluded",
            subject=("incident", incident.id),
            reason=reason.strip(),
        )


def include_again(session: Session, viewer: Viewer, incident_id: int) -> None:
    check_leads(viewer)
    incident = queries.incident(session, viewer.study.id, incident_id)
    session.refresh(incident, attribute_names=["id"], with_for_update=True)
    exclusion = queries.open_exclusion(session, viewer.study.id, incident_id)
    if exclusion is not None:
        exclusion.ended_at = now()
        record(session, viewer.study.id, viewer.member, "incident.included", subject=("incident", incident_id))
