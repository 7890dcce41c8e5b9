"""The queue of a round's disagreements and audits, and what is opened or confirmed from it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adjudication import actions, policy, queries
from app.adjudication.auditing import confirm
from app.adjudication.forms import KIND_WORDS
from app.adjudication.narrowing import Narrowing, narrowed
from app.adjudication.next_one import next_address, queried
from app.adjudication.openings import open_listed, opened_keys
from app.adjudication.queue_page import ORDER_WORDS, queue_page
from app.db.session import ReadSession, Transaction
from app.problems import NotFound
from app.rounds.held_open import hold_open
from app.rounds.models import Round
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/disagreements")
DONE = {
    "1": "Ruling saved. It was the last open one here.",
    "confirmed": "Confirmed. It was the last one here.",
    "opened": "Opened. The pairs of codes can be chosen from now.",
}


@router.get("")
def disagreement_queue(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    """Says where and how far coders are apart and who they are, never what they answered: that needs an opening."""
    asked = request.query_params
    rounds = queries.open_rounds(session, viewer.study.id)
    coding_round = _asked_round(rounds, asked.get("round", ""))
    if coding_round is None:
        return page(request, "adjudication/queue.html", here_nav="disagreements", round=None)
    narrowing = Narrowing.read(asked, standing="open")
    shown = queue_page(session, viewer, coding_round, narrowing, whole_number(asked.get("page", "")) or 1)
    return page(
        request,
        "adjudication/queue.html",
        here_nav="disagreements",
        round=coding_round,
        rounds=[(each.number, each.name) for each in rounds],
        shown=shown,
        orders=ORDER_WORDS,
        kind_words=KIND_WORDS,
        walk=queried(narrowing.query),
        may_rule=policy.may_rule(viewer, coding_round),
        happened=DONE.get(asked.get("done", ""), ""),
    )


@router.post("/{number}/openings")
def open_many(request: Request, session: Transaction, viewer: CurrentViewer, number: Key) -> Response:
    """All that fits the filters but for the pair of codes, which nobody can choose before."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    hold_open(session, coding_round)
    narrowing = Narrowing.read(request.query_params).but(codes="")
    queue = queries.queue(session, coding_round)
    open_listed(
        session, viewer, coding_round, narrowed(queue, narrowing, opened_keys(session, viewer, queue)).not_opened
    )
    base = f"/studies/{viewer.study.slug}/disagreements"
    return redirect_after(request, f"{base}?round={coding_round.number}&{narrowing.listing}&done=opened")


@router.post("/{number}/flags/openings")
def open_flags(request: Request, session: Transaction, viewer: CurrentViewer, number: Key) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    actions.open_flags(session, viewer, coding_round)
    return redirect_after(request, f"/studies/{viewer.study.slug}/disagreements?round={coding_round.number}#flags")


@router.post("/{number}/{incident_id}/{dimension_id}/confirmations")
def confirm_audited(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    incident_id: Key,
    dimension_id: Key,
    posted: PostedForm,
) -> Response:
    """Of what was drawn for an audit; and on to the next one."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    policy.check_may_rule(viewer, coding_round)
    if not sent_before(session, viewer, request.url.path, posted):
        confirm(session, viewer, coding_round, incident_id, dimension_id)
    place = (coding_round, incident_id, dimension_id)
    return redirect_after(request, next_address(request, session, viewer, *place, after="confirmed"))


def _asked_round(rounds: list[Round], asked: str) -> Round | None:
    """Without a number the newest that is settling, else the newest. One that is still hidden is not found."""
    if asked:
        wanted = next((each for each in rounds if str(each.number) == asked), None)
        if wanted is None:
            raise NotFound
        return wanted
    return next((each for each in rounds if each.phase == "settling"), rounds[0] if rounds else None)
