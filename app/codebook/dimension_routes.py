"""The questions asked of every incident: adding, wording, ordering and retiring them."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook import dimension_actions as actions
from app.codebook.forms import DimensionForm, NoReason, check_reason
from app.codebook.policy import active_dimension
from app.codebook.reading import Shelf, shelf
from app.codebook.revisions import ChangedMeanwhile
from app.codebook.tree import DimensionEntry
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/dimensions")


@router.get("")
def dimensions_page(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    return _dimensions_page(request, shelf(session, viewer), DimensionForm())


@router.post("")
def add_dimension(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = DimensionForm.read(posted)
    try:
        with session.begin_nested():
            actions.add_dimension(session, viewer.study.id, viewer.member, form.words())
    except Invalid as problem:
        form.refuse(problem)
        return _dimensions_page(request, shelf(session, viewer), form, status=422)
    return redirect_after(request, _address(viewer))


@router.get("/{dimension_id}")
def dimension_page(request: Request, session: ReadSession, viewer: LeadingViewer, dimension_id: Key) -> Response:
    dimension = active_dimension(shelf(session, viewer).codebook, dimension_id)
    return _dimension_page(request, dimension, DimensionForm.of(dimension))


@router.post("/{dimension_id}/revisions")
def edit_dimension(
    request: Request, session: Transaction, viewer: LeadingViewer, dimension_id: Key, posted: PostedForm
) -> Response:
    form = DimensionForm.read(posted)
    dimension = active_dimension(shelf(session, viewer).codebook, dimension_id)
    try:
        with session.begin_nested():
            check_reason(form.reason)
            _edit(session, viewer, dimension_id, form)
    except Invalid as problem:
        form.refuse(problem)
        return _dimension_page(request, dimension, form, status=422)
    except ChangedMeanwhile as problem:
        theirs = active_dimension(shelf(session, viewer).codebook, dimension_id)
        form.seen_seq = theirs.codebook_seq
        return _dimension_page(request, theirs, form, status=409, conflict=problem.sentence)
    return redirect_after(request, _address(viewer))


@router.post("/{dimension_id}/moves")
def move_dimension(
    request: Request, session: Transaction, viewer: LeadingViewer, dimension_id: Key, posted: PostedForm
) -> Response:
    """direction: up or down, one place."""
    codebook = shelf(session, viewer).codebook
    order = [dimension.id for dimension in codebook.dimensions]
    at = order.index(active_dimension(codebook, dimension_id).id)
    to = at - 1 if posted.text("direction") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        actions.order_dimensions(session, viewer.study.id, viewer.member, order)
    if is_htmx(request):
        return fragment(request, "codebook/_dimensions.html", dimensions=shelf(session, viewer).codebook.dimensions)
    return redirect_after(request, _address(viewer))


@router.post("/{dimension_id}/retirement")
def retire_dimension(
    request: Request, session: Transaction, viewer: LeadingViewer, dimension_id: Key, posted: PostedForm
) -> Response:
    reason = posted.text("reason")
    dimension = active_dimension(shelf(session, viewer).codebook, dimension_id)
    if not reason:
        sentence = NoReason().sentence
        return _dimension_page(request, dimension, DimensionForm.of(dimension), status=422, no_reason=sentence)
    actions.retire_dimension(session, viewer.study.id, viewer.member, dimension_id, reason=reason)
    return redirect_after(request, _address(viewer))


def _edit(session: Session, viewer: Viewer, dimension_id: int, form: DimensionForm) -> None:
    actions.edit_dimension(
        session,
        viewer.study.id,
        viewer.member,
        dimension_id,
        form.words(),
        seen_seq=form.seen_seq,
        reason=form.reason,
    )


def _address(viewer: Viewer) -> str:
    return f"/studies/{viewer.study.slug}/codebook/dimensions"


def _dimensions_page(request: Request, shown: Shelf, form: DimensionForm, *, status: int = 200) -> Response:
    return page(
        request,
        "codebook/dimensions.html",
        status=status,
        here_nav="codebook",
        dimensions=shown.codebook.dimensions,
        retired=shown.codebook.retired_dimensions,
        form=form,
    )


def _dimension_page(
    request: Request,
    dimension: DimensionEntry,
    form: DimensionForm,
    *,
    status: int = 200,
    conflict: str = "",
    no_reason: str = "",
) -> Response:
    return page(
        request,
        "codebook/dimension.html",
        status=status,
        here_nav="codebook",
        dimension=dimension,
        form=form,
        conflict=conflict,
        no_reason=no_reason,
    )
