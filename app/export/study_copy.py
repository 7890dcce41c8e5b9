"""A copy of a study as a ZIP of plain files, to keep when it is deleted. The same state gives the same bytes."""

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.stored_figures import stored_sets
from app.agreement.stored_file import stored_document, written
from app.codebook.queries import disclosed_codebook
from app.export import dataset
from app.export.codebook_files import codebook_file
from app.export.ledger import Reading
from app.export.left_out import LEFT_OUT
from app.export.meetings import meeting_files
from app.export.queries import StudyData
from app.export.rulings import ruling_files
from app.export.suggestion_copy import suggestion_files
from app.export.writing import ExportFile, csv_bytes
from app.incidents.models import Incident
from app.studies.models import Membership, StudyEvent

NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can tell, so that the bytes depend on the study alone
FACTS = ("external_id", "source", "title", "text", "cohort", "service", "severity", "url", "detected_by", "attributes")
TIMES = ("started_at", "detected_at", "triaged_at", "mitigated_at", "resolved_at")


def study_copy(session: Session, data: StudyData, reading: Reading) -> ExportFile:
    """Incidents with their text, the codebook, the data set, ratings, rulings with what was said before them, meetings
    and figures at closing of every round, members and the history; and of models every endpoint, run, call, suggestion,
    decision and exposure, with what they said where whoever takes the copy may read it. left-out.csv tells the rest."""
    slug, title = data.study.slug, data.study.title
    codebook = disclosed_codebook(session, data.study.id)
    files = [
        ExportFile("incidents.jsonl", "", _incidents(session, data.study.id)),
        ExportFile("incident-ids.csv", "", _incident_ids(session, data.study.id)),
        ExportFile("members.csv", "", _members(data.members.values())),
        ExportFile("history.csv", "", _history(session, data.study.id)),
    ]
    for format in ("csv", "json"):
        made = codebook_file(codebook, slug=slug, title=title, version="live", format=format)
        files.append(ExportFile(f"codebook.{format}", "", made.content))
    if data.rounds:
        files += ruling_files(session, data)
        files += meeting_files(session, [each.coding_round for each in data.rounds])
        files += [
            ExportFile("dataset-long.csv", "", dataset.long_file(data).content),
            ExportFile("dataset-wide.csv", "", dataset.wide_file(data).content),
            ExportFile("ratings.csv", "", dataset.ratings_file(data).content),
        ]
    files += _figures_at_closing(session, data)
    files += suggestion_files(session, data.study.id, reading)
    files.append(ExportFile("left-out.csv", "", csv_bytes(("of", "why"), sorted(LEFT_OUT.items()))))
    files.append(ExportFile("manifest.json", "", _manifest(data, files)))
    return ExportFile(f"{slug}-copy.zip", "application/zip", _zipped(files))


def _figures_at_closing(session: Session, data: StudyData) -> list[ExportFile]:
    """One file a closing, the first one first: with it the figures can be made again (`tandem agreement --stored`)."""
    return [
        ExportFile(
            f"figures-at-closing/round-{found.coding_round.number}-{nth}.json",
            "",
            written(stored_document(session, data.study.slug, found.coding_round, stored)),
        )
        for found in data.rounds
        for nth, stored in enumerate(reversed(stored_sets(session, found.coding_round)), start=1)
    ]


def _incidents(session: Session, study_id: int) -> bytes:
    found = session.scalars(select(Incident).where(Incident.study_id == study_id).order_by(Incident.number))
    return "".join(json.dumps(_facts(each), ensure_ascii=False) + "\n" for each in found).encode()


def _incident_ids(session: Session, study_id: int) -> bytes:
    """By which the other files name them."""
    found = session.execute(
        select(Incident.id, Incident.number, Incident.external_id)
        .where(Incident.study_id == study_id)
        .order_by(Incident.number)
    )
    return csv_bytes(("id", "number", "external_id"), (tuple(row) for row in found))


def _facts(incident: Incident) -> dict[str, object]:
    facts: dict[str, object] = {"number": incident.number}
    facts |= {name: getattr(incident, name) for name in FACTS}
    for name in TIMES:
        at: datetime | None = getattr(incident, name)
        facts[name] = at.isoformat() if at else None
    return facts


def _members(members: Iterable[Membership]) -> bytes:
    header = ("id", "name", "kind", "role", "since", "left", "same_as")
    rows = (
        (
            each.id, each.name, each.kind, each.role, each.created_at.isoformat(), _when(each.ended_at),
            each.same_as_id or "",
        )
        for each in members
    )  # fmt: skip
    return csv_bytes(header, rows)


def _history(session: Session, study_id: int) -> bytes:
    header = ("id", "at", "member_id", "kind", "subject_kind", "subject_id", "details")
    found = session.scalars(select(StudyEvent).where(StudyEvent.study_id == study_id).order_by(StudyEvent.id))
    rows = (
        (
            each.id,
            each.at.isoformat(),
            each.member_id or "",
            each.kind,
            each.subject_kind,
            each.subject_id or "",
            json.dumps(each.details, ensure_ascii=False, sort_keys=True),
        )
        for each in found
    )
    return csv_bytes(header, rows)


def _manifest(data: StudyData, files: Sequence[ExportFile]) -> bytes:
    document = {
        "study": data.study.slug,
        "title": data.study.title,
        "about": data.study.about,
        "origin": data.study.origin,
        "created_at": data.study.created_at.isoformat(),
        "closed_at": _when(data.study.closed_at),
        "codebook_seq": data.study.codebook_seq,
        "leaves_for_a_model": {
            "redacts": data.study.redacts,
            "redacted_words": data.study.redacted_words,
            "local_models_only": data.study.local_models_only,
            "token_cap": data.study.token_cap,
            "cost_cap_usd": None if data.study.cost_cap_usd is None else str(data.study.cost_cap_usd),
        },
        "rounds": [each.coding_round.name for each in data.rounds],
        "files": {
            file.name: {"bytes": len(file.content), "sha256": sha256(file.content).hexdigest()} for file in files
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _zipped(files: Sequence[ExportFile]) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for file in files:
            entry = ZipInfo(file.name, NO_DATE)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.content)
    return out.getvalue()


def _when(at: datetime | None) -> str:
    return at.isoformat() if at else ""
