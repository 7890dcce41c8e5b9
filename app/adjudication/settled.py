"""Final codes for the room below, which offers them for similar incidents and shows them to a model as examples.

The wiring passes these queries down.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.adjudication.models import BASES, FinalCode
from app.incidents.models import Incident
from app.rounds.models import Round, RoundIncident
from app.suggestions.final_source import FinalAnswer
from app.suggestions.similar import CodedIncident

# Where several people stand behind the answer, or an adjudicator does. What one coder said alone is still an open code,
# and what was recoded nobody agreed on.
AGREED_OR_RULED = (
    "unanimous",
    "unanimous_after_suggestion",
    "unanimous_after_comparing",
    "discussed",
    "third_person",
    "majority",
)


def final_codes_of_study(session: Session, study_id: int) -> list[CodedIncident]:
    """Current final codes, by incident, of rounds that are open to others; a reopened round gives none (promise 1).

    An empty set is "none applies"; what the text says too little about is left out, as it says nothing of others.
    """
    return _by_incident(session.execute(_final_codes(study_id).where(FinalCode.superseded_at.is_(None))), BASES)


def settled_for_examples(
    session: Session, study_id: int, *, as_of: datetime | None, incident_ids: Collection[int] | None
) -> list[CodedIncident]:
    """The same, of what is agreed or ruled only, and of incidents in no planned or running round: whoever codes there
    could otherwise read the answer in a prompt.

    as_of: what was final at that moment. incident_ids: only these.
    """
    current = FinalCode.superseded_at.is_(None)
    wanted = _final_codes(study_id).where(~_is_coded())
    if as_of is None:
        wanted = wanted.where(current)
    else:
        wanted = wanted.where(FinalCode.at <= as_of, or_(current, FinalCode.superseded_at > as_of))
    if incident_ids is not None:
        wanted = wanted.where(Incident.id.in_(incident_ids))
    return _by_incident(session.execute(wanted), AGREED_OR_RULED)


def _final_codes(study_id: int) -> Select[int, str | None, int, str, int | None]:
    return (
        select(Incident.id, Incident.text, FinalCode.dimension_id, FinalCode.basis, FinalCode.code_id)
        .join(FinalCode, (FinalCode.study_id == Incident.study_id) & (FinalCode.incident_id == Incident.id))
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            Incident.study_id == study_id,
            Incident.text.is_not(None),
            FinalCode.state != "not_enough_information",
            Round.phase.in_(("settling", "closed")),
        )
        .order_by(Incident.id)
    )


def _is_coded() -> Any:
    open_round = (
        select(RoundIncident.id)
        .join(Round, (Round.study_id == RoundIncident.study_id) & (Round.id == RoundIncident.round_id))
        .where(
            RoundIncident.study_id == Incident.study_id,
            RoundIncident.incident_id == Incident.id,
            Round.phase.in_(("planned", "running")),
        )
        .correlate(Incident)
    )
    return open_round.exists()


def _by_incident(rows: Iterable[Any], bases: Collection[str]) -> list[CodedIncident]:
    """A dimension where one code stands on another basis is left out whole: the others alone are not its answer."""
    texts: dict[int, str] = {}
    codes: dict[int, dict[int, set[int]]] = {}
    unusable: set[tuple[int, int]] = set()
    for incident_id, text, dimension_id, basis, code_id in rows:
        texts[incident_id] = text or ""
        held = codes.setdefault(incident_id, {}).setdefault(dimension_id, set())
        if code_id is not None:
            held.add(code_id)
        if basis not in bases:
            unusable.add((incident_id, dimension_id))
    for incident_id, dimension_id in unusable:
        del codes[incident_id][dimension_id]
    return [
        CodedIncident(incident_id, text, codes[incident_id])
        for incident_id, text in texts.items()
        if codes[incident_id]
    ]


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
