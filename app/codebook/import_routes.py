"""Bringing a codebook file in: upload it, see what it would add, match and change, choose, apply. For leads.

Nothing is stored before it is applied: the file goes back and forth with the form (ADR 28).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook.bring_in import (
    BroughtIn,
    CodebookMoved,
    NothingNew,
    bring_in,
    codebook_to_compare,
    newest_import_by,
    one_import,
)
from app.codebook.forms import NoReason, check_reason
from app.codebook.import_forms import ImportForm
from app.codebook.import_page import MOST_SHOWN, ImportPage
from app.codebook.import_plan import state_of
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.settings import Settings
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.uploads import MIB, Upload, read_upload

router = APIRouter(prefix="/studies/{slug}/codebook/imports")
MOST_MIB = 4  # with its codes a form of at most 8 MiB


async def uploaded_file(request: Request, viewer: LeadingViewer) -> Upload:
    """Asks who it is before it reads anything."""
    return await read_upload(request, "file", _limit_mib(request) * MIB)


UploadedFile = Annotated[Upload, Depends(uploaded_file)]


@router.get("/new")
def new_import(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    return _upload_page(request)


@router.post("")
def upload(request: Request, sent: UploadedFile, viewer: LeadingViewer, session: ReadSession) -> Response:
    """The preview of a file as it comes. Nothing is stored, so a read-only transaction will do."""
    if sent.is_too_large:
        sentence = f"The file is larger than {_limit_mib(request)} MiB, the limit for codebooks. Split it by dimension."
        return _upload_page(request, problem=sentence, status=413)
    try:
        form = ImportForm.of_upload(sent.name, sent.content)
        return _preview(request, session, viewer, form)
    except Invalid as problem:
        return _upload_page(request, problem=problem.sentence, status=422)


@router.post("/preview")
def preview(request: Request, session: ReadSession, viewer: LeadingViewer, posted: PostedForm) -> Response:
    """The same file under other choices."""
    return _preview(request, session, viewer, ImportForm.read(posted))


@router.post("/codes")
def bring_codes_in(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = ImportForm.read(posted)
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, _report_address(viewer, newest_import_by(session, viewer)))
            done = _apply(session, viewer, form)
    except NoReason as problem:
        form.problems["reason"] = problem.sentence
        return _preview(request, session, viewer, form, status=422)
    except (Invalid, CodebookMoved) as problem:
        form.problem = problem.sentence
        return _preview(request, session, viewer, form, status=409 if isinstance(problem, CodebookMoved) else 422)
    return redirect_after(request, _report_address(viewer, done.codebook_seq))


@router.get("/{seq}")
def report(request: Request, session: ReadSession, viewer: CurrentViewer, seq: Key) -> Response:
    """What an import did, by the codebook_seq that it made."""
    event = one_import(session, viewer.study.id, seq)
    return page(request, "codebook/import_report.html", here_nav="codebook", at=event.at, done=event.details)


def _apply(session: Session, viewer: Viewer, form: ImportForm) -> BroughtIn:
    check_reason(form.reason)
    codebook = codebook_to_compare(session, viewer)
    plan = form.plan(codebook, viewer.member.id)
    theirs = form.keys_of_theirs(plan)
    if not (plan.problem or plan.of("added") or plan.new_dimensions or theirs):
        raise NothingNew
    return bring_in(
        session,
        viewer,
        form.listed,
        destinations=form.destinations(codebook),
        file_name=form.file_name,
        reason=form.reason,
        theirs=theirs,
        seen_state=form.seen_state,
    )


def _report_address(viewer: Viewer, seq: int) -> str:
    return f"/studies/{viewer.study.slug}/codebook/imports/{seq}"


def _preview(request: Request, session: Session, viewer: Viewer, form: ImportForm, *, status: int = 200) -> Response:
    codebook = codebook_to_compare(session, viewer)
    shown = ImportPage(form, form.plan(codebook, viewer.member.id), codebook, state_of(codebook))
    if is_htmx(request):
        return fragment(request, "codebook/_import_plan.html", status=status, shown=shown, most_shown=MOST_SHOWN)
    return page(
        request,
        "codebook/import_plan.html",
        status=status,
        here_nav="codebook",
        shown=shown,
        most_shown=MOST_SHOWN,
    )


def _upload_page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    return page(
        request,
        "codebook/import_new.html",
        status=status,
        here_nav="codebook",
        limit_mib=_limit_mib(request),
        problem=problem,
    )


def _limit_mib(request: Request) -> int:
    settings: Settings = request.app.state.settings
    return min(settings.upload_limit_mib, MOST_MIB)
