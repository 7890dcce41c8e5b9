"""The ledger of a study: every call of a model. For leads, who may ask for suggestions and pay for them."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions import actions
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.ledger_page import ledger_page, one_call, totals_page
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/suggestions/ledger")


@router.get("")
def show_ledger(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    after = whole_number(request.query_params.get("after", ""))
    shown = ledger_page(session, viewer, LedgerFilter.read(request.query_params), after=after)
    if is_htmx(request):
        return fragment(request, "suggestions/_ledger_calls.html", shown=shown)
    return page(request, "suggestions/ledger.html", here_nav="suggestions", shown=shown)


@router.get("/totals")
def show_totals(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    shown = totals_page(session, viewer, LedgerFilter.read(request.query_params))
    return page(request, "suggestions/ledger_totals.html", here_nav="suggestions", shown=shown)


@router.get("/{call_id}")
def show_call(request: Request, session: ReadSession, viewer: LeadingViewer, call_id: Key) -> Response:
    shown = one_call(session, viewer, call_id)
    return page(request, "suggestions/ledger_call.html", here_nav="suggestions", shown=shown)


@router.post("/{call_id}/openings")
def open_call(
    request: Request, session: Transaction, viewer: LeadingViewer, call_id: Key, posted: PostedForm
) -> Response:
    place = one_call(session, viewer, call_id).line.place
    if place is None:
        raise NotFound
    actions.open_reply(session, viewer, place.coding_round, call_id)
    return redirect_after(request, f"{_url(viewer)}/{call_id}#said")


def _url(viewer: Viewer) -> str:
    return f"/studies/{viewer.study.slug}/suggestions/ledger"
