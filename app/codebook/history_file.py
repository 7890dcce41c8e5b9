"""The history of the codebook as CSV: a row for each property that an act changed, the newest act first.

As everybody may see it who may see the page. A code that was created has a row for each text that it was created with.
"""

import csv
from datetime import datetime
from io import StringIO
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.codebook import past_acts, queries
from app.codebook.comparing import UNTOLD, Alteration, Entry, EntryChange, written_in
from app.codebook.history_page import Asked, first_holding, who_did
from app.codebook.models import CodebookVersion
from app.codebook.past_acts import PastCode, PastDimension
from app.codebook.told_values import told_value
from app.codebook.tree import Codebook
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

COLUMNS = (
    "at", "member", "act", "what", "id", "name", "dimension", "property", "before", "after", "reason", "first_version",
)  # fmt: skip


class Line(NamedTuple):
    """One revision. seq orders the lines and stays here: its gaps would tell of codes that are not shown."""

    seq: int
    at: datetime
    member_id: int | None
    act: str
    what: str
    id: int
    name: str
    dimension: str
    reason: str
    alterations: tuple[Alteration, ...]


def history_csv(session: Session, viewer: Viewer, asked: Asked) -> str:
    study_id, wanted = viewer.study.id, asked.wanted()
    codebook = queries.visible_codebook(session, study_id, viewer.member.id)
    rows = past_acts.code_revisions_of(session, study_id, viewer.member.id, wanted)
    codes = past_acts.past_codes(session, study_id, [revision_id for revision_id, _, _ in rows])
    lines = [
        *(_of_version(each) for each in past_acts.named_versions(session, study_id, wanted)),
        *(_of_dimension(each) for each in past_acts.past_dimensions(session, study_id, wanted)),
        *(_of_code(codes[revision_id], codebook) for revision_id, _, _ in rows),
    ]
    members, versions = members_by_id(session, study_id), queries.versions(session, study_id)
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for line in sorted(lines, key=lambda each: -each.seq):
        who, held_by = who_did(members, line.member_id), first_holding(versions, line.seq)
        head = (f"{line.at:%Y-%m-%dT%H:%M:%SZ}", who, line.act, line.what, line.id, line.name, line.dimension)
        for altered in line.alterations or (Alteration("", None, None),):
            values = (told_value(altered.name, value, codebook) for value in (altered.before, altered.after))
            writer.writerow((*head, altered.name, *values, line.reason, held_by))
    return written.getvalue()


def _of_code(past: PastCode, codebook: Codebook) -> Line:
    revision, dimension = past.revision, codebook.dimension(past.entry.dimension_id)
    return Line(
        seq=revision.codebook_seq,
        at=revision.at,
        member_id=revision.member_id,
        act=revision.kind,
        what="code",
        id=past.entry.id,
        name=past.entry.name,
        dimension=dimension.name if dimension else "",
        reason=revision.reason,
        alterations=_alterations(past.earlier, past.entry),
    )


def _of_dimension(past: PastDimension) -> Line:
    revision = past.revision
    return Line(
        seq=revision.codebook_seq,
        at=revision.at,
        member_id=revision.member_id,
        act="edited" if past.earlier else "created",
        what="dimension",
        id=past.entry.id,
        name=past.entry.name,
        dimension=past.entry.name,
        reason=revision.reason,
        alterations=_alterations(past.earlier, past.entry),
    )


def _of_version(version: CodebookVersion) -> Line:
    notes = (Alteration("notes", "", version.notes),) if version.notes else ()
    return Line(
        version.codebook_seq, version.at, version.member_id, "named", "version", version.id, version.name, "", "", notes
    )


def _alterations(before: Entry | None, after: Entry) -> tuple[Alteration, ...]:
    found = EntryChange.between(before, after).alterations if before is not None else written_in(after)
    return tuple(each for each in found if each.name not in UNTOLD)
