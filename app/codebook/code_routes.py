"""New codes, and new words for them."""

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook import actions
from app.codebook.colours import PALETTE
from app.codebook.forms import CodeForm, Form, check_reason
from app.codebook.policy import NotActive, active_dimension, check_may_alter
from app.codebook.reading import Shelf, shelf
from app.codebook.revisions import ChangedMeanwhile
from app.codebook.tree import CodeEntry
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/codes")


@router.get("/new")
def new_code_page(
    request: Request,
    session: ReadSession,
    viewer: LeadingViewer,
    dimension: int = Query(ge=1, lt=2**63),
    parent: int | None = Query(None, ge=1, lt=2**63),
    kind: str = "code",
) -> Response:
    form = CodeForm(dimension_id=dimension, parent_id=parent, is_category=kind == "category")
    return _new_code_page(request, shelf(session, viewer), form)


@router.post("")
def create_code(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = CodeForm.read(posted)
    if form.dimension_id is None:
        raise NotFound
    try:
        with session.begin_nested():
            code = actions.create_code(
                session,
                viewer.study.id,
                viewer.member,
                form.dimension_id,
                form.words(),
                origin="curation",
                parent_id=form.parent_id,
                is_category=form.is_category,
                reason=form.reason,
            )
    except Invalid as problem:
        form.refuse(problem)
        return _new_code_page(request, shelf(session, viewer), form, status=422)
    except NotActive:
        form.problems["parent_id"] = "What it should stand under was put away in the meantime. Choose another place."
        return _new_code_page(request, shelf(session, viewer), form, status=409)
    return redirect_after(request, _address(viewer, code.id))


@router.get("/{code_id}/revisions/new")
def edit_code_page(request: Request, session: ReadSession, viewer: LeadingViewer, code_id: Key) -> Response:
    shown = shelf(session, viewer)
    code = _alterable(viewer, shown, code_id)
    return _edit_code_page(request, shown, code, CodeForm.of(code))


@router.post("/{code_id}/revisions")
def edit_code(
    request: Request, session: Transaction, viewer: LeadingViewer, code_id: Key, posted: PostedForm
) -> Response:
    form = CodeForm.read(posted)
    shown = shelf(session, viewer)
    code = _alterable(viewer, shown, code_id)
    try:
        with session.begin_nested():
            check_reason(form.reason)
            _edit(session, viewer, code, form)
    except Invalid as problem:
        form.refuse(problem)
        return _edit_code_page(request, shown, code, form, status=422)
    except (ChangedMeanwhile, NotActive) as problem:
        # Read again: what stands there now is shown beside what was typed, and the next save starts from it.
        shown = shelf(session, viewer)
        theirs = shown.code(code_id)
        form.seen_seq = theirs.codebook_seq
        return _edit_code_page(request, shown, theirs, form, status=409, conflict=problem.sentence)
    return redirect_after(request, _address(viewer, code_id))


def _edit(session: Session, viewer: Viewer, code: CodeEntry, form: CodeForm) -> None:
    actions.edit_code(
        session,
        viewer.study.id,
        viewer.member,
        code.id,
        form.words(code),
        seen_seq=form.seen_seq,
        parent_id=form.parent_id,
        reason=form.reason,
    )


def _alterable(viewer: Viewer, shown: Shelf, code_id: int) -> CodeEntry:
    code = shown.code(code_id)
    check_may_alter(code, viewer.member)
    return code


def _address(viewer: Viewer, code_id: int) -> str:
    return f"/studies/{viewer.study.slug}/codebook/codes/{code_id}"


def _new_code_page(request: Request, shown: Shelf, form: CodeForm, *, status: int = 200) -> Response:
    dimension = active_dimension(shown.codebook, form.dimension_id or 0)
    return _form_page(
        request,
        "codebook/new_code.html",
        status,
        form,
        dimension=dimension,
        parents=shown.parents_for(dimension.id),
    )


def _edit_code_page(
    request: Request, shown: Shelf, code: CodeEntry, form: CodeForm, *, status: int = 200, conflict: str = ""
) -> Response:
    return _form_page(
        request,
        "codebook/edit_code.html",
        status,
        form,
        code=code,
        dimension=shown.codebook.dimension(code.dimension_id),
        parents=shown.parents_for(code.dimension_id, code),
        conflict=conflict,
        theirs=CodeForm.of(code),
        places=[_place(shown, parent_id) for parent_id in (code.parent_id, form.parent_id)],
    )


def _place(shown: Shelf, parent_id: int | None) -> str:
    parent = shown.codebook.codes.get(parent_id) if parent_id is not None else None
    return parent.name if parent is not None and parent.is_active else "the top"


def _form_page(request: Request, name: str, status: int, form: Form, **context: object) -> Response:
    return page(
        request, name, status=status, here_nav="codebook", form=form, palette=[("", ""), *PALETTE.items()], **context
    )
