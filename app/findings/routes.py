"""The first page of a study, and its history."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.codebook.queries import versions, visible_codebook
from app.coding.round_lines import round_lines
from app.db.session import ReadSession
from app.findings import history as histories
from app.findings.awaiting import awaiting
from app.findings.overview import corpus, reliability_card
from app.studies.queries import people_who_code
from app.studies.viewer import CurrentViewer
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}")

LATEST = 8
A_PAGE = 100


@router.get("")
def without_slash(viewer: CurrentViewer) -> Response:
    return RedirectResponse(f"/studies/{viewer.study.slug}/", status_code=308)


@router.get("/")
def overview(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    study_id = viewer.study.id
    return page(
        request,
        "findings/overview.html",
        here_nav="overview",
        awaits=awaiting(session, viewer),
        rounds=round_lines(session, viewer),
        events=histories.lines(session, viewer, histories.history(session, viewer, limit=A_PAGE))[:LATEST],
        reliability=reliability_card(session, viewer),
        corpus=corpus(session, viewer),
        dimensions=visible_codebook(session, study_id, viewer.member.id).dimensions,
        version=next(iter(versions(session, study_id)), None),
        coders=people_who_code(session, study_id),
    )


@router.get("/history")
def history(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """before: the id of an event; older ones are shown."""
    events = histories.history(session, viewer, limit=A_PAGE + 1, before_id=before)
    shown = events[:A_PAGE]
    return page(
        request,
        "findings/history.html",
        here_nav="history",
        lines=histories.lines(session, viewer, shown),
        before=before,
        older=shown[-1].id if len(events) > A_PAGE else None,
    )
