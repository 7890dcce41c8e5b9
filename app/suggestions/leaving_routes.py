"""What leaves for a model: the study's rules, and any incident as it would be sent."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.models import Study
from app.studies.settings_actions import RulesChanged, set_model_rules
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions.forms import RulesForm
from app.suggestions.leaving_page import leaving_page
from app.web.forms import PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/settings/leaving")


@router.get("")
def what_leaves(request: Request, session: ReadSession, viewer: LeadingViewer, incident: str = "") -> Response:
    """incident: the number of the one to show."""
    form = RulesForm.of(session.get_one(Study, viewer.study.id))
    return _page(request, session, viewer, form, number=whole_number(incident))


@router.post("")
def set_rules(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = RulesForm.read(posted)
    try:
        with session.begin_nested():
            set_model_rules(session, viewer, form.rules(posted), seen=form.seen)
    except Invalid as problem:
        form.refuse(problem)
        return _page(request, session, viewer, form, status=422)
    except RulesChanged as problem:
        session.expire_all()
        form = RulesForm.of(session.get_one(Study, viewer.study.id))
        return _page(request, session, viewer, form, status=409, problem=problem.sentence)
    return redirect_after(request, f"/studies/{viewer.study.slug}/settings/leaving")


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    form: RulesForm,
    *,
    status: int = 200,
    number: int | None = None,
    problem: str = "",
) -> Response:
    return page(
        request,
        "suggestions/leaving.html",
        status=status,
        here_nav="settings",
        form=form,
        shown=leaving_page(session, viewer.study.id, number),
        problem=problem,
    )
