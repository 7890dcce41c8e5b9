"""Suggestions on the desk, of which nothing is sent before the POST that opens them; and the lead's page of runs."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app.coding.desk_page import SAVED, saved_answer
from app.db.session import ReadSession, Transaction
from app.llm.configured import model_name
from app.problems import Invalid, NotFound
from app.rounds.queries import round_by_number
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.suggestions import actions, steering
from app.suggestions.deciding import decide
from app.suggestions.desk_offers import desk_offers
from app.suggestions.forms import DecisionForm
from app.suggestions.keeping import topic_of
from app.suggestions.opening import open_suggestions
from app.suggestions.runs import runs_page
from app.suggestions.runs_view import asking_view, runs_url, watching
from app.web.forms import Key, PostedForm
from app.web.pages import VARIES, fragment, is_htmx, page, redirect_after, render
from app.web.push import event_stream

router = APIRouter(prefix="/studies/{slug}")
ON_DESK = "/assignments/{assignment_id}/suggestions"
OF_ROUND = "/rounds/{number}/suggestions"


@router.get(ON_DESK)
def show_suggestions(
    request: Request, session: ReadSession, viewer: CurrentViewer, assignment_id: Key, dimension: int | None = None
) -> Response:
    """For htmx the slot of one dimension, else a page with all of them."""
    if is_htmx(request):
        return _slot(request, session, viewer, assignment_id, dimension)
    shown = desk_offers(session, viewer, assignment_id, dimension)
    return page(request, "suggestions/offers.html", here_nav="coding", shown=shown)


@router.post(ON_DESK + "/openings")
def open_offers(
    request: Request, session: Transaction, viewer: CurrentViewer, assignment_id: Key, posted: PostedForm
) -> Response:
    dimension_id = posted.number("dimension_id")
    open_suggestions(session, viewer, assignment_id, dimension_id)
    if is_htmx(request):
        return _slot(request, session, viewer, assignment_id, dimension_id)
    place = f"?dimension={dimension_id}" if dimension_id else ""
    return redirect_after(request, _desk_url(viewer, assignment_id) + f"/suggestions{place}")


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
    form.check_member(viewer.member.id)
    decided = decide(session, viewer, assignment_id, suggestion_id, form.choice, form.acting)
    session.expire_all()
    act_id = form.acting.act_id
    answer = saved_answer(request, session, viewer, assignment_id, act_id, dimension_id=decided.dimension_id)
    if not is_htmx(request):
        return answer
    offer = _slot(request, session, viewer, assignment_id, decided.dimension_id)
    headers = {SAVED: str(act_id), "Vary": offer.headers["Vary"]}
    return HTMLResponse(bytes(answer.body) + bytes(offer.body), headers=headers)


@router.get(OF_ROUND)
def show_runs(request: Request, session: ReadSession, viewer: LeadingViewer, number: Key, call: int = 0) -> Response:
    """call: the one whose reply was just opened."""
    if not is_htmx(request):
        return _runs_page(request, session, viewer, number, opened=call)
    shown = runs_page(session, viewer, round_by_number(session, viewer.study.id, number))
    return fragment(request, "suggestions/_runs.html", shown=shown, url=runs_url(viewer, number), opened=0)


@router.post(OF_ROUND)
def ask(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    try:
        with session.begin_nested():
            actions.ask_for_suggestions(
                session,
                viewer,
                coding_round,
                model=model_name(request.app.state.settings),
                limit=posted.number("limit"),
            )
    except Invalid as problem:
        return _runs_page(
            request, session, viewer, number, status=422, typed=posted.text("limit"), problem=problem.sentence
        )
    return redirect_after(request, runs_url(viewer, number))


@router.post(OF_ROUND + "/{run_id}/resumption")
def resume(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, run_id: Key) -> Response:
    steering.resume_run(session, viewer, round_by_number(session, viewer.study.id, number), run_id)
    return redirect_after(request, runs_url(viewer, number))


@router.post(OF_ROUND + "/openings")
def open_reply(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    call_id = posted.number("call_id")
    if call_id is None:
        raise NotFound
    actions.open_reply(session, viewer, round_by_number(session, viewer.study.id, number), call_id)
    return redirect_after(request, f"{runs_url(viewer, number)}?call={call_id}#call-{call_id}")


@router.get(OF_ROUND + "/progress")
def progress(request: Request, session: ReadSession, viewer: LeadingViewer, number: Key) -> Response:
    """Hints only; what they are about is asked for with the lead's own rights."""
    coding_round = round_by_number(session, viewer.study.id, number)
    goes_on = watching(request, viewer.study.slug, number, coding_round.phase)
    return event_stream(request.app.state.hub, topic_of(coding_round.id), "progress", goes_on)


def _slot(
    request: Request, session: Session, viewer: Viewer, assignment_id: int, dimension_id: int | None
) -> HTMLResponse:
    shown = desk_offers(session, viewer, assignment_id, dimension_id)
    if not shown.offers:
        raise NotFound
    words = [render(request, "suggestions/_desk_suggestions.html", shown=shown, offer=offer) for offer in shown.offers]
    return HTMLResponse("\n".join(words), headers={"Vary": VARIES})


def _runs_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    status: int = 200,
    opened: int = 0,
    typed: str = "",
    problem: str = "",
) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    return page(
        request,
        "suggestions/runs.html",
        status=status,
        here_nav="rounds",
        shown=runs_page(session, viewer, coding_round),
        asking=asking_view(session, coding_round, request.app.state.settings, typed=typed, problem=problem),
        url=runs_url(viewer, number),
        opened=opened,
    )


def _desk_url(viewer: Viewer, assignment_id: int) -> str:
    return f"/studies/{viewer.study.slug}/assignments/{assignment_id}"
