"""Comparing an incident with the colleagues who coded it, while a calibration round that opens each still runs."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adjudication.comparison import comparison_page, open_comparison
from app.adjudication.forms import KIND_WORDS, STATE_WORDS
from app.coding.desk_page import assignment_url
from app.db.session import ReadSession, Transaction
from app.rounds.policy import is_open_to_others
from app.rounds.queries import own_assignment
from app.studies.viewer import CurrentViewer
from app.web.forms import Key
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/assignments/{assignment_id}/comparison")


@router.get("")
def comparison(request: Request, session: ReadSession, viewer: CurrentViewer, assignment_id: Key) -> Response:
    """One's own first submission, and of colleagues what an opening has recorded (promise 3)."""
    _, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    if is_open_to_others(coding_round):  # the coding was ended over it
        return redirect_after(request, f"/studies/{viewer.study.slug}/disagreements?round={coding_round.number}")
    return page(
        request,
        "adjudication/comparison.html",
        here_nav="coding",
        shown=comparison_page(session, viewer, assignment_id),
        desk=assignment_url(viewer, assignment_id),
        assignments=assignment_url(viewer, assignment_id).rpartition("/")[0],
        state_words=STATE_WORDS | {"": "Not coded"},
        kind_words=KIND_WORDS | {"unanimous": "Agree", "nobody": "Coded by nobody"},
    )


@router.post("/openings")
def open_answers(request: Request, session: Transaction, viewer: CurrentViewer, assignment_id: Key) -> Response:
    open_comparison(session, viewer, assignment_id)
    return redirect_after(request, f"{assignment_url(viewer, assignment_id)}/comparison")
