"""Suggestions on the desk, of which nothing is sent before the POST that opens them."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app.coding.desk_page import SAVED, saved_answer
from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.studies.viewer import CurrentViewer, Viewer
from app.suggestions.deciding import decide
from app.suggestions.desk_offers import desk_offers
from app.suggestions.forms import DecisionForm
from app.suggestions.opening import open_suggestions
from app.web.forms import Key, PostedForm
from app.web.pages import VARIES, is_htmx, page, redirect_after, render

router = APIRouter(prefix="/studies/{slug}")
ON_DESK = "/assignments/{assignment_id}/suggestions"


@router.get(ON_DESK)
def show_suggestions(
    request: Request, session: ReadSession, viewer: CurrentViewer, assignment_id: Key, dimension: int | None = None
) -> Response:
    """For htmx the slot of one dimension, else a page with all of them."""
    if is_htmx(request):
        return _slot(request, session, viewer, assignment_id, dimension)
    shown = desk_offers(session, viewer, assignment_id, dimension)
    return page(request, "suggestions/offers.html", here_nav="coding", shown=shown)


@router.post(ON_DESK + "/openings")
def open_offers(
    request: Request, session: Transaction, viewer: CurrentViewer, assignment_id: Key, posted: PostedForm
) -> Response:
    dimension_id = posted.number("dimension_id")
    open_suggestions(session, viewer, assignment_id, dimension_id)
    if is_htmx(request):
        return _slot(request, session, viewer, assignment_id, dimension_id)
    place = f"?dimension={dimension_id}" if dimension_id else ""
    return redirect_after(request, _desk_url(viewer, assignment_id) + f"/suggestions{place}")


@router.post(ON_DESK + "/{suggestion_id}/decisions")
def decide_offer(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    assignment_id: Key,
    suggestion_id: Key,
    posted: PostedForm,
) -> Response:
    """Scripts get the desk's answers and the suggestion as they are now; a plain form goes back to the desk."""
    form = DecisionForm.read(posted)
    form.check_member(viewer.member.id)
    decided = decide(session, viewer, assignment_id, suggestion_id, form.choice, form.acting)
    session.expire_all()
    act_id = form.acting.act_id
    answer = saved_answer(request, session, viewer, assignment_id, act_id, dimension_id=decided.dimension_id)
    if not is_htmx(request):
        return answer
    offer = _slot(request, session, viewer, assignment_id, decided.dimension_id)
    headers = {SAVED: str(act_id), "Vary": offer.headers["Vary"]}
    return HTMLResponse(bytes(answer.body) + bytes(offer.body), headers=headers)


def _slot(
    request: Request, session: Session, viewer: Viewer, assignment_id: int, dimension_id: int | None
) -> HTMLResponse:
    shown = desk_offers(session, viewer, assignment_id, dimension_id)
    if not shown.offers:
        raise NotFound
    words = [render(request, "suggestions/_desk_suggestions.html", shown=shown, offer=offer) for offer in shown.offers]
    return HTMLResponse("\n".join(words), headers={"Vary": VARIES})


def _desk_url(viewer: Viewer, assignment_id: int) -> str:
    return f"/studies/{viewer.study.slug}/assignments/{assignment_id}"
