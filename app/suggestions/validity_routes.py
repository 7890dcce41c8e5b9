"""Whether the model of a run is a fit rater: the page, and its figures as files. Aggregates need no exposure, but the
round must be open to others."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession
from app.rounds.policy import check_open_to_others
from app.rounds.queries import round_by_number
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions.assistance_page import assistance_of
from app.suggestions.validity_file import validity_csv, validity_json
from app.suggestions.validity_page import ValidityAsked, ValidityPage, validity_page
from app.suggestions.validity_words import ANNOTATORS
from app.web.forms import Key
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/suggestions/{run_id}/validity")


def asked(annotators: str = "", level: str = "") -> ValidityAsked:
    return ValidityAsked.read(annotators, level)


CurrentAsked = Annotated[ValidityAsked, Depends(asked)]


@router.get("")
def validity(
    request: Request, session: ReadSession, viewer: LeadingViewer, number: Key, run_id: Key, asked: CurrentAsked
) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    shown = validity_page(session, viewer, coding_round, run_id, asked)
    return page(
        request,
        "suggestions/validity.html",
        here_nav="suggestions",
        shown=shown,
        assistance=assistance_of(session, viewer, coding_round, shown.run),
        annotators=list(ANNOTATORS.items()),
        url=f"/studies/{viewer.study.slug}/rounds/{number}/suggestions",
    )


@router.get("/table.csv")
def validity_table(
    session: ReadSession, viewer: LeadingViewer, number: Key, run_id: Key, asked: CurrentAsked
) -> Response:
    found = _open_page(session, viewer, number, run_id, asked)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(viewer, number, run_id)}.csv"'}
    return Response(validity_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/figures.json")
def validity_figures(
    session: ReadSession, viewer: LeadingViewer, number: Key, run_id: Key, asked: CurrentAsked
) -> Response:
    found = _open_page(session, viewer, number, run_id, asked)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(viewer, number, run_id)}.json"'}
    return Response(validity_json(found), media_type="application/json", headers=headers)


def _open_page(session: Session, viewer: Viewer, number: int, run_id: int, asked: ValidityAsked) -> ValidityPage:
    coding_round = round_by_number(session, viewer.study.id, number)
    check_open_to_others(coding_round)
    return validity_page(session, viewer, coding_round, run_id, asked)


def _file_name(viewer: Viewer, number: int, run_id: int) -> str:
    return f"{viewer.study.slug}-round-{number}-run-{run_id}-validity"
