"""Changing a round that is planned or running, and looking at how far its coders are. Every change is the lead's."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.coding import round_changes
from app.coding.change_forms import ChangeForm
from app.coding.round_lines import may_see
from app.coding.round_pages import round_page
from app.coding.round_progress import round_progress
from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid, NotFound
from app.rounds.intake import save_intake
from app.rounds.policy import CodingHasEnded
from app.rounds.queries import round_by_number
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.errors import status_of
from app.web.forms import Key, Posted, PostedForm
from app.web.pages import fragment, is_htmx, nothing_new, redirect_after

router = APIRouter(prefix="/studies/{slug}/rounds/{number}")


@router.get("/coders")
def coders(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, seen: str = "") -> Response:
    """Polled: nothing where it is still what was seen."""
    coding_round = round_by_number(session, viewer.study.id, number)
    if not may_see(viewer, coding_round):
        raise NotFound
    if not is_htmx(request):
        return redirect_after(request, _address(viewer, number))
    found = round_progress(session, viewer, coding_round)
    if seen == found.mark:
        return nothing_new()
    return fragment(request, "rounds/_progress.html", far=found, here_round=_address(viewer, number))


@router.post("/coders")
def add_coder(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    form = ChangeForm.read("coders", posted)

    def act() -> None:
        round_changes.add_coder(session, viewer, number, form.member_id, takes=form.typed["gets"])

    return _changed(request, session, viewer, number, posted, form, act)


@router.post("/departures")
def remove_coder(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    form = ChangeForm.read("departures", posted)

    def act() -> None:
        to = form.pending_to
        round_changes.remove_coder(session, viewer, number, form.member_id, pending_to=to, reason=form.reason)

    return _changed(request, session, viewer, number, posted, form, act)


@router.post("/reassignments")
def reassign(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    form = ChangeForm.read("reassignments", posted)

    def act() -> None:
        round_changes.reassign(session, viewer, number, form.from_id, form.to, how_many=form.how_many)

    return _changed(request, session, viewer, number, posted, form, act)


@router.post("/incidents")
def add_incidents(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    form = ChangeForm.read("incidents", posted)

    def act() -> None:
        ids = form.incident_ids(session, viewer.study.id)
        round_changes.add_incidents(session, viewer, number, ids, by_hand=form.by_hand)

    return _changed(request, session, viewer, number, posted, form, act)


@router.post("/intake")
def change_intake(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    form = ChangeForm.read("intake", posted)
    ends = "end" in posted

    def act() -> None:
        save_intake(session, viewer, number, None if ends else form.intake)

    return _changed(request, session, viewer, number, posted, form, act)


@router.post("/arrivals")
def take_in(request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm) -> Response:
    form = ChangeForm.read("intake", posted)

    def act() -> None:
        round_changes.take_in(session, viewer, number)

    return _changed(request, session, viewer, number, posted, form, act)


def _changed(
    request: Request,
    session: Session,
    viewer: Viewer,
    number: int,
    posted: Posted,
    form: ChangeForm,
    act: Callable[[], None],
) -> Response:
    """Done once however often it is sent. What is refused stands in its form, with why; a round that is past its
    coding has no such form any more."""
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                act()
    except CodingHasEnded:
        raise
    except (Invalid, Conflict) as problem:
        form.problem = problem.sentence
        coding_round = round_by_number(session, viewer.study.id, number)
        return round_page(request, session, viewer, coding_round, form=form, status=status_of(problem))
    return redirect_after(request, f"{_address(viewer, number)}?changed=1#changes")


def _address(viewer: Viewer, number: int) -> str:
    return f"/studies/{viewer.study.slug}/rounds/{number}"
