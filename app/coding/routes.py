"""The coder's queue and the desk. Acts are posted to one address, whatever their kind."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.coding.acts import ActAnswer, StaleAct, performed
from app.coding.collisions import collision_of
from app.coding.desk import desk, next_undone
from app.coding.desk_page import SAVED, DeskPage, Refusal, assignment_url, desk_page, saved_answer, saved_dimensions
from app.coding.forms import ActForm
from app.coding.handing_in import Incomplete
from app.coding.near_codes import NearlyTheSame, check_not_near
from app.coding.queries import own_text
from app.coding.queue_page import NotInQueue, queue_page, sought_assignment
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter()
OF_ONE_DIMENSION = ("toggle_code", "answer", "set_main", "create_code", "add_evidence", "remove_evidence")
TO_SHOW, NEXT_DESK = "Dimensions-To-Show", "Next-Desk"  # headers of static/js/sending.js


@router.get("/studies/{slug}/coding")
def queue(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    round: int = 0,
    show: str = "",
    at: int = 1,
    go: str = "",
) -> Response:
    """go: the number of an incident, to open it at once."""
    if not viewer.may_code:
        raise NotFound
    problem = ""
    if go.strip():
        try:
            return redirect_after(request, assignment_url(viewer, sought_assignment(session, viewer, round, go)))
        except NotInQueue as refused:
            problem = refused.sentence
    shown = queue_page(session, viewer, number=round, show=show, at=at, sought=go, problem=problem)
    return page(request, "coding/queue.html", status=422 if problem else 200, here_nav="coding", queue=shown)


@router.get("/studies/{slug}/assignments/{assignment_id}")
def show_desk(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    assignment_id: Key,
    dimension: int = 0,
    more: int = 0,
) -> Response:
    shown = desk_page(session, viewer, assignment_id, focused_id=dimension, shown_whole=more)
    return page(request, "coding/desk.html", here_nav="coding", bench=shown)


@router.post("/studies/{slug}/assignments/{assignment_id}/acts")
def act(
    request: Request, session: Transaction, viewer: CurrentViewer, assignment_id: Key, posted: PostedForm
) -> Response:
    form = ActForm.read(posted)
    form.check_member(viewer.member.id)
    text = own_text(session, viewer, assignment_id) if form.may_quote else ""
    try:
        if form.kind == "create_code" and not is_htmx(request) and not posted.text("anyway"):
            check_not_near(session, viewer, assignment_id, form.dimension_id, posted.text("name"))
        done = performed(session, viewer, assignment_id, form.request(text))
    except StaleAct:
        session.rollback()
        return _collided(request, session, viewer, assignment_id, form)
    except (Invalid, Incomplete) as problem:
        session.rollback()
        return _refused(request, session, viewer, assignment_id, form, problem)
    alone = _alone(request) if form.kind in OF_ONE_DIMENSION else set()
    if alone and done.step and done.change:
        return saved_dimensions(request, done.step, done.change, form.act_id, alone)
    session.expire_all()
    return _saved(request, session, viewer, assignment_id, form, done.answer)


def _saved(
    request: Request, session: Session, viewer: Viewer, assignment_id: int, form: ActForm, saved: ActAnswer
) -> Response:
    if form.kind not in ("submit", "skip"):
        dimension_id = form.dimension_id or saved.dimension_id
        return saved_answer(request, session, viewer, assignment_id, saved.act_id, dimension_id=dimension_id)
    response = _next(request, session, viewer, next_undone(session, viewer, assignment_id))
    response.headers[SAVED] = str(saved.act_id)
    return response


def _next(request: Request, session: Session, viewer: Viewer, following: int | None) -> Response:
    """The way on. A script that asks for the next desk gets its page along: what a GET would show, as of now."""
    if not following:
        return redirect_after(request, f"/studies/{viewer.study.slug}/coding")
    url = assignment_url(viewer, following)
    if not is_htmx(request) or NEXT_DESK not in request.headers:
        return redirect_after(request, url)
    shown = desk_page(session, viewer, following)
    response = page(request, "coding/desk.html", here=url, here_nav="coding", bench=shown)
    response.headers["HX-Redirect"] = url
    return response


def _alone(request: Request) -> set[int]:
    """The dimensions that the browser shows as they were, by its own account; none for all."""
    given = {whole_number(each) for each in request.headers.get(TO_SHOW, "").split(",")}
    return set() if None in given else {each for each in given if each is not None}


def _refused(
    request: Request,
    session: Session,
    viewer: Viewer,
    assignment_id: int,
    form: ActForm,
    problem: Invalid | Incomplete,
) -> Response:
    """The same answers, with the sentence and what was typed."""
    refusal = Refusal(
        form.kind,
        form.dimension_id,
        problem.sentence,
        form.typed,
        is_incomplete=isinstance(problem, Incomplete),
        near=problem.codes if isinstance(problem, NearlyTheSame) else (),
    )
    shown = desk_page(session, viewer, assignment_id, focused_id=form.dimension_id, refusal=refusal)
    return _desk_answer(request, shown, status=422)


def _collided(request: Request, session: Session, viewer: Viewer, assignment_id: int, form: ActForm) -> Response:
    fields: Mapping[str, str] = {name: str(value) for name, value in form.fields.items()}
    collision = collision_of(desk(session, viewer, assignment_id), form.act_id, form.kind, form.dimension_id, fields)
    shown = desk_page(session, viewer, assignment_id, focused_id=form.dimension_id, collision=collision)
    return _desk_answer(request, shown, status=409)


def _desk_answer(request: Request, shown: DeskPage, *, status: int) -> Response:
    if is_htmx(request):
        return fragment(request, "coding/_saved_act.html", status=status, bench=shown)
    return page(request, "coding/desk.html", status=status, here_nav="coding", bench=shown)
