"""Recodings of a code, as somebody may be told of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, and_, exists, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode
from app.codebook.tree import Codebook, CodeEntry
from app.coding.models import Exposure
from app.coding.open_incidents import still_coded
from app.curation.quotes import lineage
from app.curation.recoding_models import RecodedFinalCode, RecodedQuote, Recoding, RecodingTakenBack
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class ToldRecoding:
    """A recoding from or to this code. quotes: how many it moved. incidents: of those, and of the final codes;
    as far as the viewer was told."""

    recoding: Recoding
    by: Membership
    source: CodeEntry | None
    target: CodeEntry | None
    quotes: int
    incidents: tuple[Incident, ...]
    taken_back: RecodingTakenBack | None
    taken_back_by: Membership | None


def told_recodings(
    session: Session, viewer: Viewer, codebook: Codebook, code: CodeEntry, members: Mapping[int, Membership]
) -> list[ToldRecoding]:
    """Newest first, those taken back among them: of which the viewer was told, in rounds that are open to others.

    Incidents that the viewer was not told of, or codes just now, are not counted: that would tell of them.
    """
    codes, study_id = lineage(codebook, code.id), viewer.study.id
    touched = touched_by_recodings(study_id).subquery()
    told = exists().where(
        Exposure.study_id == study_id,
        Exposure.member_id == viewer.member.id,
        Exposure.kind == "recoding",
        Exposure.subject_id == touched.c.recoding_id,
        Exposure.incident_id == touched.c.incident_id,
    )
    is_counted = and_(told, touched.c.incident_id.not_in(still_coded(viewer)))
    moved = (
        select(
            touched.c.recoding_id,
            func.count(touched.c.evidence_id.distinct()).filter(is_counted).label("quotes"),
            func.array_agg(touched.c.incident_id.distinct()).filter(is_counted).label("incident_ids"),
            func.bool_and(Round.phase.in_(("settling", "closed"))).label("is_open"),
        )
        .join(Round, and_(Round.study_id == study_id, Round.id == touched.c.round_id))
        .group_by(touched.c.recoding_id)
        .subquery()
    )
    rows = session.execute(
        select(Recoding, RecodingTakenBack, moved.c.quotes, moved.c.incident_ids)
        .join(moved, and_(moved.c.recoding_id == Recoding.id, moved.c.is_open, moved.c.incident_ids.is_not(None)))
        .outerjoin(
            RecodingTakenBack,
            and_(RecodingTakenBack.study_id == study_id, RecodingTakenBack.recoding_id == Recoding.id),
        )
        .where(
            Recoding.study_id == study_id,
            or_(Recoding.from_code_id.in_(codes), Recoding.to_code_id.in_(codes)),
        )
        .order_by(Recoding.id.desc())
    ).all()
    incidents = incidents_by_id(session, study_id, {key for row in rows for key in row.incident_ids})
    return [
        ToldRecoding(
            recoding=recoding,
            by=members[recoding.member_id],
            source=codebook.codes.get(recoding.from_code_id),
            target=codebook.codes.get(recoding.to_code_id),
            quotes=quotes,
            incidents=tuple(incidents[key] for key in sorted(incident_ids)),
            taken_back=taken_back,
            taken_back_by=members.get(taken_back.member_id) if taken_back else None,
        )
        for recoding, taken_back, quotes, incident_ids in rows
    ]


def touched_by_recodings(study_id: int) -> CompoundSelect[int, int, int, int | None]:
    """recoding_id, round_id and incident_id of every quote that was moved (evidence_id) and every final code that was
    written for it (no evidence_id)."""
    return union_all(
        select(
            RecodedQuote.recoding_id,
            RecodedQuote.round_id,
            RecodedQuote.incident_id,
            RecodedQuote.submitted_evidence_id.label("evidence_id"),
        ).where(RecodedQuote.study_id == study_id),
        select(RecodedFinalCode.recoding_id, FinalCode.round_id, FinalCode.incident_id, null())
        .join(
            FinalCode,
            and_(FinalCode.study_id == RecodedFinalCode.study_id, FinalCode.id == RecodedFinalCode.final_code_id),
        )
        .where(RecodedFinalCode.study_id == study_id, RecodedFinalCode.is_written),
    )
