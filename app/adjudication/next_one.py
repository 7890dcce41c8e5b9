"""Where one goes on to after a ruling or an audit: the next one of the list that one walks through."""

from fastapi import Request
from sqlalchemy.orm import Session

from app.adjudication.narrowed_for import narrowed_for
from app.adjudication.narrowing import Narrowing
from app.adjudication.queue_list import queue
from app.rounds.models import Round
from app.studies.viewer import Viewer


def next_address(
    request: Request,
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    incident_id: int,
    dimension_id: int,
    *,
    after: str = "1",
) -> str:
    """The queue where there is none left. after: what was done, for the notice there."""
    narrowing = Narrowing.read(request.query_params)
    found = queue(session, coding_round)
    following = narrowed_for(session, viewer, coding_round, found, narrowing).next_waiting((incident_id, dimension_id))
    base = f"/studies/{viewer.study.slug}/disagreements"
    if following is None:
        kept = narrowing.listing if narrowing.query else "standing=ruled"
        return f"{base}?round={coding_round.number}&{kept}&done={after}"
    place = f"{base}/{coding_round.number}/{following.incident.id}/{following.dimension.id}"
    return place + queried(narrowing.query, f"next={after}")


def walk_of(request: Request) -> str:
    """As it stands behind an address."""
    return queried(Narrowing.read(request.query_params).query)


def queried(*parts: str) -> str:
    said = "&".join(part for part in parts if part)
    return f"?{said}" if said else ""
