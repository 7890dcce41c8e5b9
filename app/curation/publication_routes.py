"""The page of a version: what its figures are, and the link at which others may read it."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.cookie import base_url
from app.codebook import queries as codebook
from app.curation import publishing
from app.curation.publication_forms import PublicationForm
from app.curation.statement import statement
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook")


@router.get("/versions/{version_id}")
def version_page(request: Request, session: ReadSession, viewer: CurrentViewer, version_id: Key) -> Response:
    return _version_page(request, session, viewer, version_id, PublicationForm())


@router.post("/versions/{version_id}/publication")
def publish(
    request: Request, session: Transaction, viewer: LeadingViewer, version_id: Key, posted: PostedForm
) -> Response:
    form = PublicationForm.read(posted)
    try:
        with session.begin_nested():
            publishing.publish(session, viewer, version_id, reach=form.reach, quotes_examples=form.quotes_examples)
    except Invalid as problem:
        form.refuse(problem)
        return _version_page(request, session, viewer, version_id, form, status=422)
    return redirect_after(request, _address(viewer, version_id))


@router.post("/publications/{publication_id}/revocation")
def revoke(request: Request, session: Transaction, viewer: LeadingViewer, publication_id: Key) -> Response:
    revoked = publishing.revoke(session, viewer, publication_id)
    return redirect_after(request, _address(viewer, revoked.version_id))


def _version_page(
    request: Request, session: Session, viewer: Viewer, version_id: int, form: PublicationForm, *, status: int = 200
) -> Response:
    version = codebook.version(session, viewer.study.id, version_id)
    publication = publishing.standing_publication(session, viewer.study.id, version_id)
    return page(
        request,
        "curation/version.html",
        status=status,
        here_nav="codebook",
        version=version,
        statement=statement(session, version),
        publication=publication,
        link=f"{base_url(request)}/published/{publication.token}" if publication else "",
        form=form,
    )


def _address(viewer: Viewer, version_id: int) -> str:
    return f"/studies/{viewer.study.slug}/codebook/versions/{version_id}"
