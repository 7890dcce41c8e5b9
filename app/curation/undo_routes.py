"""Undoing an act on the codebook: what it would bring back, and doing it."""

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.curation.undo_forms import UndoForm
from app.curation.undoing import Preview, preview, undo_act
from app.db.session import ReadSession, Transaction
from app.problems import Conflict
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/undoings")


@router.get("/new")
def undo_page(
    request: Request, session: ReadSession, viewer: LeadingViewer, act: int = Query(ge=1, lt=2**63)
) -> Response:
    """Also where it cannot be undone: then it says what rests on it."""
    return _answer(request, session, viewer, UndoForm(act=act))


@router.post("")
def undo(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = UndoForm.read(posted)
    if form.problems:
        return _answer(request, session, viewer, form, status=422)
    try:
        with session.begin_nested():
            back = undo_act(session, viewer, form.act, reason=form.reason)
    except Conflict as problem:
        return _page(request, form, None, refusal=problem.sentence, status=409)
    if not back.codes:
        return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/dimensions")
    alive = [code.id for code in back.codes if code.status != "undone"]
    return redirect_after(request, f"/studies/{viewer.study.slug}/codebook" + (f"/codes/{alive[0]}" if alive else ""))


def _answer(request: Request, session: Session, viewer: Viewer, form: UndoForm, *, status: int = 200) -> Response:
    try:
        shown = preview(session, viewer, form.act)
    except Conflict as problem:
        return _page(request, form, None, refusal=problem.sentence, status=status)
    return _page(request, form, shown, status=status)


def _page(request: Request, form: UndoForm, shown: Preview | None, *, refusal: str = "", status: int = 200) -> Response:
    return page(
        request, "curation/undo.html", status=status, here_nav="codebook", form=form, preview=shown, refusal=refusal
    )
