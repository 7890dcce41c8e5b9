"""After closing: a coder walks their own answers beside the final ones. Opening is a POST; GET shows what it covers."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.adjudication import walk
from app.adjudication.forms import BASIS_WORDS, CAUSE_WORDS, METHOD_WORDS, STATE_WORDS
from app.adjudication.walk import MARKS, Outcome
from app.adjudication.walk_page import walk_page
from app.codebook.queries import visible_codebook
from app.db.session import ReadSession, Transaction
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import page, redirect_after
from app.web.paging import page_at

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/my-outcomes")
ON_A_PAGE = 100
SHOWN = {
    "": "All",
    "overruled": "Overruled only",
    "added": "Added to",
    "unsettled": "No ruling",
    "later": "Changed later",
}
MARK_WORDS = {
    "kept": ("Kept", "agreed", "check"),
    "overruled": ("Overruled", "disagree", "gavel"),
    "added": ("Added to", "partial", "plus"),
    "unsettled": ("No ruling", "open", "circle-dashed"),
}
Asked = Annotated[str, Query(max_length=30)]


@router.get("")
def my_outcomes(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    number: Key,
    dimension: Asked = "",
    show: Asked = "",
    at: Asked = "1",
) -> Response:
    coding_round = walk.walked_round(session, viewer, number)
    everything = walk.outcomes(session, viewer, coding_round)
    of_dimension = _narrowed(everything, dimension, "")
    found = _narrowed(of_dimension, "", show)
    here, pages = page_at(whole_number(at) or 1, len(found), ON_A_PAGE)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    closed = [each for each in everything if not each.is_open]
    return page(
        request,
        "adjudication/walk.html",
        here_nav="rounds",
        round=coding_round,
        shown=found[(here - 1) * ON_A_PAGE : here * ON_A_PAGE],
        tallies=walk.tallies(everything),
        closed=len([each for each in closed if not each.is_still_coded]),
        closed_while_coding=len({each.incident.id for each in closed if each.is_still_coded}),
        filters=[
            (name, words, len(_narrowed(of_dimension, "", name)), name == (show if show in SHOWN else ""))
            for name, words in SHOWN.items()
        ],
        dimension=dimension if whole_number(dimension) else "",
        query=_query(dimension, show),
        names={code.id: code.name for code in codebook.codes.values()},
        at=here,
        pages=pages,
        **_words(viewer, number),
    )


@router.post("/openings")
def open_outcomes(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm
) -> Response:
    walk.open_outcomes(session, viewer, number, incident_id=posted.number("incident"))
    return redirect_after(request, _home(viewer, number))


@router.get("/{incident_id}/{dimension_id}")
def one_outcome(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    number: Key,
    incident_id: Key,
    dimension_id: Key,
    dimension: Asked = "",
    show: Asked = "",
) -> Response:
    coding_round = walk.walked_round(session, viewer, number)
    everything = walk.outcomes(session, viewer, coding_round)
    outcome = walk.outcome_of(everything, incident_id, dimension_id)
    shown = walk_page(session, viewer, coding_round, _narrowed(everything, dimension, show), outcome)
    return page(
        request,
        "adjudication/walk_one.html",
        here_nav="rounds",
        shown=shown,
        query=_query(dimension, show),
        **_words(viewer, number),
    )


@router.post("/{incident_id}/{dimension_id}/openings")
def open_evidence(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    incident_id: Key,
    dimension_id: Key,
    posted: PostedForm,
) -> Response:
    walk.open_evidence(session, viewer, number, incident_id, dimension_id)
    query = _query(posted.text("dimension"), posted.text("show"))
    return redirect_after(request, f"{_home(viewer, number)}/{incident_id}/{dimension_id}{query}")


def _narrowed(found: list[Outcome], dimension: str, show: str) -> list[Outcome]:
    wanted = whole_number(dimension)
    return [each for each in found if wanted in (None, each.dimension.id) and each.is_shown(show)]


def _query(dimension: str, show: str) -> str:
    asked = {"dimension": str(whole_number(dimension) or ""), "show": show if show in SHOWN else ""}
    kept = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def _words(viewer: Viewer, number: int) -> dict[str, Any]:
    return {
        "home": _home(viewer, number),
        "marks": MARKS,
        "mark_words": MARK_WORDS,
        "state_words": STATE_WORDS,
        "cause_words": dict(CAUSE_WORDS),
        "method_words": METHOD_WORDS,
        "basis_words": BASIS_WORDS,
    }


def _home(viewer: Viewer, number: int) -> str:
    return f"/studies/{viewer.study.slug}/rounds/{number}/my-outcomes"
