"""Bringing a file in: upload it, say which column is what, import it, read what came of it. For leads."""

import csv
from io import StringIO
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.incidents import actions, queries
from app.incidents.forms import MappingForm
from app.incidents.mapping_page import MappingPage
from app.incidents.models import Import
from app.methods.inert import inert
from app.problems import Invalid, NotFound
from app.settings import Settings
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.uploads import MIB, Upload, read_upload

router = APIRouter(prefix="/studies/{slug}/imports")


async def uploaded_file(request: Request, viewer: LeadingViewer) -> Upload:
    """Asks who it is before it reads anything."""
    return await read_upload(request, "file", _limit_mib(request) * MIB)


UploadedFile = Annotated[Upload, Depends(uploaded_file)]


@router.get("/new")
def new_import(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    return _upload_page(request, session, viewer)


@router.post("")
def upload(request: Request, sent: UploadedFile, viewer: LeadingViewer, session: Transaction) -> Response:
    if sent.is_too_large:
        sentence = f"The file is larger than {_limit_mib(request)} MiB, the limit here. Split it, or ask the operator."
        return _upload_page(request, session, viewer, problem=sentence, status=413)
    try:
        with session.begin_nested():
            made = actions.upload(session, viewer, file_name=sent.name, content=sent.content)
    except Invalid as problem:
        return _upload_page(request, session, viewer, problem=problem.sentence, status=422)
    return redirect_after(request, _address(viewer, made.id))


@router.get("/{import_id}")
def one_import(request: Request, session: ReadSession, viewer: LeadingViewer, import_id: Key) -> Response:
    """Before it is imported the mapping as guessed, afterwards the report."""
    uploaded = queries.one_import(session, viewer.study.id, import_id)
    if uploaded.imported_at is not None:
        offers_pilot = bool(uploaded.added or uploaded.already_here) and queries.no_round_yet(session, viewer.study.id)
        return page(
            request, "incidents/report.html", here_nav="incidents", uploaded=uploaded, offers_pilot=offers_pilot
        )
    return _mapping_answer(request, session, viewer, uploaded, MappingForm.guessed(actions.table_of(uploaded)))


@router.post("/{import_id}/mapping")
def preview(
    request: Request, session: ReadSession, viewer: LeadingViewer, import_id: Key, posted: PostedForm
) -> Response:
    """What an import under this mapping would do. Nothing is stored, so a read-only transaction will do."""
    uploaded = _open_upload(session, viewer, import_id)
    form = MappingForm.read(posted, actions.table_of(uploaded))
    return _mapping_answer(request, session, viewer, uploaded, form)


@router.post("/{import_id}/rows")
def import_rows(
    request: Request, session: Transaction, viewer: LeadingViewer, import_id: Key, posted: PostedForm
) -> Response:
    uploaded = _open_upload(session, viewer, import_id)
    form = MappingForm.read(posted, actions.table_of(uploaded))
    try:
        with session.begin_nested():
            actions.import_incidents(session, viewer, uploaded, form.mapping, source=form.source)
    except Invalid as problem:
        form.problem = problem.sentence
        return _mapping_answer(request, session, viewer, uploaded, form)
    return redirect_after(request, _address(viewer, import_id))


@router.get("/{import_id}/refused.csv")
def refused_rows(session: ReadSession, viewer: LeadingViewer, import_id: Key) -> Response:
    """Every row that did not come in, and every warning."""
    uploaded = queries.one_import(session, viewer.study.id, import_id)
    if uploaded.imported_at is None:
        raise NotFound
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(["line", "column", "reason", "came_in"])
    for problem in uploaded.problems:
        came_in = "yes" if problem["is_warning"] else "no"
        writer.writerow([problem["line"], inert(problem["column"] or ""), inert(problem["reason"]), came_in])
    return Response(
        written.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="refused-{import_id}.csv"'},
    )


def _open_upload(session: Session, viewer: Viewer, import_id: int) -> Import:
    uploaded = queries.one_import(session, viewer.study.id, import_id)
    if uploaded.imported_at is not None:
        raise actions.AlreadyImported
    return uploaded


def _mapping_answer(
    request: Request, session: Session, viewer: Viewer, uploaded: Import, form: MappingForm
) -> Response:
    found = None
    try:
        found = actions.preview(session, viewer.study.id, form.table, form.mapping, form.source)
    except Invalid as problem:
        form.problem = problem.sentence
    shown = MappingPage(uploaded, form, found)
    status = 422 if form.problem and request.method == "POST" else 200
    if is_htmx(request):
        return fragment(request, "incidents/_mapping.html", status=status, shown=shown)
    return page(request, "incidents/mapping.html", status=status, here_nav="incidents", shown=shown)


def _upload_page(
    request: Request, session: Session, viewer: Viewer, *, problem: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "incidents/new_import.html",
        status=status,
        here_nav="incidents",
        earlier=queries.imports(session, viewer.study.id),
        limit_mib=_limit_mib(request),
        problem=problem,
    )


def _limit_mib(request: Request) -> int:
    settings: Settings = request.app.state.settings
    return settings.upload_limit_mib


def _address(viewer: Viewer, import_id: int) -> str:
    return f"/studies/{viewer.study.slug}/imports/{import_id}"
