"""Help with the codebook: what would leave, what was asked, what is proposed and what was decided. Leads only."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook.revisions import ChangedMeanwhile
from app.curation import help_actions as actions
from app.curation import help_policy as policy
from app.curation.help_forms import DefinitionForm, PlanForm, RejectionForm
from app.curation.help_material import of_code, of_dimension
from app.curation.help_page import code_help, dimension_help, overview, plan_options
from app.curation.help_proposal import ProposalPage, proposal_page
from app.curation.plan_actions import add_steps, make_plan
from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid
from app.studies.sent_forms import sent_before
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions.ledger_words import OUTCOMES
from app.suggestions.sources import Source, models_of, source_named
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/help")
OF_DIMENSION = "/dimensions/{dimension_id}"
OF_CODE = "/codes/{code_id}"
ONE = "/{help_id}"
BY_NAME = "Their names are nearly the same."


@router.get("")
def all_help(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    dimensions, lines = overview(session, viewer)
    return page(request, "curation/help.html", here_nav="codebook", dimensions=dimensions, lines=lines)


@router.get(OF_DIMENSION)
def help_of_dimension(request: Request, session: ReadSession, viewer: LeadingViewer, dimension_id: Key) -> Response:
    return _dimension_page(request, session, viewer, dimension_id)


@router.post(OF_DIMENSION + "/requests")
def ask_about_dimension(
    request: Request, session: Transaction, viewer: LeadingViewer, dimension_id: Key, posted: PostedForm
) -> Response:
    kind = posted.text("kind")
    try:
        with session.begin_nested():
            if kind not in policy.OF_DIMENSIONS:
                raise policy.NoSuchHelp
            chosen = of_dimension(session, viewer.study.id, dimension_id, kind)
            source = _source(request, session, viewer, posted)
            asked = actions.ask(session, viewer, chosen, source, seen=posted.text("seen"))
    except (Invalid, Conflict) as problem:
        return _dimension_page(request, session, viewer, dimension_id, refused=problem)
    return redirect_after(request, f"{_home(viewer)}/{asked.id}")


@router.post(OF_DIMENSION + "/plans")
def plan_pairs(
    request: Request, session: Transaction, viewer: LeadingViewer, dimension_id: Key, posted: PostedForm
) -> Response:
    """Pairs of names, found without a model."""
    form = PlanForm.read(posted)
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/plans")
            steps = form.merges(BY_NAME)
            if form.plan_id is None:
                plan_id = make_plan(session, viewer, form.name, steps).id
            else:
                plan_id = form.plan_id
                add_steps(session, viewer, plan_id, steps)
    except Invalid as problem:
        return _dimension_page(request, session, viewer, dimension_id, refused=problem, form=form)
    return redirect_after(request, _plan_address(viewer, plan_id))


@router.get(OF_CODE)
def help_of_code(request: Request, session: ReadSession, viewer: LeadingViewer, code_id: Key) -> Response:
    return _code_page(request, session, viewer, code_id)


@router.post(OF_CODE + "/openings")
def open_quotes(request: Request, session: Transaction, viewer: LeadingViewer, code_id: Key) -> Response:
    actions.open_quotes_of_code(session, viewer, code_id)
    return redirect_after(request, f"{_home(viewer)}/codes/{code_id}")


@router.post(OF_CODE + "/requests")
def ask_about_code(
    request: Request, session: Transaction, viewer: LeadingViewer, code_id: Key, posted: PostedForm
) -> Response:
    try:
        with session.begin_nested():
            chosen = of_code(session, viewer, code_id)
            source = _source(request, session, viewer, posted)
            asked = actions.ask(session, viewer, chosen, source, seen=posted.text("seen"))
    except (Invalid, Conflict) as problem:
        return _code_page(request, session, viewer, code_id, refused=problem)
    return redirect_after(request, f"{_home(viewer)}/{asked.id}")


@router.get(ONE)
def show_help(request: Request, session: ReadSession, viewer: LeadingViewer, help_id: Key) -> Response:
    """For htmx the proposal alone: what a page that waits asks for again and again."""
    shown = proposal_page(session, viewer, help_id)
    if is_htmx(request):
        return fragment(request, "curation/_help_proposal.html", **_proposal_context(viewer, shown))
    return _proposal(request, viewer, shown)


@router.post(ONE + "/openings")
def open_draft(request: Request, session: Transaction, viewer: LeadingViewer, help_id: Key) -> Response:
    actions.open_quotes_of_help(session, viewer, help_id)
    return redirect_after(request, f"{_home(viewer)}/{help_id}")


@router.post(ONE + "/resumption")
def ask_again(request: Request, session: Transaction, viewer: LeadingViewer, help_id: Key) -> Response:
    actions.ask_again(session, viewer, help_id)
    return redirect_after(request, f"{_home(viewer)}/{help_id}")


@router.post(ONE + "/plans")
def take_into_plan(
    request: Request, session: Transaction, viewer: LeadingViewer, help_id: Key, posted: PostedForm
) -> Response:
    form = PlanForm.read(posted)
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/plans")
            plan_id = actions.take_into_plan(session, viewer, help_id, form.items, plan_id=form.plan_id, name=form.name)
    except Invalid as problem:
        shown = proposal_page(session, viewer, help_id)
        return _proposal(request, viewer, shown, status=422, plan_form=form, plan_problem=problem.sentence)
    return redirect_after(request, _plan_address(viewer, plan_id))


@router.post(ONE + "/rejections")
def reject(request: Request, session: Transaction, viewer: LeadingViewer, help_id: Key, posted: PostedForm) -> Response:
    form = RejectionForm.read(posted)
    try:
        with session.begin_nested():
            actions.reject_item(session, viewer, help_id, form.item, reason=form.reason)
    except Invalid as problem:
        form.refuse(problem)
        return _proposal(request, viewer, proposal_page(session, viewer, help_id), status=422, rejection=form)
    return redirect_after(request, f"{_home(viewer)}/{help_id}#item-{form.item}")


@router.post(ONE + "/revision")
def save_definition(
    request: Request, session: Transaction, viewer: LeadingViewer, help_id: Key, posted: PostedForm
) -> Response:
    form = DefinitionForm.read(posted)
    try:
        with session.begin_nested():
            code_id = actions.save_definition(session, viewer, help_id, form.words)
    except Invalid as problem:
        form.refuse(problem)
        return _proposal(request, viewer, proposal_page(session, viewer, help_id), status=422, form=form)
    except ChangedMeanwhile as problem:
        shown = proposal_page(session, viewer, help_id)
        if shown.about_code is None:
            raise
        # What stands there now is shown beside what was typed, and the next save starts from it.
        form.seen_seq = shown.about_code.codebook_seq
        return _proposal(request, viewer, shown, status=409, form=form, conflict=problem.sentence)
    return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/codes/{code_id}")


def _source(request: Request, session: Session, viewer: Viewer, posted: PostedForm) -> Source | None:
    """None: no model is named. Raises NoSuchModel."""
    sources = models_of(session, request.app.state.settings, viewer.study.id)
    if not sources:
        return None
    found = source_named(sources, posted.text("source"))
    if found is None:
        raise policy.NoSuchModel
    return found


def _dimension_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    dimension_id: int,
    *,
    refused: Invalid | Conflict | None = None,
    form: PlanForm | None = None,
) -> Response:
    """form: of pairs, where it was refused; what was refused otherwise is told above."""
    shown = dimension_help(session, viewer, dimension_id, request.app.state.settings)
    return page(
        request,
        "curation/help_dimension.html",
        status=_status(refused),
        here_nav="codebook",
        shown=shown,
        home=_home(viewer),
        plan_options=plan_options(shown.plans),
        form=form or PlanForm(name=f"Near-duplicates in {shown.dimension.name}"),
        problem=refused.sentence if refused and form is None else "",
        plan_problem=refused.sentence if refused and form is not None else "",
    )


def _code_page(
    request: Request, session: Session, viewer: Viewer, code_id: int, *, refused: Invalid | Conflict | None = None
) -> Response:
    shown = code_help(session, viewer, code_id, request.app.state.settings)
    problem = refused.sentence if refused else ""
    return page(
        request,
        "curation/help_code.html",
        status=_status(refused),
        here_nav="codebook",
        shown=shown,
        home=_home(viewer),
        problem=problem,
    )


def _proposal(request: Request, viewer: Viewer, shown: ProposalPage, *, status: int = 200, **typed: Any) -> Response:
    context = {**_proposal_context(viewer, shown), **typed}
    return page(request, "curation/help_proposal.html", status=status, here_nav="codebook", **context)


def _proposal_context(viewer: Viewer, shown: ProposalPage) -> dict[str, Any]:
    draft = dict(shown.items[0].words) if shown.items and shown.about_code else {}
    return {
        "shown": shown,
        "home": _home(viewer),
        "at": f"{_home(viewer)}/{shown.asked.id}",
        "form": DefinitionForm.of(shown.about_code, draft) if shown.about_code else DefinitionForm(),
        "outcome_words": OUTCOMES,
        "plan_options": plan_options(shown.plans),
        "plan_form": PlanForm(name=_plan_name(shown)),
        "plan_problem": "",
        "rejection": RejectionForm(),
        "conflict": "",
    }


def _plan_name(shown: ProposalPage) -> str:
    return f"{shown.words} in {shown.about}"[:120]


def _status(refused: Invalid | Conflict | None) -> int:
    return 200 if refused is None else 409 if isinstance(refused, Conflict) else 422


def _home(viewer: Viewer) -> str:
    return f"/studies/{viewer.study.slug}/codebook/help"


def _plan_address(viewer: Viewer, plan_id: int) -> str:
    return f"/studies/{viewer.study.slug}/codebook/plans/{plan_id}"
