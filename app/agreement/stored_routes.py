"""The figures of a round as they stood at its closing, and the file by which anybody can make them again."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.agreement.asked import number_of
from app.agreement.page import offered_round, offered_rounds
from app.agreement.stored_file import taken_file
from app.agreement.stored_page import stored_page
from app.db.session import ReadSession, Transaction
from app.studies.viewer import CurrentViewer
from app.web.forms import Key, PostedForm
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/agreement/{number}/stored")


@router.get("")
def stored(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, set: str = "") -> Response:
    """Aggregates, and how many ratings differ: they need no exposure, but the round must be open."""
    coding_round = offered_round(offered_rounds(session, viewer)[0], number)
    found = stored_page(session, viewer, coding_round, number_of(set))
    return page(request, "agreement/stored.html", here_nav="agreement", found=found)


@router.post("/file")
def stored_file(session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm) -> Response:
    """It holds what everybody answered, which is recorded as an exposure before it leaves (promise 3)."""
    coding_round = offered_round(offered_rounds(session, viewer)[0], number)
    content = taken_file(session, viewer, coding_round, number_of(posted.text("set")))
    name = f"{viewer.study.slug}-round-{coding_round.number}-figures-at-closing.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)
