"""The queue of disagreements, the page of one, and the step of a round that settles what is unanimous."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication import actions, closing, policy, queries
from app.adjudication.disagreement_page import HANDS, DisagreementPage, disagreement_page
from app.adjudication.flags import flag_lines
from app.adjudication.forms import (
    BASIS_WORDS,
    CAUSE_WORDS,
    KIND_WORDS,
    METHOD_WORDS,
    STATE_WORDS,
    RulingForm,
)
from app.codebook.queries import disclosed_codebook
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.rounds.models import Round
from app.studies.queries import members_by_id
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.paging import page_at

router = APIRouter(prefix="/studies/{slug}")
ON_A_PAGE = 50
ONE = "/disagreements/{number}/{incident_id}/{dimension_id}"


@router.post("/rounds/{number}/phases")
def change_phase(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    phase, reasons = posted.text("phase"), {kind: posted.text(f"reason-{kind}") for kind in closing.KINDS}
    try:
        with session.begin_nested():
            coding_round = actions.change_phase(
                session, viewer, number, phase, reason=posted.text("reason"), reasons=reasons
            )
    except closing.StillOpen as problem:
        return _closing_page(request, session, viewer, number, reasons, problem.sentence)
    return redirect_after(request, f"/studies/{viewer.study.slug}/rounds/{coding_round.number}")


@router.get("/disagreements")
def disagreement_queue(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    """Says where and how far coders are apart and who they are, never what they answered: that needs an opening."""
    asked = request.query_params
    rounds = queries.open_rounds(session, viewer.study.id)
    coding_round = _asked_round(rounds, asked.get("round", ""))
    if coding_round is None:
        return page(request, "adjudication/queue.html", here_nav="disagreements", round=None)
    dimension_id = _number(asked.get("dimension", ""))
    standing = asked.get("standing", "open")
    queue = queries.queue(session, coding_round)
    shown = queries.narrowed(queue.disagreements, dimension_id, standing if standing in ("open", "ruled") else "")
    at, pages = page_at(_number(asked.get("page", "")) or 1, len(shown), ON_A_PAGE)
    return page(
        request,
        "adjudication/queue.html",
        here_nav="disagreements",
        round=coding_round,
        rounds=[(each.number, each.name) for each in rounds],
        queue=queue,
        shown=shown[(at - 1) * ON_A_PAGE : at * ON_A_PAGE],
        found=len(shown),
        at=at,
        pages=pages,
        wanted=standing,
        dimension_id=dimension_id,
        dimensions=[(d.id, d.name) for d in disclosed_codebook(session, viewer.study.id).dimensions],
        members=members_by_id(session, viewer.study.id),
        flags=flag_lines(session, viewer, coding_round),
        may_rule=policy.may_rule(viewer, coding_round),
        happened="Ruling saved. It was the last open one here." if "done" in asked else "",
    )


@router.post("/disagreements/{number}/flags/openings")
def open_flags(request: Request, session: Transaction, viewer: CurrentViewer, number: Key) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    actions.open_flags(session, viewer, coding_round)
    return redirect_after(request, f"/studies/{viewer.study.slug}/disagreements?round={coding_round.number}#flags")


@router.get(ONE)
def one_disagreement(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, incident_id: Key, dimension_id: Key
) -> Response:
    """Renders what is the viewer's own and what an exposure of theirs covers (promise 3)."""
    shown = _shown(session, viewer, number, incident_id, dimension_id)
    after_ruling = "next" in request.query_params
    happened = "Ruling saved. This is the next one." if after_ruling else ""
    return _page(request, viewer, shown, RulingForm.of(shown), happened=happened, focus_opening=after_ruling)


@router.post(ONE + "/openings")
def open_answers(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, incident_id: Key, dimension_id: Key
) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    actions.open_answers(session, viewer, coding_round, incident_id, dimension_id)
    if is_htmx(request):
        shown = disagreement_page(session, viewer, coding_round, incident_id, dimension_id)
        return _page(request, viewer, shown, RulingForm.of(shown))
    return redirect_after(request, _address(viewer, number, incident_id, dimension_id))


