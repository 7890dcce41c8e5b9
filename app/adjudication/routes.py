"""The page of one disagreement, and the step of a round that settles what is unanimous."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication import actions, closing, policy, queries
from app.adjudication.disagreement_page import disagreement_page
from app.adjudication.disagreement_shown import HANDS, DisagreementPage
from app.adjudication.forms import (
    BASIS_WORDS,
    CAUSE_KEYS,
    CAUSE_WORDS,
    KIND_WORDS,
    METHOD_WORDS,
    STATE_WORDS,
    RulingForm,
)
from app.adjudication.narrowing import Narrowing
from app.adjudication.next_one import next_address, queried, walk_of
from app.adjudication.rule_forms import RULE_STANDING_WORDS, RULE_WORDS
from app.adjudication.rule_lines import DRAFTS
from app.codebook.policy import NotActive
from app.codebook.revisions import ChangedMeanwhile
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.queries import members_by_id
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}")
AFTER = {"1": "Ruling saved. This is the next one.", "confirmed": "Confirmed. This is the next one."}
DEFAULTS = {
    "typed": "",
    "typed_to": None,
    "comment_problem": "",
    "taking_back_problem": "",
    "taking_back_reason": "",
    "focus_opening": False,
    "here_nav": "disagreements",
}
WORDS: dict[str, Any] = {
    "cause_words": CAUSE_WORDS,
    "cause_keys": CAUSE_KEYS,
    "drafts": DRAFTS,
    "rule_words": RULE_WORDS,
    "standing_words": RULE_STANDING_WORDS,
    "state_words": STATE_WORDS,
    "kind_words": KIND_WORDS,
    "basis_words": BASIS_WORDS,
    "method_words": METHOD_WORDS,
    "hands": HANDS,
}
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


@router.get(ONE)
def one_disagreement(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, incident_id: Key, dimension_id: Key
) -> Response:
    """Renders what is the viewer's own and what an exposure of theirs covers (promise 3)."""
    shown = _shown(request, session, viewer, number, incident_id, dimension_id)
    after = request.query_params.get("next", "")
    after_ruling = bool(after)
    happened = AFTER.get(after, "")
    form = RulingForm.of(shown)
    return disagreement_answer(request, viewer, shown, form, happened=happened, focus_opening=after_ruling)


@router.post(ONE + "/openings")
def open_answers(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, incident_id: Key, dimension_id: Key
) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    actions.open_answers(session, viewer, coding_round, incident_id, dimension_id)
    if is_htmx(request):
        shown = _shown(request, session, viewer, number, incident_id, dimension_id)
        return disagreement_answer(request, viewer, shown, RulingForm.of(shown))
    return redirect_after(request, address(viewer, number, incident_id, dimension_id) + walk_of(request))


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
            return redirect_after(
                request, next_address(request, session, viewer, coding_round, incident_id, dimension_id)
            )
    except Invalid as problem:
        form.refuse(problem)
    except (ChangedMeanwhile, NotActive) as problem:
        status = 409
        form.problems[""] = f"{problem.sentence} Your ruling is not saved yet."
    except policy.RuledMeanwhile as problem:
        status = 409
        form.problems[""] = problem.sentence
        actions.open_answers(session, viewer, coding_round, incident_id, dimension_id)
    shown = _shown(request, session, viewer, number, incident_id, dimension_id)
    if status == 409:
        form.stands_on(shown)
    return disagreement_answer(request, viewer, shown, form, status=status)


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
    typed, problem, parent_id = posted.text("text"), "", posted.number("parent_id")
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                actions.comment(session, viewer, coding_round, incident_id, dimension_id, typed, parent_id=parent_id)
    except Invalid as refused:
        problem = refused.sentence
    if not problem and not is_htmx(request):
        place = address(viewer, number, incident_id, dimension_id) + walk_of(request)
        return redirect_after(request, place + "#comments")
    shown = _shown(request, session, viewer, number, incident_id, dimension_id)
    said = {"typed": typed if problem else "", "typed_to": parent_id, "comment_problem": problem}
    if is_htmx(request):
        status = 422 if problem else 200
        return fragment(request, "adjudication/_comments.html", status=status, **_context(viewer, shown), **said)
    return disagreement_answer(request, viewer, shown, RulingForm.of(shown), status=422, **said)


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


def _shown(
    request: Request, session: Session, viewer: Viewer, number: int, incident_id: int, dimension_id: int
) -> DisagreementPage:
    coding_round = queries.open_round(session, viewer.study.id, number)
    narrowing = Narrowing.read(request.query_params)
    return disagreement_page(session, viewer, coding_round, incident_id, dimension_id, narrowing)


def disagreement_answer(
    request: Request, viewer: Viewer, shown: DisagreementPage, form: RulingForm, *, status: int = 200, **more: Any
) -> Response:
    answer = fragment if is_htmx(request) else page
    name = "adjudication/_disagreement.html" if is_htmx(request) else "adjudication/disagreement.html"
    rule_beside = shown.codebook.codes.get(form.rule.code_id or 0) if status == 409 else None
    context = {**DEFAULTS, **_context(viewer, shown), "form": form, "rule_beside": rule_beside, **more}
    return answer(request, name, status=status, **context)


def _context(viewer: Viewer, shown: DisagreementPage) -> dict[str, Any]:
    return {
        "shown": shown,
        "here_one": address(viewer, shown.coding_round.number, *shown.key),
        "walk": queried(shown.walk.narrowing.query),
        **WORDS,
    }


def address(viewer: Viewer, number: int, incident_id: int, dimension_id: int) -> str:
    return f"/studies/{viewer.study.slug}/disagreements/{number}/{incident_id}/{dimension_id}"
