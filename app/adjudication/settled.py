"""Final codes for the room below that offers them for similar incidents; the wiring passes this query down."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode
from app.incidents.models import Incident
from app.rounds.models import Round, RoundIncident
from app.suggestions.final_source import FinalAnswer
from app.suggestions.similar import CodedIncident


def final_codes_of_study(session: Session, study_id: int) -> list[CodedIncident]:
    """Current final codes, by incident, of rounds that are open to others; a reopened round gives none (promise 1).

    An empty set is "none applies"; what the text says too little about is left out, as it says nothing of others.
    """
    rows = session.execute(
        select(Incident.id, Incident.text, FinalCode.dimension_id, FinalCode.state, FinalCode.code_id)
        .join(FinalCode, (FinalCode.study_id == Incident.study_id) & (FinalCode.incident_id == Incident.id))
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            Incident.study_id == study_id,
            Incident.text.is_not(None),
            FinalCode.superseded_at.is_(None),
            FinalCode.state != "not_enough_information",
            Round.phase.in_(("settling", "closed")),
        )
        .order_by(Incident.id)
    )
    texts: dict[int, str] = {}
    codes: dict[int, dict[int, set[int]]] = {}
    for incident_id, text, dimension_id, _, code_id in rows:
        texts[incident_id] = text or ""
        held = codes.setdefault(incident_id, {}).setdefault(dimension_id, set())
        if code_id is not None:
            held.add(code_id)
    return [CodedIncident(incident_id, text, codes[incident_id]) for incident_id, text in texts.items()]


def final_answers_of_round(session: Session, coding_round: Round) -> list[FinalAnswer]:
    """Current final answers to the incidents of a round, whichever round settled them; of rounds that are open to
    others. What the text says too little about judges nobody, and is left out."""
    rows = session.execute(
        select(
            FinalCode.incident_id,
            FinalCode.dimension_id,
            FinalCode.state,
            FinalCode.basis,
            FinalCode.round_id,
            func.array_remove(func.array_agg(FinalCode.code_id), None),
        )
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            FinalCode.study_id == coding_round.study_id,
            FinalCode.incident_id.in_(
                select(RoundIncident.incident_id).where(
                    RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id
                )
            ),
            FinalCode.superseded_at.is_(None),
            FinalCode.state != "not_enough_information",
            Round.phase.in_(("settling", "closed")),
        )
        .group_by(FinalCode.incident_id, FinalCode.dimension_id, FinalCode.state, FinalCode.basis, FinalCode.round_id)
    )
    return [
        FinalAnswer(incident_id, dimension_id, state, frozenset(codes), basis, round_id)
        for incident_id, dimension_id, state, basis, round_id, codes in rows
    ]
