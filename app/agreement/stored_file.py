"""Stored figures as a file: with it they can be made again anywhere, without this database."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.stored_figures import inputs_in, stored_set
from app.agreement.stored_form import Inputs
from app.agreement.stored_models import StoredFigures
from app.codebook.queries import disclosed_codebook
from app.coding.exposures import expose
from app.coding.models import Submission
from app.incidents.queries import incidents_by_id
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.studies.events import record
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

WHAT = "figures at closing"
HOW = (
    "inputs is what the figures were made of; inputs_sha256 is the SHA-256 of it as JSON with sorted keys, no spaces, "
    "in UTF-8. `tandem agreement --stored FILE` hashes it, makes the figures again, and says what differs."
)


def taken_file(session: Session, viewer: Viewer, coding_round: Round, stored_id: int | None) -> bytes:
    """Raises NotFound where nothing is stored, or where the round was reopened meanwhile: its phase is held."""
    session.refresh(coding_round, with_for_update={"read": True})
    if not is_open_to_others(coding_round):
        raise NotFound
    stored = stored_set(session, coding_round, stored_id)
    document = stored_document(session, viewer.study.slug, coding_round, stored)
    others = select(Submission.incident_id, Submission.id).where(
        Submission.study_id == coding_round.study_id,
        Submission.round_id == coding_round.id,
        Submission.member_id != viewer.member.id,
    )
    shown = [(incident_id, "colleague_code", key) for incident_id, key in session.execute(others)]
    expose(session, viewer.study.id, viewer.member.id, shown, note="export")
    record(
        session,
        viewer.study.id,
        viewer.member,
        "figures.taken_out",
        subject=("round", coding_round.id),
        stored_figures_id=stored.id,
    )
    return written(document)


def stored_document(session: Session, slug: str, coding_round: Round, stored: StoredFigures) -> dict[str, Any]:
    inputs = inputs_in(stored)
    return {
        "what": WHAT,
        "how": HOW,
        "study": slug,
        "round": coding_round.name,
        "closed_at": stored.at.isoformat(),
        "tandem_version": stored.tandem_version,
        "formulas": stored.formulas,
        "inputs_sha256": stored.inputs_sha256,
        "figures": stored.figures,
        "names": _names(session, coding_round.study_id, inputs),
        "inputs": inputs,
    }


def written(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()


def _names(session: Session, study_id: int, inputs: Inputs) -> dict[str, dict[str, str]]:
    """What the ids stand for, as everybody may know it today."""
    ratings = [rating for row in inputs["rows"] for rating in row["ratings"]]
    codes = {code for row in inputs["rows"] for level in ("code", "category") for pair in row[level] for code in pair}
    codebook, members = disclosed_codebook(session, study_id), members_by_id(session, study_id)
    dimensions = {row["dimension"]: codebook.dimension(row["dimension"]) for row in inputs["rows"]}
    incidents = incidents_by_id(session, study_id, {unit for unit, *_ in ratings})
    return {
        "dimensions": {str(key): found.name for key, found in sorted(dimensions.items()) if found},
        "codes": {str(key): found.name for key, found in sorted(codebook.codes.items()) if key in codes},
        "incidents": {str(key): found.label for key, found in sorted(incidents.items())},
        "raters": {str(key): members[key].name for key in sorted({rater for _, rater, *_ in ratings})},
    }
