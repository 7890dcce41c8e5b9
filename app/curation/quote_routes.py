"""The quotes of a code side by side, and moving some of them to another code."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.curation import recoding
from app.curation.move_page import move_page
from app.curation.quote_forms import MoveForm
from app.curation.quotes import Wanted
from app.curation.quotes_page import codes_around, codes_beside, fields_of, quotes_page, shown_code
from app.curation.recoding_policy import (
    MOST_QUOTES,
    NoReason,
    NothingChosen,
    TooLong,
    TooMany,
    check_chosen,
    check_may_recode,
)
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, Posted, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook")
QUOTES = "/codes/{code_id}/quotes"
OF = ("last", "first")

Asked = Annotated[str, Query(max_length=300)]
AskedKey = Annotated[str, Query(max_length=19)]


@router.get(QUOTES)
def quotes(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    code_id: Key,
    cohort: Asked = "",
    coding_round: Annotated[str, Query(alias="round", max_length=19)] = "",
    coder: AskedKey = "",
    of: Asked = "",
    beside: AskedKey = "",
    at: Annotated[str, Query(alias="page", max_length=9)] = "1",
) -> Response:
    wanted = _wanted(cohort, coding_round, coder, of)
    number = max(whole_number(at) or 1, 1)
    return _quotes_answer(request, session, viewer, code_id, wanted, whole_number(beside), number)


@router.post(QUOTES + "/openings")
def open_quotes(
    request: Request, session: Transaction, viewer: CurrentViewer, code_id: Key, posted: PostedForm
) -> Response:
    """Of the code and of those beside it, as far as the filters let them through."""
    wanted, beside_id = _posted_filters(posted)
    codebook, code = shown_code(session, viewer, code_id)
    beside = codes_beside(codes_around(codebook, code), beside_id)
    codes = [code, *beside]
    recoding.open_quotes(session, viewer, [each.id for each in codes], wanted)
    if is_htmx(request):
        return _quotes_answer(request, session, viewer, code_id, wanted, beside_id, 1)
    return redirect_after(request, _address(viewer, code_id, wanted, beside_id))


@router.get(QUOTES + "/chosen")
def chosen_quotes(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    code_id: Key,
    quote: Annotated[list[str], Query(max_length=MOST_QUOTES + 1)] = [],  # noqa: B006
) -> Response:
    check_may_recode(viewer)
    found = [whole_number(each) for each in quote]
    if any(each is None for each in found):
        raise NotFound
    evidence_ids = [each for each in found if each is not None]
    try:
        check_chosen(evidence_ids)
    except (NothingChosen, TooMany) as problem:
        return _quotes_answer(
            request, session, viewer, code_id, Wanted(), None, 1, problem=problem.sentence, status=422
        )
    return _move_answer(request, session, viewer, code_id, evidence_ids)


@router.post("/codes/{code_id}/recodings")
def move_quotes(
    request: Request, session: Transaction, viewer: CurrentViewer, code_id: Key, posted: PostedForm
) -> Response:
    check_may_recode(viewer)
    form = MoveForm.read(posted)
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                recoding.move_quotes(session, viewer, code_id, form.words)
    except (NothingChosen, TooMany) as problem:
        sentence = problem.sentence
        return _quotes_answer(request, session, viewer, code_id, Wanted(), None, 1, problem=sentence, status=422)
    except Invalid as problem:
        form.refuse(problem)
        return _move_answer(request, session, viewer, code_id, form.evidence_ids, form=form)
    return redirect_after(request, _address(viewer, code_id, Wanted(), None))


@router.post("/recodings/{recoding_id}/return")
def take_back(
    request: Request, session: Transaction, viewer: CurrentViewer, recoding_id: Key, posted: PostedForm
) -> Response:
    try:
        with session.begin_nested():
            done = recoding.take_back(session, viewer, recoding_id, posted.text("reason"))
    except (NoReason, TooLong) as problem:
        code_id = recoding.recoding_of(session, viewer, recoding_id).from_code_id
        sentence = problem.sentence
        return _quotes_answer(request, session, viewer, code_id, Wanted(), None, 1, problem=sentence, status=422)
    if posted.text("then") == "unresolved":
        return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/codes/{done.from_code_id}/unresolved")
    return redirect_after(request, _address(viewer, done.from_code_id, Wanted(), None))


def _wanted(cohort: str, coding_round: str, coder: str, of: str) -> Wanted:
    return Wanted(
        cohort=cohort,
        round_number=whole_number(coding_round),
        coder_id=whole_number(coder),
        of=of if of in OF else "last",
    )


def _posted_filters(posted: Posted) -> tuple[Wanted, int | None]:
    asked = {name: posted.text(name) for name in ("cohort", "round", "coder", "of", "beside")}
    return _wanted(asked["cohort"], asked["round"], asked["coder"], asked["of"]), whole_number(asked["beside"])


def _quotes_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int,
    wanted: Wanted,
    beside_id: int | None,
    at: int,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    shown = quotes_page(session, viewer, code_id, wanted, beside_id=beside_id, page=at)
    context: dict[str, Any] = {"shown": shown, "problem": problem, "base": f"/studies/{viewer.study.slug}/codebook"}
    if is_htmx(request):
        return fragment(request, "curation/_quotes.html", status=status, **context)
    return page(request, "curation/quotes.html", status=status, here_nav="codebook", **context)


def _move_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int,
    evidence_ids: list[int],
    *,
    form: MoveForm | None = None,
) -> Response:
    keeps_on = form.keeps_on if form else None
    shown = move_page(session, viewer, code_id, evidence_ids, keeps_on)
    if not shown.incidents:
        raise NotFound
    form = form or MoveForm.of(shown)
    base = f"/studies/{viewer.study.slug}/codebook"
    status = 422 if form.problems else 200
    return page(
        request, "curation/move_quotes.html", status=status, here_nav="codebook", shown=shown, form=form, base=base
    )


def _address(viewer: Viewer, code_id: int, wanted: Wanted, beside_id: int | None) -> str:
    asked = urlencode(fields_of(wanted, beside_id))
    return f"/studies/{viewer.study.slug}/codebook/codes/{code_id}/quotes" + (f"?{asked}" if asked else "")
