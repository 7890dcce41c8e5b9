"""A round of the sample study whose coders coined codes of their own, for the pictures of pooling."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.tree import DimensionEntry
from app.curation import actions
from app.curation.outcomes import GroupWords
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests.makers import act, assignment_of, make_round, move_round

COINED = (
    ("Capacity planned too low", "Warm-up forgotten", "Alert was muted"),
    ("Too little capacity", "Cold start", "Quota of the provider reached"),
)

FLAGGED = {"Warm-up forgotten": "Two outages in one report? The second begins in its last paragraph.", "Cold start": ""}


def make_pooled_round(session: Session, lead: Viewer, coders: tuple[Viewer, Viewer], cause: DimensionEntry) -> Round:
    """Settling: of six proposed codes two lie in a draft, one is kept, and three wait."""
    asked = select(Incident).where(Incident.study_id == lead.study.id).order_by(Incident.id).limit(3)
    incidents = list(session.scalars(asked))
    coding_round = make_round(
        session, lead, list(coders), incidents, name="Open coding of causes", purpose="reliability", frozen=False
    )
    coined = {
        name: _coins(session, coder, coding_round, incident, cause, name)
        for coder, names in zip(coders, COINED, strict=True)
        for incident, name in zip(incidents, names, strict=True)
    }
    move_round(session, lead, coding_round, "settling")
    _pool(session, lead, (coding_round.number, cause.id), coined)
    return coding_round


def _coins(
    session: Session, coder: Viewer, coding_round: Round, incident: Incident, cause: DimensionEntry, name: str
) -> int:
    assignment = assignment_of(session, coder, coding_round, incident)
    made = act(session, coder, assignment, "create_code", dimension_id=cause.id, name=name)
    text = incident.text or ""
    end = text.index(".", 30)
    quote = {"start": 0, "end": end, "quote": text[:end]}
    act(session, coder, assignment, "add_evidence", dimension_id=cause.id, code_id=made.code_id, **quote)
    if name in FLAGGED:
        act(session, coder, assignment, "flag", note=FLAGGED[name])
    act(session, coder, assignment, "submit", incomplete=True)
    assert made.code_id is not None
    return made.code_id


def _pool(session: Session, lead: Viewer, place: tuple[int, int], coined: Mapping[str, int]) -> None:
    actions.take_pen(session, lead, *place)
    alert = coined["Alert was muted"]
    kept = actions.group_codes(session, lead, *place, [alert])
    words = GroupWords("kept", "Alert was muted", "", "It stands for itself.", [alert], 10**9)
    actions.settle(session, lead, *place, kept.id, words)
    actions.group_codes(session, lead, *place, [coined["Capacity planned too low"], coined["Too little capacity"]])
