"""The lead's page of runs. What coders are sent is in desk_routes.py."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.llm.configured import model_name
from app.problems import Invalid, NotFound
from app.rounds.queries import round_by_number
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions import actions
from app.suggestions.keeping import topic_of
from app.suggestions.runs import runs_page
from app.suggestions.runs_view import asking_view, runs_url, watching
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.push import event_stream

router = APIRouter(prefix="/studies/{slug}")
OF_ROUND = "/rounds/{number}/suggestions"


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
    actions.resume_run(session, viewer, round_by_number(session, viewer.study.id, number), run_id)
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
