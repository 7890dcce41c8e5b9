"""The settings of a study, for its leads."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies import settings_actions as actions
from app.studies.forms import StudyForm
from app.studies.models import Study
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/settings")


@router.get("")
def settings_page(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    return _page(request, StudyForm.of(_now(session, viewer)))


@router.post("")
def reword_study(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = StudyForm.read(posted)
    try:
        with session.begin_nested():
            actions.reword_study(session, viewer, form.words, seen=form.seen)
    except Invalid as problem:
        form.refuse(problem)
        return _page(request, form, status=422)
    except actions.StudyChanged as problem:
        theirs = StudyForm.of(_now(session, viewer))
        form.seen = theirs.seen  # saving once more is to have seen it
        return _page(request, form, status=409, theirs=theirs, problem=problem.sentence)
    return redirect_after(request, f"/studies/{viewer.study.slug}/settings")


def _now(session: Session, viewer: Viewer) -> Study:
    session.expire_all()
    return session.get_one(Study, viewer.study.id)


def _page(
    request: Request, form: StudyForm, *, status: int = 200, theirs: StudyForm | None = None, problem: str = ""
) -> Response:
    return page(
        request, "studies/settings.html", status=status, here_nav="settings", form=form, theirs=theirs, problem=problem
    )
