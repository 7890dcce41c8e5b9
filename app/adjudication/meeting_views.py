"""The meeting as it is answered: whole, by its parts, or the way back to it after a plain form."""

from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication import policy, queries
from app.adjudication.disagreement_shown import DisagreementPage
from app.adjudication.forms import RulingForm
from app.adjudication.meeting_forms import VOTE_WORDS
from app.adjudication.meeting_page import MeetingPage, meeting_page
from app.adjudication.meeting_queries import is_there, members_there, running_meeting
from app.adjudication.meeting_record import meeting_lines
from app.adjudication.routes import DEFAULTS, WORDS
from app.codebook.queries import disclosed_codebook
from app.problems import NotFound
from app.studies.viewer import Viewer
from app.web.pages import fragment, is_htmx, page, redirect_after

WATCHED_SECONDS = 2


def address(viewer: Viewer, number: int) -> str:
    return f"/studies/{viewer.study.slug}/disagreements/{number}/meeting"


def whole(
    request: Request, session: Session, viewer: Viewer, number: int, *, status: int = 200, **more: Any
) -> Response:
    """As it stands: the page, or its main part for htmx. Who is not there is shown the way in."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    running = running_meeting(session, coding_round)
    if running is None or not is_there(session, running, viewer.member.id):
        return _door(request, session, viewer, number)
    said = {**context(viewer, meeting_page(session, viewer, coding_round, running)), **more}
    if is_htmx(request):
        return instead_of_all(fragment(request, "adjudication/_meeting.html", status=status, **said))
    return page(request, "adjudication/meeting.html", status=status, **said)


def shown_at_hand(session: Session, viewer: Viewer, number: int) -> DisagreementPage | None:
    coding_round = queries.open_round(session, viewer.study.id, number)
    running = running_meeting(session, coding_round)
    return meeting_page(session, viewer, coding_round, running).shown if running else None


def part(
    request: Request,
    session: Session,
    viewer: Viewer,
    number: int,
    name: str,
    *,
    status: int = 200,
    into: str = "",
    **more: Any,
) -> Response:
    """One part for htmx, or the page whole. into: where it goes if not where the form said."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    running = running_meeting(session, coding_round)
    if running is None or not is_htmx(request):
        return whole(request, session, viewer, number, status=status, **more)
    said = {**context(viewer, meeting_page(session, viewer, coding_round, running)), **more}
    answer = fragment(request, f"adjudication/{name}.html", status=status, **said)
    if into:
        answer.headers["HX-Retarget"] = into
    return answer


def context(viewer: Viewer, shown: MeetingPage) -> dict[str, Any]:
    """Of the page and of each of its parts. here_one: where comments on what is at hand are sent."""
    number, item = shown.state.coding_round.number, shown.state.item
    place = f"/{item.incident_id}/{item.dimension_id}" if item else ""
    return {
        **DEFAULTS,
        **WORDS,
        **state_context(viewer, number),
        "meeting": shown,
        "state": shown.state,
        "shown": shown.shown,
        "form": RulingForm.of(shown.shown) if shown.shown else RulingForm(),
        "here_item": f"{address(viewer, number)}/items/{item.id}" if item else "",
        "here_one": f"/studies/{viewer.study.slug}/disagreements/{number}{place}",
        "walk": "",
        "rule_beside": None,
        "chosen": shown.state.chosen,
        "vote_problem": "",
        "is_writing": False,
        "by_itself": False,
    }


def state_context(viewer: Viewer, number: int) -> dict[str, Any]:
    return {
        "here_meeting": address(viewer, number),
        "vote_words": VOTE_WORDS,
        "watched_seconds": WATCHED_SECONDS,
    }


def over(request: Request, viewer: Viewer, number: int, *, has_left: bool) -> Response:
    """In place of the state: what is typed on the page stays, and it asks no more."""
    if not is_htmx(request):
        return redirect_after(request, address(viewer, number))
    return fragment(request, "adjudication/_meeting_over.html", has_left=has_left, here_meeting=address(viewer, number))


def hidden(request: Request) -> Response:
    """In place of all that the page showed: the round is coded again (promise 1)."""
    if not is_htmx(request):
        raise NotFound
    return instead_of_all(fragment(request, "adjudication/_meeting_hidden.html", status=404))


def instead_of_all(answer: Response) -> Response:
    """Takes the place of the whole main part, whatever part asked."""
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#main", "outerHTML"
    return answer


def _door(request: Request, session: Session, viewer: Viewer, number: int) -> Response:
    """For who is not there: join, start one, or read what was kept of others."""
    if is_htmx(request):
        return redirect_after(request, address(viewer, number))
    coding_round = queries.open_round(session, viewer.study.id, number)
    running = running_meeting(session, coding_round)
    queue = queries.queue(session, coding_round)
    waiting = {each.dimension.id for each in queue.open}
    codebook = disclosed_codebook(session, viewer.study.id)
    return page(
        request,
        "adjudication/meeting_door.html",
        here_nav="disagreements",
        round=coding_round,
        running=running,
        people=members_there(session, running) if running else [],
        open_ones=len(queue.open),
        dimensions=[(each.id, each.name) for each in codebook.dimensions if each.id in waiting],
        may_start=policy.may_rule(viewer, coding_round),
        lines=meeting_lines(session, coding_round),
        here_meeting=address(viewer, number),
    )
