"""Your own switches: what a coder did with their own answers after a suggestion, for nobody but themselves."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.db.session import ReadSession
from app.rounds.policy import check_open_to_others
from app.rounds.queries import round_by_number
from app.studies.viewer import CurrentViewer
from app.web.forms import Key
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/switches")


@router.get("")
def own_switches_page(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    check_open_to_others(coding_round)
    # numpy: not before there is something to count
    from app.suggestions.own_switches import own_switches

    runs = own_switches(session, viewer, coding_round)
    return page(request, "suggestions/own_switches.html", here_nav="agreement", round=coding_round, runs=runs)
