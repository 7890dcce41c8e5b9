"""The codebook page: the tree on the left, a code or the overview on the right, now or as a version had it."""

from typing import Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook import actions
from app.codebook.colours import hue_of
from app.codebook.counts import code_counts
from app.codebook.examples import KINDS, kind_of
from app.codebook.forms import VersionForm
from app.codebook.reading import Shelf, history, may_read_whole, shelf
from app.codebook.tree import CodeEntry
from app.db.session import ReadSession, Transaction
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.problems import Invalid, NotFound
from app.studies.queries import members_by_id
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook")


@router.get("")
def codebook_page(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    version: str = "",
    find: str = Query("", max_length=200),
) -> Response:
    shown = shelf(session, viewer, version_asked_for(version))
    return codebook_answer(request, session, viewer, shown, find=find)


@router.get("/tree")
def tree(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    version: str = "",
    find: str = Query("", max_length=200),
) -> Response:
    """The tree alone, while somebody types what they look for."""
    shown = shelf(session, viewer, version_asked_for(version))
    if not is_htmx(request):
        return codebook_answer(request, session, viewer, shown, find=find)
    return fragment(request, "codebook/_tree.html", **_tree_context(session, viewer, shown, None, find))


@router.get("/codes/{code_id}")
def code_page(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    code_id: Key,
    version: str = "",
) -> Response:
    shown = shelf(session, viewer, version_asked_for(version))
    if shown.version and code_id not in shown.codebook.codes and not is_htmx(request):
        missing = shelf(session, viewer).code(code_id)
        return codebook_answer(request, session, viewer, shown, missing=missing, status=404)
    context = code_context(session, viewer, shown, shown.code(code_id))
    if is_htmx(request):
        return fragment(request, "codebook/_code.html", shelf=shown, **context)
    around = _tree_context(session, viewer, shown, context["code"], "")
    return page(request, "codebook/code.html", here_nav="codebook", **around, **context)


@router.post("/versions")
def name_version(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = VersionForm.read(posted)
    try:
        with session.begin_nested():
            actions.name_version(session, viewer.study.id, viewer.member, name=form.name, notes=form.notes)
    except Invalid as problem:
        form.refuse(problem)
        return codebook_answer(request, session, viewer, shelf(session, viewer), form=form, status=422)
    return redirect_after(request, f"/studies/{viewer.study.slug}/codebook")


def codebook_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    shown: Shelf,
    *,
    find: str = "",
    form: VersionForm | None = None,
    missing: CodeEntry | None = None,
    status: int = 200,
) -> Response:
    """missing: a code that was asked for, and that the version does not have."""
    context = _tree_context(session, viewer, shown, None, find)
    form = form or VersionForm(name=f"v{len(shown.versions) + 1}")
    return page(
        request, "codebook/codebook.html", status=status, here_nav="codebook", form=form, missing=missing, **context
    )


def code_context(session: Session, viewer: Viewer, shown: Shelf, code: CodeEntry) -> dict[str, Any]:
    members = members_by_id(session, viewer.study.id)
    whole = may_read_whole(viewer, code)
    author = members.get(code.created_by) if whole and code.created_by is not None else None
    return {
        "code": code,
        "dimension": shown.codebook.dimension(code.dimension_id),
        "path": shown.path(code),
        "below": [entry for entry, _ in shown.codebook.tree_of(code.dimension_id) if entry.parent_id == code.id],
        "merged_into": shown.codebook.codes.get(code.merged_into_id) if code.merged_into_id is not None else None,
        "applied": code_counts(session, viewer.study.id).get(code.id, 0),
        "parts": shown.codebook.parts_of(code.id),
        "split_from": shown.codebook.codes.get(code.split_from_id) if code.split_from_id is not None else None,
        "examples": _examples(session, viewer, code),
        "hue": hue_of(code.colour),
        "whole": whole,
        "author": author.name if author else "",
        "history": history(session, viewer, shown, code),
    }


def _examples(session: Session, viewer: Viewer, code: CodeEntry) -> list[tuple[str, str, Incident | None]]:
    """(kind, words, the incident that says them), the kinds together."""
    ids = {each["incident_id"] for each in code.examples if each.get("incident_id") is not None}
    incidents = incidents_by_id(session, viewer.study.id, ids) if ids else {}
    order = list(KINDS)
    shown = sorted(code.examples, key=lambda each: order.index(kind_of(each)))
    return [(KINDS[kind_of(each)], each["text"], incidents.get(each.get("incident_id", 0))) for each in shown]


def version_asked_for(version: str) -> int | None:
    """Blank is the codebook as it is now; what cannot be a version is not found."""
    if not version:
        return None
    version_id = whole_number(version)
    if version_id is None:
        raise NotFound
    return version_id


def _tree_context(session: Session, viewer: Viewer, shown: Shelf, code: CodeEntry | None, find: str) -> dict[str, Any]:
    return {
        "shelf": shown,
        "branches": shown.branches(current=code, find=find),
        "current": code,
        "find": find,
        "counts": code_counts(session, viewer.study.id),
        "hue_of": hue_of,
        "may_move": viewer.leads and shown.version is None and not find,
    }
