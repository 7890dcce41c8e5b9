"""Plans for the codebook: the list, one with what it would do, its steps, what is said to it, and how it ends."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.curation import plan_actions as actions
from app.curation import plan_policy as policy
from app.curation.near_duplicates import near_duplicates
from app.curation.plan_applying import apply_plan
from app.curation.plan_forms import STEP_CHOICES, Defining, StepForm
from app.curation.plan_page import KIND_WORDS, choosing, plan_lines, plan_page
from app.curation.plan_queries import may_draft, opened, visible_plan
from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid, NotFound
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/plans")
PLAN = "/{plan_id}"
STEP = PLAN + "/steps/{step_id}"
NEAR = PLAN + "/near-duplicates"
NOTHING_TYPED = Defining()


@router.get("")
def plans(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    return _list(request, session, viewer)


@router.post("")
def make_plan(request: Request, session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    name = posted.text("name")
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, _home(viewer))
            plan = actions.make_plan(session, viewer, name)
    except (policy.NoPlanName, policy.PlanNameTooLong) as problem:
        return _list(request, session, viewer, status=422, name=name, problem=problem.sentence)
    return redirect_after(request, f"{_home(viewer)}/{plan.id}")


@router.get(PLAN)
def one_plan(request: Request, session: ReadSession, viewer: CurrentViewer, plan_id: Key) -> Response:
    return _answer(request, session, viewer, plan_id, whole=True, form=StepForm.asked(request.query_params))


@router.post(PLAN + "/steps")
def add_step(
    request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, posted: PostedForm
) -> Response:
    """from_near: it was pressed in the list of near-duplicates, and that comes back."""
    form = StepForm.read(posted)
    near = form.dimension_id if posted.text("from_near") else None
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                actions.add_step(session, viewer, plan_id, form.step)
    except policy.AuthorWouldBeTold as problem:
        return _answer(request, session, viewer, plan_id, status=409, form=form, conflict=problem.sentence, whole=True)
    except Invalid as problem:
        if near is not None:
            return _near(request, session, viewer, plan_id, near, status=422, problem=problem.sentence)
        form.refuse(problem)
        return _answer(request, session, viewer, plan_id, status=422, form=form, whole=True)
    if near is not None:
        if is_htmx(request):
            return _near(request, session, viewer, plan_id, near)
        return redirect_after(request, f"{_home(viewer)}/{plan_id}/near-duplicates?dimension={near}")
    return _answer(request, session, viewer, plan_id, form=StepForm(dimension_id=form.dimension_id))


@router.post(STEP + "/removal")
def remove_step(request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, step_id: Key) -> Response:
    try:
        with session.begin_nested():
            actions.remove_step(session, viewer, plan_id, step_id)
    except (policy.StepInUse, policy.AuthorWouldBeTold) as problem:
        return _answer(request, session, viewer, plan_id, status=409, conflict=problem.sentence, whole=True)
    return _answer(request, session, viewer, plan_id)


@router.post(STEP + "/moves")
def move_step(
    request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, step_id: Key, posted: PostedForm
) -> Response:
    earlier, seen = posted.text("to") == "earlier", posted.number("seen_revision")
    try:
        with session.begin_nested():
            actions.move_step(session, viewer, plan_id, step_id, earlier=earlier, seen_revision=seen or 0)
    except (policy.PlanChanged, policy.StepDoesNotFit, policy.AuthorWouldBeTold) as problem:
        return _answer(request, session, viewer, plan_id, status=409, conflict=problem.sentence, whole=True)
    return _answer(request, session, viewer, plan_id)


@router.post(STEP + "/definition")
def define_step(
    request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, step_id: Key, posted: PostedForm
) -> Response:
    typed, seen = posted.raw("definition"), posted.number("seen_revision")
    try:
        with session.begin_nested():
            actions.define_step(session, viewer, plan_id, step_id, typed, seen_revision=seen or 0)
    except (policy.PlanChanged, policy.PlanTextTooLong) as problem:
        status = 422 if isinstance(problem, Invalid) else 409
        defining = Defining(step_id, typed, problem.sentence)
        return _answer(request, session, viewer, plan_id, status=status, whole=True, defining=defining)
    return _answer(request, session, viewer, plan_id)


@router.get(NEAR)
def near(request: Request, session: ReadSession, viewer: CurrentViewer, plan_id: Key, dimension: str = "") -> Response:
    return _near(request, session, viewer, plan_id, whole_number(dimension), whole=True)


@router.post(PLAN + "/sharing")
def share(request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, posted: PostedForm) -> Response:
    actions.share_plan(session, viewer, plan_id, shared=posted.text("sharing") == "shared")
    return _answer(request, session, viewer, plan_id)


@router.post(PLAN + "/comments")
def comment(
    request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, posted: PostedForm
) -> Response:
    text = posted.text("text")
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                actions.comment_on_plan(session, viewer, plan_id, text)
    except (policy.NoComment, policy.PlanTextTooLong) as problem:
        return _answer(
            request, session, viewer, plan_id, status=422, whole=True, said=text, said_problem=problem.sentence
        )
    return _answer(request, session, viewer, plan_id)


@router.post(PLAN + "/application")
def apply(request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, posted: PostedForm) -> Response:
    seen, reason = posted.number("seen_revision"), posted.text("reason")
    try:
        with session.begin_nested():
            apply_plan(session, viewer, plan_id, seen_revision=seen or 0, reason=reason)
    except policy.PlanEnded:
        raise
    except (Conflict, policy.PlanTextTooLong) as problem:
        status = 422 if isinstance(problem, Invalid) else 409
        return _answer(
            request, session, viewer, plan_id, status=status, conflict=problem.sentence, why=reason, whole=True
        )
    return _answer(request, session, viewer, plan_id)


@router.post(PLAN + "/dropping")
def drop(request: Request, session: Transaction, viewer: CurrentViewer, plan_id: Key, posted: PostedForm) -> Response:
    actions.drop_plan(session, viewer, plan_id, reason=posted.text("reason"))
    return redirect_after(request, _home(viewer))


def _answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    plan_id: int,
    *,
    status: int = 200,
    whole: bool = False,
    form: StepForm | None = None,
    conflict: str = "",
    said: str = "",
    said_problem: str = "",
    why: str = "",
    defining: Defining = NOTHING_TYPED,
) -> Response:
    """The plan for htmx; else its page, or the way back to it after something was done."""
    address = f"{_home(viewer)}/{plan_id}"
    if not is_htmx(request) and not whole:
        return redirect_after(request, address)
    form = form or StepForm()
    shown = plan_page(session, viewer, visible_plan(session, viewer, plan_id), _asked_rounds(request))
    context: dict[str, Any] = {
        "shown": shown,
        "choosing": choosing(shown.draft, form.dimension_id, form.codes, form.find),
        "form": form,
        "step_choices": STEP_CHOICES,
        "kind_words": KIND_WORDS,
        "here_plan": address,
        "here_nav": "codebook",
        "conflict": conflict,
        "said": said,
        "said_problem": said_problem,
        "why": why,
        "defining": defining,
    }
    if is_htmx(request):
        return fragment(request, "curation/_plan.html", status=status, **context)
    return page(request, "curation/plan.html", status=status, **context)


def _asked_rounds(request: Request) -> list[int]:
    """What is no number of a round is asked for nothing."""
    return [number for typed in request.query_params.getlist("round") if (number := whole_number(typed))]


def _near(
    request: Request,
    session: Session,
    viewer: Viewer,
    plan_id: int,
    dimension_id: int | None,
    *,
    status: int = 200,
    problem: str = "",
    whole: bool = False,
) -> Response:
    draft = opened(session, visible_plan(session, viewer, plan_id))
    dimensions = draft.codebook.dimensions
    asked = dimension_id if dimension_id is not None else (dimensions[0].id if dimensions else None)
    dimension = next((each for each in dimensions if each.id == asked), None)
    if dimension is None and dimension_id is not None:
        raise NotFound
    context: dict[str, Any] = {
        "plan": draft.plan,
        "may_draft": may_draft(session, viewer, draft.plan),
        "dimension": dimension,
        "dimensions": dimensions,
        "lines": near_duplicates(session, draft, dimension.id) if dimension else [],
        "steps": len(draft.steps),
        "problem": problem,
        "here_plan": f"{_home(viewer)}/{plan_id}",
        "here_nav": "codebook",
    }
    if is_htmx(request) and not whole:
        return fragment(request, "curation/_near.html", status=status, **context)
    return page(request, "curation/near.html", status=status, **context)


def _list(
    request: Request, session: Session, viewer: Viewer, *, status: int = 200, name: str = "", problem: str = ""
) -> Response:
    return page(
        request,
        "curation/plans.html",
        status=status,
        here_nav="codebook",
        lines=plan_lines(session, viewer),
        may_plan=policy.may_plan(viewer),
        typed=name,
        problem=problem,
    )


def _home(viewer: Viewer) -> str:
    return f"/studies/{viewer.study.slug}/codebook/plans"
