"""The page on which a lead closes a study, and opens it again."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.findings.closing import close_study, left_to_do
from app.problems import Conflict, Invalid
from app.studies.closing import reopen_study
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/closing")

Act = Callable[[Session, Viewer, str], None]


@router.get("")
def closing_page(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    return _page(request, session, viewer)


@router.post("")
def close(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    return _answer(request, session, viewer, close_study, posted.text("reason"))


@router.post("/reopening")
def reopen(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    return _answer(request, session, viewer, reopen_study, posted.text("reason"))


def _answer(request: Request, session: Session, viewer: Viewer, act: Act, reason: str) -> Response:
    try:
        with session.begin_nested():
            act(session, viewer, reason)
    except (Invalid, Conflict) as problem:
        status = 422 if isinstance(problem, Invalid) else 409
        return _page(request, session, viewer, reason=reason, problem=problem.sentence, status=status)
    return redirect_after(request, f"/studies/{viewer.study.slug}/closing")


def _page(
    request: Request, session: Session, viewer: Viewer, *, reason: str = "", problem: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "findings/closing.html",
        status=status,
        here_nav="settings",
        left=None if viewer.study.closed_at else left_to_do(session, viewer),
        reason=reason,
        problem=problem,
    )
