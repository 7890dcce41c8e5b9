"""The lead's pages of runs: composing one, what it would send and take, watching it, and its replies."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from app.studies.sent_forms import sent_before
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions import actions, queries, steering
from app.suggestions.compose_form import ComposeForm, PlanRefused
from app.suggestions.compose_page import composing
from app.suggestions.held_back import HeldBack, held_back
from app.suggestions.keeping import topic_of
from app.suggestions.models import SuggestionRun
from app.suggestions.run_batches import batches_of_run
from app.suggestions.run_page import Looking, run_page
from app.suggestions.runs import RunLine, runs_page, study_runs
from app.suggestions.runs_view import asking_view, run_url, runs_url, watching
from app.suggestions.sources import sources_of
from app.web.forms import Key, Posted, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.push import event_stream

router = APIRouter(prefix="/studies/{slug}")
OF_STUDY = "/suggestions"
OF_ROUND = "/rounds/{number}/suggestions"
RUN = OF_ROUND + "/{run_id}"


@router.get(OF_STUDY)
def show_runs_of_study(request: Request, session: ReadSession, viewer: LeadingViewer, at: str = "") -> Response:
    shown = study_runs(session, viewer, whole_number(at) or 1)
    held = _held(request, session, shown.runs)
    return page(request, "suggestions/study_runs.html", here_nav="suggestions", shown=shown, held=held)


@router.get(OF_ROUND)
def show_runs(request: Request, session: ReadSession, viewer: LeadingViewer, number: Key) -> Response:
    if not is_htmx(request):
        return _runs_page(request, session, viewer, number)
    shown = runs_page(session, viewer, round_by_number(session, viewer.study.id, number))
    held = _held(request, session, shown.runs)
    return fragment(request, "suggestions/_runs.html", shown=shown, held=held, url=runs_url(viewer, number))


@router.get(OF_ROUND + "/new")
def compose(
    request: Request, session: ReadSession, viewer: LeadingViewer, number: Key, template: str = "", source: str = ""
) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    sources = sources_of(session, request.app.state.settings, viewer.study.id)
    said = {"template": template if whole_number(template) else "", "source": source}
    form = ComposeForm.empty(session, coding_round, sources, **said)
    return _compose_page(request, session, viewer, coding_round, form)


@router.post(OF_ROUND + "/preview")
def preview(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    """What the plan comes to; the form is kept as it is. Nothing is stored but that its examples were shown."""
    coding_round = round_by_number(session, viewer.study.id, number)
    form = _read(request, session, viewer, coding_round, posted)
    if form.plan is not None:
        actions.open_examples(session, viewer, coding_round, form.plan, form.incident_ids)
    return _compose_page(request, session, viewer, coding_round, form)


@router.post(OF_ROUND + "/confirmation")
def confirm(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    """Asks once more, with what it would take. Nothing is stored but that its examples were shown."""
    coding_round = round_by_number(session, viewer.study.id, number)
    form = _read(request, session, viewer, coding_round, posted)
    if form.plan is None:
        return _compose_page(request, session, viewer, coding_round, form, status=422)
    actions.open_examples(session, viewer, coding_round, form.plan, form.incident_ids)
    return _confirmation(request, session, viewer, coding_round, form)


@router.post(OF_ROUND)
def ask(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    """Sent twice, one run starts. seen: how many incidents the lead was told of; of another number they are told."""
    coding_round = round_by_number(session, viewer.study.id, number)
    form: ComposeForm | None = None
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, run_url(viewer, number, _newest(session, viewer, coding_round).id))
            form = _read(request, session, viewer, coding_round, posted)
            run = _started(session, viewer, coding_round, form, posted)
    except PlanRefused as refused:
        return _refused(request, session, viewer, coding_round, refused.form)
    return redirect_after(request, run_url(viewer, number, run.id))


@router.get(OF_ROUND + "/progress")
def progress(request: Request, session: ReadSession, viewer: LeadingViewer, number: Key) -> Response:
    """Hints only; what they are about is asked for with the lead's own rights."""
    coding_round = round_by_number(session, viewer.study.id, number)
    goes_on = watching(request, viewer.study.slug, number, coding_round.phase)
    return event_stream(request.app.state.hub, topic_of(coding_round.id), "progress", goes_on)


@router.get(RUN)
def show_run(
    request: Request,
    session: ReadSession,
    viewer: LeadingViewer,
    number: Key,
    run_id: Key,
    state: str = "",
    at: str = "",
    calls: str = "",
    call: str = "",
    part: str = "",
) -> Response:
    """For htmx how far it is, or with part=came what came of it.

    state, at: which incidents are listed. calls: a page; call: whose reply was opened.
    """
    coding_round = round_by_number(session, viewer.study.id, number)
    looking = Looking(state, whole_number(at) or 1, whole_number(calls) or 1, whole_number(call) or 0)
    shown = run_page(session, viewer, coding_round, run_id, looking)
    urls = {"url": run_url(viewer, number, run_id), "runs_url": runs_url(viewer, number)}
    ended_meanwhile = is_htmx(request) and not shown.line.is_running
    context: dict[str, Any] = {"shown": shown, "line": shown.line, "ended_meanwhile": ended_meanwhile, **urls}
    context |= {"held": _held(request, session, [shown.line]), "batches": batches_of_run(session, shown.run)}
    if is_htmx(request):
        return fragment(request, f"suggestions/{'_run_came' if part == 'came' else '_run_progress'}.html", **context)
    return page(request, "suggestions/run.html", here_nav="suggestions", **context)


