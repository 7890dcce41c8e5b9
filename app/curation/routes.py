"""Pooling: which dimensions of a round hold proposed codes, the board of one, and what is done there."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.curation import actions, policy, queries
from app.curation.forms import OUTCOME_CHOICES, SettleForm
from app.curation.pooling_page import dimension_lines, pen_of, pooling_page, stamp_of
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import fragment, is_htmx, nothing_new, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/pooling")
BOARD = "/{dimension_id}"
GROUP = BOARD + "/groups/{group_id}"
WATCHED_SECONDS = 3


@router.get("")
def pooling(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    lines = dimension_lines(session, coding_round)
    return page(request, "curation/pooling.html", here_nav="rounds", round=coding_round, lines=lines)


@router.get("/waiting")
def waiting(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key) -> Response:
    """For the slot on the page of the round."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    lines = dimension_lines(session, coding_round)
    return fragment(request, "curation/_waiting.html", round=coding_round, lines=lines)


@router.get(BOARD)
def board_page(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, dimension_id: Key
) -> Response:
    return _answer(request, session, viewer, number, dimension_id, whole=True)


@router.get(BOARD + "/board")
def watched_board(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, dimension_id: Key, seen: str = ""
) -> Response:
    """What those who watch ask every few seconds: nothing comes back as long as nothing changed."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    if seen == stamp_of(session, coding_round, queries.board_of(session, coding_round, dimension_id)):
        return nothing_new()
    return _answer(request, session, viewer, number, dimension_id)


@router.get(BOARD + "/pen")
def watched_pen(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, dimension_id: Key
) -> Response:
    """What the scribe asks: their half-typed words stay where they are, and they hear when the pen is gone."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    pen = pen_of(session, viewer, coding_round, queries.board_of(session, coding_round, dimension_id))
    if pen.is_mine:
        return nothing_new()
    here_board = _address(viewer, number, dimension_id)
    return fragment(request, "curation/_pen_gone.html", pen=pen, here_board=here_board)


@router.post(BOARD + "/pen")
def take_pen(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, dimension_id: Key, posted: PostedForm
) -> Response:
    actions.take_pen(session, viewer, number, dimension_id, seen_scribe_id=posted.number("seen_scribe_id"))
    return _answer(request, session, viewer, number, dimension_id)


@router.post(BOARD + "/pen/rest")
def put_down_pen(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, dimension_id: Key
) -> Response:
    actions.put_down_pen(session, viewer, number, dimension_id)
    return _answer(request, session, viewer, number, dimension_id)


@router.post(BOARD + "/openings")
def open_quotes(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, dimension_id: Key
) -> Response:
    actions.open_quotes(session, viewer, number, dimension_id)
    return _answer(request, session, viewer, number, dimension_id)


@router.post(BOARD + "/authors")
def show_authors(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, dimension_id: Key
) -> Response:
    actions.show_authors(session, viewer, number, dimension_id)
    return _answer(request, session, viewer, number, dimension_id)


@router.post(BOARD + "/groups")
def group_codes(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, dimension_id: Key, posted: PostedForm
) -> Response:
    """into: 'new', the id of a group, or 'none' for taking codes out of theirs."""
    code_ids, into = posted.numbers("code_ids"), posted.text("into", "new")
    fresh = None
    try:
        with session.begin_nested():
            if into == "none":
                actions.ungroup_codes(session, viewer, number, dimension_id, code_ids)
            else:
                group_id = None if into == "new" else posted.number("into")
                fresh = actions.group_codes(session, viewer, number, dimension_id, code_ids, group_id=group_id).id
    except policy.NothingChosen as problem:
        return _answer(request, session, viewer, number, dimension_id, status=422, problem=problem.sentence, whole=True)
    return _answer(request, session, viewer, number, dimension_id, fresh=fresh)


@router.post(GROUP + "/wording")
def word_group(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    dimension_id: Key,
    group_id: Key,
    posted: PostedForm,
) -> Response:
    name, definition = posted.text("name"), posted.text("definition")
    try:
        with session.begin_nested():
            actions.word_group(session, viewer, number, dimension_id, group_id, name, definition)
    except policy.GroupSettled:
        if not is_htmx(request):
            raise
        return nothing_new()  # typed just before it was settled, in these very words
    if is_htmx(request):
        return fragment(request, "curation/_kept.html", group_id=group_id)
    return redirect_after(request, _address(viewer, number, dimension_id))


@router.post(GROUP + "/dissolution")
def dissolve(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, dimension_id: Key, group_id: Key
) -> Response:
    actions.dissolve(session, viewer, number, dimension_id, group_id)
    return _answer(request, session, viewer, number, dimension_id)


@router.post(GROUP + "/settlement")
def settle(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    dimension_id: Key,
    group_id: Key,
    posted: PostedForm,
) -> Response:
    form = SettleForm.read(posted)
    try:
        with session.begin_nested():
            actions.settle(session, viewer, number, dimension_id, group_id, form.words)
    except Invalid as problem:
        form.refuse(problem)
        return _answer(request, session, viewer, number, dimension_id, status=422, forms={group_id: form}, whole=True)
    return _answer(request, session, viewer, number, dimension_id)


def _answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    number: int,
    dimension_id: int,
    *,
    status: int = 200,
    whole: bool = False,
    fresh: int | None = None,
    problem: str = "",
    forms: dict[int, SettleForm] | None = None,
) -> Response:
    """The board for htmx; else the page, or the way back to it after something was done.

    fresh: a group that just came about, whose name is typed next. forms: of groups, as they were typed.
    """
    address = _address(viewer, number, dimension_id)
    if not is_htmx(request) and not whole:
        return redirect_after(request, address)
    shown = pooling_page(session, viewer, queries.open_round(session, viewer.study.id, number), dimension_id)
    typed = {each.group.id: SettleForm.of(each) for each in shown.drafts} | (forms or {})
    context: dict[str, Any] = {
        "shown": shown,
        "here_board": address,
        "forms": typed,
        "fresh": fresh,
        "problem": problem,
        "outcomes": OUTCOME_CHOICES,
        "watched_seconds": WATCHED_SECONDS,
        "here_nav": "rounds",
    }
    if is_htmx(request):
        return fragment(request, "curation/_board.html", status=status, **context)
    return page(request, "curation/board.html", status=status, **context)


def _address(viewer: Viewer, number: int, dimension_id: int) -> str:
    return f"/studies/{viewer.study.slug}/rounds/{number}/pooling/{dimension_id}"
