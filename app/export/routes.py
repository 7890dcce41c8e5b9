"""The export page. Data sets are taken by a post, because taking one is an act that shows others' codes."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.codebook import queries as codebook
from app.db.session import ReadSession, Transaction
from app.export import actions
from app.export.queries import open_rounds
from app.export.writing import download
from app.studies.viewer import CurrentViewer
from app.web.forms import PostedForm
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/export")


@router.get("")
def export_page(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    return page(
        request,
        "export/page.html",
        here_nav="export",
        versions=[("", "as it stands now")] + [(v.id, v.name) for v in codebook.versions(session, viewer.study.id)],
        rounds=[("", "all rounds below")]
        + [(r.number, f"{r.number} · {r.name}") for r in open_rounds(session, viewer.study.id)],
        open_rounds=open_rounds(session, viewer.study.id),
    )


@router.post("/codebook")
def take_codebook(session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    version_id = posted.number("version")
    return download(
        actions.codebook_export(
            session, viewer.study, version_id=version_id, format=posted.text("format", "csv"), viewer=viewer
        )
    )


@router.post("/dataset")
def take_dataset(session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    number = posted.number("round")
    return download(actions.taken_dataset(session, viewer, form=posted.text("form", "long"), round_number=number))
