"""Two runs of a round beside each other."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.rounds.queries import round_by_number
from app.studies.viewer import LeadingViewer
from app.suggestions.comparison_page import comparison_page, open_both
from app.suggestions.runs_view import runs_url
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/suggestions/comparison")


@router.get("")
def compare(
    request: Request,
    session: ReadSession,
    viewer: LeadingViewer,
    number: Key,
    one: str = "",
    other: str = "",
    dimension: str = "",
    at: str = "",
    opened: str = "",
) -> Response:
    """one, other: ids of runs. dimension: whose incidents are listed. opened: an incident that was just opened."""
    shown = comparison_page(
        session,
        viewer,
        round_by_number(session, viewer.study.id, number),
        (whole_number(one) or 0, whole_number(other) or 0),
        dimension=whole_number(dimension) or 0,
        at=whole_number(at) or 1,
        opened=whole_number(opened) or 0,
    )
    return page(
        request, "suggestions/comparison.html", here_nav="suggestions", shown=shown, runs_url=runs_url(viewer, number)
    )


@router.post("/openings")
def open_incident(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    one, other, incident_id = (posted.number(name) for name in ("one", "other", "incident_id"))
    if one is None or other is None:
        raise NotFound
    open_both(session, viewer, round_by_number(session, viewer.study.id, number), (one, other), incident_id)
    place = f"one={one}&other={other}&dimension={posted.number('dimension') or 0}&opened={incident_id}"
    return redirect_after(request, f"{runs_url(viewer, number)}/comparison?{place}#opened")