@router.post(RUN + "/pause")
def pause(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, run_id: Key) -> Response:
    steering.pause_run(session, viewer, round_by_number(session, viewer.study.id, number), run_id)
    return redirect_after(request, run_url(viewer, number, run_id))


@router.post(RUN + "/resumption")
def resume(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, run_id: Key) -> Response:
    steering.resume_run(session, viewer, round_by_number(session, viewer.study.id, number), run_id)
    return redirect_after(request, run_url(viewer, number, run_id))


@router.post(RUN + "/cancellation")
def cancel(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, run_id: Key) -> Response:
    steering.cancel_run(session, viewer, round_by_number(session, viewer.study.id, number), run_id)
    return redirect_after(request, run_url(viewer, number, run_id))


@router.post(RUN + "/retry")
def retry(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, run_id: Key) -> Response:
    """Asks again for what came to nothing. What was paid for is not asked twice."""
    steering.retry_failed(session, viewer, round_by_number(session, viewer.study.id, number), run_id)
    return redirect_after(request, run_url(viewer, number, run_id))


@router.post(OF_ROUND + "/openings")
def open_reply(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    call_id = posted.number("call_id")
    if call_id is None:
        raise NotFound
    run_id = actions.open_reply(session, viewer, round_by_number(session, viewer.study.id, number), call_id)
    return redirect_after(request, f"{run_url(viewer, number, run_id)}?call={call_id}#call-{call_id}")


def _held(request: Request, session: Session, lines: Sequence[RunLine]) -> Mapping[int, HeldBack]:
    return held_back(session, request.app.state.settings, [line.run for line in lines])


def _read(request: Request, session: Session, viewer: Viewer, coding_round: Round, posted: Posted) -> ComposeForm:
    sources = sources_of(session, request.app.state.settings, viewer.study.id)
    return ComposeForm.read(posted, session, coding_round, sources)


def _started(session: Session, viewer: Viewer, coding_round: Round, form: ComposeForm, posted: Posted) -> SuggestionRun:
    """Raises PlanRefused, and what a script is told that sends no more than a limit."""
    if form.plan is None:
        if form.refusal is not None and "composed" not in posted and "limit" not in form.problems:
            raise form.refusal
        raise PlanRefused(form)
    if "seen" in posted and posted.text("seen") != str(len(form.incident_ids)):
        raise PlanRefused(form)
    return actions.ask_for_suggestions(session, viewer, coding_round, form.plan)


def _refused(request: Request, session: Session, viewer: Viewer, coding_round: Round, form: ComposeForm) -> Response:
    session.refresh(coding_round)
    if form.plan is not None:
        actions.open_examples(session, viewer, coding_round, form.plan, form.incident_ids)
        return _confirmation(request, session, viewer, coding_round, form, status=409)
    if form.dimension_ids is None and "limit" in form.problems:
        return _runs_page(
            request,
            session,
            viewer,
            coding_round.number,
            status=422,
            typed=form.typed["limit"],
            problem=form.problems["limit"],
        )
    return _compose_page(request, session, viewer, coding_round, form, status=422)


def _newest(session: Session, viewer: Viewer, coding_round: Round) -> SuggestionRun:
    """The run that the same form started a moment ago."""
    own = [run for run in queries.runs_of(session, coding_round) if run.asked_by == viewer.member.id]
    if not own:
        raise NotFound
    return own[0]


def _compose_page(
    request: Request, session: Session, viewer: Viewer, coding_round: Round, form: ComposeForm, *, status: int = 200
) -> Response:
    sources = sources_of(session, request.app.state.settings, viewer.study.id)
    context: dict[str, Any] = {
        "shown": composing(session, coding_round, form, sources),
        "form": form,
        "url": runs_url(viewer, coding_round.number),
    }
    if is_htmx(request):
        return fragment(request, "suggestions/_compose_foreseen.html", status=200, **context)
    return page(request, "suggestions/compose.html", status=status, here_nav="suggestions", **context)


def _confirmation(
    request: Request, session: Session, viewer: Viewer, coding_round: Round, form: ComposeForm, *, status: int = 200
) -> Response:
    sources = sources_of(session, request.app.state.settings, viewer.study.id)
    return page(
        request,
        "suggestions/compose_confirmation.html",
        status=status,
        here_nav="suggestions",
        shown=composing(session, coding_round, form, sources),
        form=form,
        url=runs_url(viewer, coding_round.number),
        changed=status == 409,
    )


def _runs_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    status: int = 200,
    typed: str = "",
    problem: str = "",
) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    shown = runs_page(session, viewer, coding_round)
    return page(
        request,
        "suggestions/runs.html",
        status=status,
        here_nav="suggestions",
        shown=shown,
        held=_held(request, session, shown.runs),
        asking=asking_view(session, coding_round, request.app.state.settings, typed=typed, problem=problem),
        url=runs_url(viewer, number),
    )
