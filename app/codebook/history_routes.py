"""How the codebook came to be: act after act, and the difference between two of its versions."""

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.codebook.difference_page import difference_page
from app.codebook.history_file import history_csv
from app.codebook.history_page import Asked, history_page
from app.db.session import ReadSession, Transaction
from app.studies.viewer import CurrentViewer
from app.web.forms import PostedForm, whole_number
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/codebook")
LONGEST = 200  # of what is looked for
FILTERS = ("dimension", "member", "kind", "find", "code")


@router.get("/history")
def history(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    dimension: str = Query("", max_length=40),
    member: str = Query("", max_length=40),
    kind: str = Query("", max_length=40),
    find: str = Query("", max_length=LONGEST),
    code: str = Query("", max_length=40),
    at: str = Query("", alias="page", max_length=40),
) -> Response:
    asked = Asked(dimension, member, kind, find, code)
    shown = history_page(session, viewer, asked, whole_number(at) or 1)
    return page(request, "codebook/history.html", here_nav="codebook", shown=shown)


@router.post("/history/file")
def history_file(session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    """What the page shows under the same filters, all of it."""
    asked = Asked(*(posted.text(name)[:LONGEST] for name in FILTERS))
    headers = {"Content-Disposition": f'attachment; filename="{viewer.study.slug}-codebook-history.csv"'}
    return Response(history_csv(session, viewer, asked), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/difference")
def difference(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    since: str | None = Query(None, alias="from", max_length=40),
    until: str = Query("", alias="to", max_length=40),
    dimension: str = Query("", max_length=40),
    kind: str = Query("", max_length=40),
    at: str = Query("", alias="page", max_length=40),
) -> Response:
    shown = difference_page(
        session,
        viewer,
        since=since,
        until=until,
        dimension=dimension,
        kind=kind,
        at=whole_number(at) or 1,
    )
    return page(request, "codebook/difference.html", here_nav="codebook", shown=shown)