@router.post(ONE + "/rulings")
def rule(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    incident_id: Key,
    dimension_id: Key,
    posted: PostedForm,
) -> Response:
    """On to the next open one. Where somebody else ruled meanwhile, both rulings are shown and none is lost."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    policy.check_may_rule(viewer, coding_round)
    form = RulingForm.read(posted)
    status = 422
    try:
        if not form.problems:
            with session.begin_nested():
                if not sent_before(session, viewer, request.url.path, posted):
                    actions.rule(session, viewer, coding_round, incident_id, dimension_id, form.words)
            return redirect_after(request, _next_address(session, viewer, coding_round, incident_id, dimension_id))
    except Invalid as problem:
        form.refuse(problem)
    except policy.RuledMeanwhile as problem:
        status = 409
        form.problems[""] = problem.sentence
        actions.open_answers(session, viewer, coding_round, incident_id, dimension_id)
    shown = disagreement_page(session, viewer, coding_round, incident_id, dimension_id)
    if status == 409 and shown.standing_ruling:
        form.seen_ruling_id = shown.standing_ruling.ruling.id
    return _page(request, viewer, shown, form, status=status)


@router.post(ONE + "/comments")
def comment(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    incident_id: Key,
    dimension_id: Key,
    posted: PostedForm,
) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    typed, problem = posted.text("text"), ""
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                actions.comment(session, viewer, coding_round, incident_id, dimension_id, typed)
    except Invalid as refused:
        problem = refused.sentence
    if not problem and not is_htmx(request):
        return redirect_after(request, _address(viewer, number, incident_id, dimension_id) + "#comments")
    shown = disagreement_page(session, viewer, coding_round, incident_id, dimension_id)
    said = {"typed": typed if problem else "", "comment_problem": problem}
    if is_htmx(request):
        status = 422 if problem else 200
        return fragment(request, "adjudication/_comments.html", status=status, **_context(viewer, shown), **said)
    return _page(request, viewer, shown, RulingForm.of(shown), status=422, **said)


def _closing_page(
    request: Request, session: Session, viewer: Viewer, number: int, reasons: dict[str, str], problem: str
) -> Response:
    """Nothing was done yet: what would stay open, and a field for why, of each."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    return page(
        request,
        "adjudication/closing.html",
        status=422,
        here_nav="rounds",
        round=coding_round,
        left=closing.left_open(session, viewer, coding_round),
        members=members_by_id(session, viewer.study.id),
        reasons=reasons,
        problem=problem if any(reasons.values()) else "",
    )


def _shown(session: Session, viewer: Viewer, number: int, incident_id: int, dimension_id: int) -> DisagreementPage:
    coding_round = queries.open_round(session, viewer.study.id, number)
    return disagreement_page(session, viewer, coding_round, incident_id, dimension_id)


def _page(
    request: Request, viewer: Viewer, shown: DisagreementPage, form: RulingForm, *, status: int = 200, **more: Any
) -> Response:
    answer = fragment if is_htmx(request) else page
    name = "adjudication/_disagreement.html" if is_htmx(request) else "adjudication/disagreement.html"
    defaults = {"typed": "", "comment_problem": "", "focus_opening": False, "here_nav": "disagreements"}
    return answer(request, name, status=status, **_context(viewer, shown), form=form, **{**defaults, **more})


def _context(viewer: Viewer, shown: DisagreementPage) -> dict[str, Any]:
    return {
        "shown": shown,
        "here_one": _address(viewer, shown.coding_round.number, *shown.key),
        "cause_words": CAUSE_WORDS,
        "state_words": STATE_WORDS,
        "kind_words": KIND_WORDS,
        "basis_words": BASIS_WORDS,
        "method_words": METHOD_WORDS,
        "hands": HANDS,
    }


def _asked_round(rounds: list[Round], asked: str) -> Round | None:
    """Without a number the newest that is settling, else the newest. One that is still hidden is not found."""
    if asked:
        wanted = next((each for each in rounds if str(each.number) == asked), None)
        if wanted is None:
            raise NotFound
        return wanted
    return next((each for each in rounds if each.phase == "settling"), rounds[0] if rounds else None)


def _next_address(session: Session, viewer: Viewer, coding_round: Round, incident_id: int, dimension_id: int) -> str:
    following = queries.queue(session, coding_round).next_open((incident_id, dimension_id))
    if following is None:
        return f"/studies/{viewer.study.slug}/disagreements?round={coding_round.number}&standing=ruled&done=1"
    return _address(viewer, coding_round.number, *following.key) + "?next=1"


def _address(viewer: Viewer, number: int, incident_id: int, dimension_id: int) -> str:
    return f"/studies/{viewer.study.slug}/disagreements/{number}/{incident_id}/{dimension_id}"


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
