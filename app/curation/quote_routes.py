"""The quotes of a code side by side, and moving some of them to another code."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple
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
    MovedMeanwhile,
    NoReason,
    NothingChosen,
    SettledMeanwhile,
    TooLong,
    TooMany,
    check_chosen,
    check_may_recode,
)
from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid, NotFound
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook")
QUOTES = "/codes/{code_id}/quotes"
OF = ("last", "first")


class Sought(NamedTuple):
    """What of the page of quotes is looked at; it comes along when quotes of it are moved."""

    wanted: Wanted = Wanted()
    beside_id: int | None = None
    page: int = 1


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
    sought = Sought(_wanted(cohort, coding_round, coder, of), whole_number(beside), max(whole_number(at) or 1, 1))
    return _quotes_answer(request, session, viewer, code_id, sought)


@router.post(QUOTES + "/openings")
def open_quotes(
    request: Request, session: Transaction, viewer: CurrentViewer, code_id: Key, posted: PostedForm
) -> Response:
    """Of the code and of those beside it, as far as the filters let them through."""
    sought = _sought(posted.text)
    codebook, code = shown_code(session, viewer, code_id)
    beside = codes_beside(codes_around(codebook, code), sought.beside_id)
    codes = [code, *beside]
    recoding.open_quotes(session, viewer, [each.id for each in codes], sought.wanted)
    if is_htmx(request):
        return _quotes_answer(request, session, viewer, code_id, sought, opened=True)
    return redirect_after(request, _address(viewer, code_id, sought))


@router.get(QUOTES + "/chosen")
def chosen_quotes(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    code_id: Key,
    quote: Annotated[list[str], Query(max_length=MOST_QUOTES + 1)] = [],  # noqa: B006
) -> Response:
    check_may_recode(viewer)
    sought = _sought(lambda name: request.query_params.get(name, ""))
    found = [whole_number(each) for each in quote]
    if any(each is None for each in found):
        raise NotFound
    evidence_ids = [each for each in found if each is not None]
    try:
        check_chosen(evidence_ids)
    except (NothingChosen, TooMany) as problem:
        return _quotes_answer(request, session, viewer, code_id, sought, problem=problem.sentence, status=422)
    return _move_answer(request, session, viewer, code_id, evidence_ids, sought)


@router.post("/codes/{code_id}/recodings")
def move_quotes(
    request: Request, session: Transaction, viewer: CurrentViewer, code_id: Key, posted: PostedForm
) -> Response:
    check_may_recode(viewer)
    form, sought = MoveForm.read(posted), _sought(posted.text)
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                recoding.move_quotes(session, viewer, code_id, form.words)
    except (NothingChosen, TooMany) as problem:
        return _quotes_answer(request, session, viewer, code_id, sought, problem=problem.sentence, status=422)
    except Invalid as problem:
        form.refuse(problem)
        return _move_answer(request, session, viewer, code_id, form.evidence_ids, sought, form=form)
    except (MovedMeanwhile, SettledMeanwhile) as problem:
        return _move_answer(request, session, viewer, code_id, form.evidence_ids, sought, form=form, conflict=problem)
    return redirect_after(request, _address(viewer, code_id, sought))


@router.post("/recodings/{recoding_id}/return")
def take_back(
    request: Request, session: Transaction, viewer: CurrentViewer, recoding_id: Key, posted: PostedForm
) -> Response:
    try:
        with session.begin_nested():
            done = recoding.take_back(session, viewer, recoding_id, posted.text("reason"))
    except (NoReason, TooLong) as problem:
        code_id = recoding.recoding_of(session, viewer, recoding_id).from_code_id
        return _quotes_answer(request, session, viewer, code_id, Sought(), problem=problem.sentence, status=422)
    if posted.text("then") == "unresolved":
        return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/codes/{done.from_code_id}/unresolved")
    return redirect_after(request, _address(viewer, done.from_code_id, Sought()))


def _wanted(cohort: str, coding_round: str, coder: str, of: str) -> Wanted:
    return Wanted(
        cohort=cohort,
        round_number=whole_number(coding_round),
        coder_id=whole_number(coder),
        of=of if of in OF else "last",
    )


def _sought(asked: Callable[[str], str]) -> Sought:
    """As the fields of a form or of an address have it, cut to what those of an address may hold."""
    cohort, coding_round, coder, of, beside = (
        asked(name)[:300] for name in ("cohort", "round", "coder", "of", "beside")
    )
    return Sought(_wanted(cohort, coding_round, coder, of), whole_number(beside), 1)


def _quotes_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int,
    sought: Sought,
    *,
    problem: str = "",
    status: int = 200,
    opened: bool = False,
) -> Response:
    shown = quotes_page(session, viewer, code_id, sought.wanted, beside_id=sought.beside_id, page=sought.page)
    base = f"/studies/{viewer.study.slug}/codebook"
    context: dict[str, Any] = {"shown": shown, "problem": problem, "base": base, "opened": opened}
    if is_htmx(request):
        return fragment(request, "curation/_quotes.html", status=status, **context)
    return page(request, "curation/quotes.html", status=status, here_nav="codebook", **context)


def _move_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int,
    evidence_ids: list[int],
    sought: Sought,
    *,
    form: MoveForm | None = None,
    conflict: Conflict | None = None,
) -> Response:
    """conflict: what was typed stays, and the next press starts from what stands there now."""
    keeps_on = form.keeps_on if form else None
    shown = move_page(session, viewer, code_id, evidence_ids, keeps_on)
    if not shown.incidents:
        raise conflict or NotFound
    form = form or MoveForm.of(shown)
    if conflict is not None:
        form.seen_final_ids = list(shown.seen_final_ids)
    return page(
        request,
        "curation/move_quotes.html",
        status=409 if conflict else 422 if form.problems else 200,
        here_nav="codebook",
        shown=shown,
        form=form,
        conflict=conflict.sentence if conflict else "",
        asked=fields_of(sought.wanted, sought.beside_id),
        back=_address(viewer, code_id, sought),
        base=f"/studies/{viewer.study.slug}/codebook",
    )


def _address(viewer: Viewer, code_id: int, sought: Sought) -> str:
    asked = urlencode(fields_of(sought.wanted, sought.beside_id))
    return f"/studies/{viewer.study.slug}/codebook/codes/{code_id}/quotes" + (f"?{asked}" if asked else "")
