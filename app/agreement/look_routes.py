"""The agreement of a round that still runs, for a lead who looks: recorded first, and shown for a while only."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.agreement import queries
from app.agreement.lens import PLAIN
from app.agreement.page import measure_row
from app.agreement.shown import whisker_of
from app.db.session import ReadSession, Transaction
from app.rounds import looks
from app.rounds.policy import LOOK_LASTS
from app.studies.sent_forms import sent_before
from app.studies.viewer import LeadingViewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/looks")


@router.post("/permission")
def permit(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    looks.allow_looks(session, viewer, number, allowed=posted.text("allowed") == "yes")
    return redirect_after(request, f"/studies/{viewer.study.slug}/rounds/{number}#looks")


@router.post("")
def look(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    address = f"/studies/{viewer.study.slug}/rounds/{number}"
    if sent_before(session, viewer, request.url.path, posted):
        return redirect_after(request, f"{address}#looks")
    made = looks.look(session, viewer, number)
    return redirect_after(request, f"{address}/looks/{made.id}")


@router.get("/{look_id}")
def figures_of_a_look(
    request: Request, session: ReadSession, viewer: LeadingViewer, number: Key, look_id: Key
) -> Response:
    """Measures by dimension and nothing below them: no code, no coder, no incident."""
    from app.agreement.figured_rows import figured  # numpy: not before there is something to count

    coding_round, recorded = looks.own_look(session, viewer, number, look_id)
    planned = queries.planned(session, coding_round)
    found = figured(session, coding_round, PLAIN, planned, recorded)
    return page(
        request,
        "agreement/look.html",
        here_nav="agreement",
        round=coding_round,
        look=recorded,
        until=recorded.at + LOOK_LASTS,
        figures=found,
        rows=[replace(measure_row(row), whisker=whisker_of(row.headline, apart=True)) for row in found.rows],
        lines=looks.looks_at(session, coding_round),
    )
