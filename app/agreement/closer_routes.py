"""The incidents behind a cell of the agreement page, and the opening of what was answered on them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.agreement.closer_incidents import cell_page
from app.agreement.closer_openings import open_cell
from app.agreement.closer_words import Cell, Place
from app.agreement.lens import Lens, lens_of
from app.agreement.page import asked_round, offered_rounds
from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/agreement")
FIELDS = ("round", "dimension", "row", "of", "a", "b", "code", "other", "level", "version")


class Wanted(NamedTuple):
    place: Place
    lens: Lens
    cell: Cell


@router.get("/incidents")
def incidents_behind(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    """Renders where coders are apart, as the queue of disagreements does, and else what an exposure covers."""
    asked = request.query_params
    wanted = _wanted(session, viewer, asked, tuple(asked.getlist("cohort")))
    number = whole_number(asked.get("page", "")) or 1
    shown = cell_page(session, viewer, *wanted, page_number=number)
    query = wanted.place.query(wanted.cell)
    fields = [(name, value) for name, value in asked.multi_items() if name in (*FIELDS, "cohort")]
    return page(request, "agreement/incidents.html", here_nav="agreement", shown=shown, query=query, fields=fields)


@router.post("/incidents/openings")
def open_incidents_behind(
    request: Request, session: Transaction, viewer: CurrentViewer, posted: PostedForm
) -> Response:
    asked = {name: posted.text(name) for name in FIELDS}
    wanted = _wanted(session, viewer, asked, tuple(posted.many("cohort")))
    open_cell(session, viewer, *wanted)
    query = wanted.place.query(wanted.cell)
    return redirect_after(request, f"/studies/{viewer.study.slug}/agreement/incidents?{query}")


def _wanted(session: Session, viewer: Viewer, asked: Mapping[str, str], cohorts: tuple[str, ...]) -> Wanted:
    number, dimension_id = (whole_number(asked.get(name) or "") for name in ("round", "dimension"))
    if number is None or dimension_id is None:
        raise NotFound
    coding_round = asked_round(offered_rounds(session, viewer)[0], number)
    if coding_round is None:
        raise NotFound
    level, version = asked.get("level") or "", asked.get("version") or ""
    lens = lens_of(session, coding_round, level=level, asked_version=version, cohorts=cohorts)
    place = Place(coding_round, dimension_id, asked.get("row") or coding_round.purpose)
    return Wanted(replace(place, lens_query=_lens_query(level, version, cohorts)), lens, Cell.asked(asked))


def _lens_query(level: str, version: str, cohorts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    named = (("level", level), ("version", version))
    return (*((name, value) for name, value in named if value), *(("cohort", cohort) for cohort in cohorts))
