"""Recodings of a code, as somebody may be told of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry
from app.coding.models import Exposure
from app.curation.quotes import lineage, still_coded
from app.curation.recoding_models import RecodedQuote, Recoding, RecodingTakenBack
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class ToldRecoding:
    """A recoding from or to this code. quotes: how many it moved, as far as the viewer was told."""

    recoding: Recoding
    by: Membership
    source: CodeEntry | None
    target: CodeEntry | None
    quotes: int
    taken_back: RecodingTakenBack | None
    taken_back_by: Membership | None


def told_recodings(
    session: Session, viewer: Viewer, codebook: Codebook, code: CodeEntry, members: Mapping[int, Membership]
) -> list[ToldRecoding]:
    """Newest first, those taken back among them: of which the viewer was told, in rounds that are open to others.

    Quotes of incidents that the viewer was not told of, or codes just now, are not counted: that would tell of them.
    """
    codes, study_id = lineage(codebook, code.id), viewer.study.id
    told = exists().where(
        Exposure.study_id == study_id,
        Exposure.member_id == viewer.member.id,
        Exposure.kind == "recoding",
        Exposure.subject_id == RecodedQuote.recoding_id,
        Exposure.incident_id == RecodedQuote.incident_id,
    )
    is_counted = and_(told, RecodedQuote.incident_id.not_in(still_coded(viewer)))
    moved = (
        select(
            RecodedQuote.recoding_id,
            func.count().filter(is_counted).label("quotes"),
            func.bool_and(Round.phase.in_(("settling", "closed"))).label("is_open"),
        )
        .join(Round, and_(Round.study_id == RecodedQuote.study_id, Round.id == RecodedQuote.round_id))
        .where(RecodedQuote.study_id == study_id)
        .group_by(RecodedQuote.recoding_id)
        .subquery()
    )
    rows = session.execute(
        select(Recoding, RecodingTakenBack, moved.c.quotes)
        .join(moved, and_(moved.c.recoding_id == Recoding.id, moved.c.is_open, moved.c.quotes > 0))
        .outerjoin(
            RecodingTakenBack,
            and_(RecodingTakenBack.study_id == study_id, RecodingTakenBack.recoding_id == Recoding.id),
        )
        .where(
            Recoding.study_id == study_id,
            or_(Recoding.from_code_id.in_(codes), Recoding.to_code_id.in_(codes)),
        )
        .order_by(Recoding.id.desc())
    )
    return [
        ToldRecoding(
            recoding=recoding,
            by=members[recoding.member_id],
            source=codebook.codes.get(recoding.from_code_id),
            target=codebook.codes.get(recoding.to_code_id),
            quotes=quotes,
            taken_back=taken_back,
            taken_back_by=members.get(taken_back.member_id) if taken_back else None,
        )
        for recoding, taken_back, quotes in rows
    ]
