"""A coder's earlier work at hand: the grid of a round, and earlier quotes beside the desk."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.coding.earlier_quotes import earlier_quotes
from app.coding.mine_page import MineFilter, mine_page
from app.db.session import ReadSession
from app.problems import NotFound
from app.rounds.queries import own_round_numbers
from app.studies.viewer import CurrentViewer
from app.web.forms import Key, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}")


@router.get("/coding/mine")
def my_codings(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    round: int = 0,
    found: str = "",
    dimension: int = 0,
    words: str = "",
    state: str = "",
    sort: str = "queue",
    at: int = 1,
) -> Response:
    if not viewer.may_code:
        raise NotFound
    if not round and not own_round_numbers(session, viewer.study.id, viewer.member.id):
        return redirect_after(request, f"/studies/{viewer.study.slug}/coding")  # which says why there is nothing
    asked = MineFilter(round, found, dimension, words, state, sort, at)
    return page(request, "coding/mine.html", here_nav="coding", mine=mine_page(session, viewer, asked))


@router.get("/assignments/{assignment_id}/earlier-quotes")
def earlier(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    assignment_id: Key,
    code: str = "",
    dimension: str = "",
) -> Response:
    """The panel for scripts; a page of its own for everybody else."""
    found = earlier_quotes(
        session,
        viewer,
        assignment_id,
        code_id=_asked(code),
        dimension_id=_asked(dimension),
    )
    if is_htmx(request):
        return fragment(request, "coding/_earlier.html", earlier=found)
    return page(request, "coding/earlier.html", here_nav="coding", earlier=found)


def _asked(typed: str) -> int | None:
    """What is no number names nothing that can be found."""
    return (whole_number(typed) or 0) if typed else None
