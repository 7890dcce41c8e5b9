"""Meetings: coming and going, who writes, and what each page asks for as it watches. See meeting_item_routes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.adjudication import meeting_actions as meetings
from app.adjudication import policy, queries
from app.adjudication.meeting_page import meeting_state
from app.adjudication.meeting_queries import is_there, item_at_hand, members_there, running_meeting, stamp_of
from app.adjudication.meeting_views import address, hidden, over, part, state_context, whole
from app.db.session import ReadSession, Transaction
from app.rounds.queries import round_by_number
from app.studies.viewer import CurrentViewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, nothing_new, redirect_after

router = APIRouter(prefix="/studies/{slug}/disagreements/{number}")
Seen = Annotated[str, Query(max_length=80)]


@router.get("/meeting")
def meeting(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key) -> Response:
    """For who is there the meeting; for others whether there is one, and those that were."""
    happened = "Ruling saved. This is the next one." if "ruled" in request.query_params else ""
    return whole(request, session, viewer, number, happened=happened)


@router.get("/meeting/waiting")
def meeting_waiting(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, seen: Seen = ""
) -> Response:
    """For the slot on the page of the disagreements."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    running = running_meeting(session, coding_round)
    people = members_there(session, running) if running else []
    is_in = viewer.member.id in {each.id for each in people}
    stamp = ".".join(str(each.id) for each in people) if running else "none"
    if seen == stamp:
        return nothing_new()
    return fragment(
        request,
        "adjudication/_meeting_waiting.html",
        running=running,
        people=people,
        is_in=is_in,
        may_start=policy.may_rule(viewer, coding_round),
        stamp=stamp,
        here_meeting=address(viewer, number),
    )


@router.get("/meeting/state")
def watched_state(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    number: Key,
    seen: Seen = "",
    item: Seen = "",
    ballot: Seen = "",
) -> Response:
    """What each page asks every few seconds. Half-typed words stay, as only the state comes, and the vote form where
    another vote began; all of it comes when the meeting went on to something else. Nothing new is answered 204."""
    coding_round = round_by_number(session, viewer.study.id, number)
    if coding_round.phase == "running":
        return hidden(request)
    running = running_meeting(session, queries.open_round(session, viewer.study.id, number))
    if running is None or not is_there(session, running, viewer.member.id):
        return over(request, viewer, number, has_left=running is not None)
    at_hand = item_at_hand(session, running)
    if item != (str(at_hand.id) if at_hand else ""):
        return whole(request, session, viewer, number)
    if seen == stamp_of(session, running, at_hand):
        return nothing_new()
    state = meeting_state(session, viewer, coding_round, running)
    if state.is_opened and state.ballot is not None and ballot != str(state.ballot.id):
        return part(request, session, viewer, number, "_meeting_new_vote", by_itself=True)
    return fragment(request, "adjudication/_meeting_state.html", **state_context(viewer, number), state=state)


@router.post("/meetings")
def start_meeting(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm
) -> Response:
    dimension_id, opens = posted.number("dimension"), posted.text("opens_items") == "yes"
    meetings.start(session, viewer, number, dimension_id=dimension_id, opens_items=opens)
    return redirect_after(request, address(viewer, number))


@router.post("/meeting/presence")
def join_meeting(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm
) -> Response:
    meetings.join(session, viewer, number, opens_items=posted.text("opens_items") == "yes")
    return redirect_after(request, address(viewer, number))


@router.post("/meeting/departure")
def leave_meeting(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm
) -> Response:
    """member_id: who the scribe saw go; without it the viewer leaves."""
    if posted.text("member_id"):
        meetings.mark_gone(session, viewer, number, posted.number("member_id"))
        return redirect_after(request, address(viewer, number))
    meetings.leave(session, viewer, number)
    return redirect_after(request, f"/studies/{viewer.study.slug}/disagreements?round={number}")


@router.post("/meeting/scribe")
def change_scribe(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm
) -> Response:
    """member_id: who is handed the role; without it the viewer takes it over."""
    if posted.text("member_id"):
        meetings.hand_over(session, viewer, number, posted.number("member_id"))
    else:
        meetings.take_over(session, viewer, number, seen_scribe_id=posted.number("seen_scribe_id"))
    return redirect_after(request, address(viewer, number))


@router.post("/meeting/ending")
def end_meeting(request: Request, session: Transaction, viewer: CurrentViewer, number: Key) -> Response:
    ended = meetings.end(session, viewer, number)
    return redirect_after(request, f"{address(viewer, number)}s/{ended.id}")


@router.post("/meeting/items")
def take_up(request: Request, session: Transaction, viewer: CurrentViewer, number: Key, posted: PostedForm) -> Response:
    meetings.take_up(session, viewer, number, posted.number("incident"), posted.number("dimension"))
    return redirect_after(request, address(viewer, number))
