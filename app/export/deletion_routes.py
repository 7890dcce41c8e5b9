"""The page on which a study is deleted: what goes, a copy first, then its short name typed out."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.export import deletion
from app.export.writing import download
from app.problems import Conflict, Invalid
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/deletion")


@router.get("")
def deletion_page(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    return _page(request, session, viewer)


@router.post("/copy")
def take_copy(session: Transaction, viewer: LeadingViewer) -> Response:
    return download(deletion.take_copy(session, viewer))


@router.post("")
def delete_study(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    try:
        with session.begin_nested():
            deletion.delete_study(session, viewer, typed=posted.text("typed"))
    except Invalid as problem:
        return _page(request, session, viewer, typed=posted.text("typed"), problem=problem.sentence, status=422)
    except Conflict as problem:
        return _page(request, session, viewer, typed=posted.text("typed"), problem=problem.sentence, status=409)
    return redirect_after(request, "/")


def _page(
    request: Request, session: Session, viewer: Viewer, *, typed: str = "", problem: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "export/deletion.html",
        status=status,
        here_nav="settings",
        goes=deletion.what_goes(session, viewer.study.id),
        typed=typed,
        problem=problem,
    )
