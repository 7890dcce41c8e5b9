"""The incidents behind a cell of the agreement page, and the opening of what was answered on them.

In this room, as coders stand unnamed here while a round is settled blind.
"""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication.blind import unnamed
from app.agreement.asked import Asked
from app.agreement.closer_incidents import asked_row, cell_page
from app.agreement.closer_openings import open_cell
from app.agreement.closer_words import ALL_FIRST, Cell, Place
from app.agreement.page import asked_round, offered_rounds
from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/agreement")
ASKED = ("round", "dimension", "level", "version", "cohort", "arm", "interval")
CELL = ("row", "of", "a", "b", "code", "other")


@router.get("/incidents")
def incidents_behind(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    """Renders where coders are apart, as the queue of disagreements does, and else what an exposure covers."""
    query = request.query_params
    place, cell = _wanted(session, viewer, query)
    number = whole_number(query.get("page", "")) or 1
    letters = unnamed(session, viewer, place.coding_round)
    shown = cell_page(session, viewer, place, cell, letters, page_number=number)
    return page(request, "agreement/incidents.html", here_nav="agreement", shown=shown)


@router.post("/incidents/openings")
def open_incidents_behind(
    request: Request, session: Transaction, viewer: CurrentViewer, posted: PostedForm
) -> Response:
    place, cell = _wanted(session, viewer, {name: posted.text(name) for name in (*ASKED, *CELL)})
    open_cell(session, viewer, place, cell, unnamed(session, viewer, place.coding_round))
    return redirect_after(request, f"/studies/{viewer.study.slug}/agreement/incidents?{place.query(cell)}")


def _wanted(session: Session, viewer: Viewer, query: Mapping[str, str]) -> tuple[Place, Cell]:
    round_, dimension, level, version, cohort, arm, interval = (query.get(name) or "" for name in ASKED)
    asked = Asked.read(round_, dimension, level, version, cohort, arm, interval, (), "")
    coding_round = asked_round(session, offered_rounds(session, viewer)[0], asked.round)
    if coding_round is None:
        raise NotFound
    asked.check_cohort(session, viewer.study.id)
    row = asked_row(session, coding_round, asked, query.get("row") or "")
    place = Place.of(coding_round, asked, row)
    return place.beside if query.get("row") == ALL_FIRST else place, Cell.asked(query)
