"""Suggestions on the desk, of which nothing is sent before the POST that opens them."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app.coding.desk_page import SAVED, saved_answer
from app.coding.near_codes import NearlyTheSame
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.viewer import CurrentViewer, Viewer
from app.suggestions.deciding import decide
from app.suggestions.deciding_together import accept_together
from app.suggestions.desk_offers import DecisionRefusal, desk_offers
from app.suggestions.forms import DecisionForm, acting_of, check_member
from app.suggestions.naming import check_named_apart
from app.suggestions.opening import open_suggestions
from app.suggestions.policy import NotOpened
from app.web.forms import Key, PostedForm
from app.web.pages import VARIES, is_htmx, page, redirect_after, render

router = APIRouter(prefix="/studies/{slug}")
ON_DESK = "/assignments/{assignment_id}/suggestions"


@router.get(ON_DESK)
def show_suggestions(
    request: Request, session: ReadSession, viewer: CurrentViewer, assignment_id: Key, dimension: int | None = None
) -> Response:
    """For htmx the slot of one dimension, else a page with all of them."""
    if is_htmx(request):
        return _slots(request, session, viewer, assignment_id, dimension)
    shown = desk_offers(session, viewer, assignment_id, dimension)
    return page(request, "suggestions/offers.html", here_nav="coding", shown=shown)


@router.post(ON_DESK + "/openings")
def open_offers(
    request: Request, session: Transaction, viewer: CurrentViewer, assignment_id: Key, posted: PostedForm
) -> Response:
    dimension_id = posted.number("dimension_id")
    open_suggestions(session, viewer, assignment_id, dimension_id)
    if is_htmx(request):
        return _slots(request, session, viewer, assignment_id, dimension_id)
    place = f"?dimension={dimension_id}" if dimension_id else ""
    return redirect_after(request, _desk_url(viewer, assignment_id) + f"/suggestions{place}")


@router.post(ON_DESK + "/acceptances")
def accept_several(
    request: Request, session: Transaction, viewer: CurrentViewer, assignment_id: Key, posted: PostedForm
) -> Response:
    """Scripts get the desk's answers and every suggestion as they are now; a plain form goes back to the desk."""
    acting = acting_of(posted)
    check_member(posted.number("member"), viewer.member.id)
    accept_together(session, viewer, assignment_id, set(posted.numbers("suggestion_id")), acting)
    return _saved(request, session, viewer, assignment_id, acting.act_id, None)


@router.post(ON_DESK + "/{suggestion_id}/decisions")
def decide_offer(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    assignment_id: Key,
    suggestion_id: Key,
    posted: PostedForm,
) -> Response:
    """Scripts get the desk's answers and the suggestion as they are now; a plain form goes back to the desk."""
    form = DecisionForm.read(posted)
    check_member(form.member_id, viewer.member.id)
    try:
        if not is_htmx(request) and not form.anyway:
            check_named_apart(session, viewer, assignment_id, suggestion_id, form.choice)
        decided = decide(session, viewer, assignment_id, suggestion_id, form.choice, form.acting)
    except Invalid as problem:
        if is_htmx(request):
            raise
        session.rollback()
        return _refused(request, session, viewer, assignment_id, suggestion_id, form, problem)
    return _saved(request, session, viewer, assignment_id, form.acting.act_id, decided.dimension_id)


def _saved(
    request: Request, session: Session, viewer: Viewer, assignment_id: int, act_id: object, dimension_id: int | None
) -> Response:
    session.expire_all()
    answer = saved_answer(request, session, viewer, assignment_id, act_id, dimension_id=dimension_id)
    if not is_htmx(request):
        return answer
    offer = _slots(request, session, viewer, assignment_id, dimension_id)
    headers = {SAVED: str(act_id), "Vary": offer.headers["Vary"]}
    return HTMLResponse(bytes(answer.body) + bytes(offer.body), headers=headers)


def _slots(
    request: Request, session: Session, viewer: Viewer, assignment_id: int, dimension_id: int | None
) -> HTMLResponse:
    shown = desk_offers(session, viewer, assignment_id, dimension_id)
    if not shown.offers:
        raise NotFound
    words = [render(request, "suggestions/_desk_suggestions.html", shown=shown, offer=offer) for offer in shown.offers]
    words.append(render(request, "suggestions/_together.html", shown=shown, comes_along=True))
    return HTMLResponse("\n".join(words), headers={"Vary": VARIES})


def _refused(
    request: Request,
    session: Session,
    viewer: Viewer,
    assignment_id: int,
    suggestion_id: int,
    form: DecisionForm,
    problem: Invalid,
) -> Response:
    """The page of suggestions again, with the sentence at the form that was sent and what was typed in it."""
    choice = form.choice
    refusal = DecisionRefusal(
        suggestion_id,
        choice.decision,
        problem.sentence,
        name=choice.name,
        reason=choice.reason,
        code_id=choice.code_id,
        near=problem.codes if isinstance(problem, NearlyTheSame) else (),
    )
    shown = desk_offers(session, viewer, assignment_id, None, refusal=refusal)
    if not any(shown.refusal_of(one, choice.decision) for offer in shown.offers for one in offer.suggestions):
        raise NotOpened
    return page(request, "suggestions/offers.html", status=422, here_nav="coding", shown=shown)


def _desk_url(viewer: Viewer, assignment_id: int) -> str:
    return f"/studies/{viewer.study.slug}/assignments/{assignment_id}"
