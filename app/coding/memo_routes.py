"""The page of memos, memos on one subject, and the change of an own one."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.coding import memos
from app.coding.memo_forms import MemoForm
from app.coding.memo_policy import check_may_write
from app.coding.memo_subjects import Subject, subject_named
from app.coding.memos import MemoChanged, MemoFilter
from app.coding.models import MEMO_SUBJECTS
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.paging import page_at

router = APIRouter(prefix="/studies/{slug}/memos")
ON_A_PAGE = 50
KIND_WORDS = {"incident": "On an incident", "code": "On a code", "quote": "On a quote", "study": "On the study"}

Asked = Annotated[str, Query(max_length=300)]


@router.get("")
def memo_list(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    kind: Asked = "",
    author: Asked = "",
    find: Asked = "",
    at: str = Query("1", alias="page", max_length=9),
) -> Response:
    wanted = MemoFilter(kind if kind in MEMO_SUBJECTS else "", whole_number(author), find.strip())
    return _list_page(request, session, viewer, wanted, whole_number(at) or 1, MemoForm())


@router.get("/about")
def memos_about(request: Request, session: ReadSession, viewer: CurrentViewer, on: Asked = "study") -> Response:
    return _about_answer(request, session, viewer, subject_named(session, viewer, on), MemoForm())


@router.get("/{memo_id}")
def one_memo(request: Request, session: ReadSession, viewer: CurrentViewer, memo_id: Key) -> Response:
    return _memo_page(request, session, viewer, memo_id, None)


@router.post("")
def write_memo(request: Request, session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    check_may_write(viewer)
    subject = subject_named(session, viewer, posted.text("on"))
    form = MemoForm.read(posted)
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                memos.add_memo(session, viewer, subject, form.text, shared=form.shared)
    except Invalid as problem:
        form.refuse(problem)
        return _about_answer(request, session, viewer, subject, form, status=422)
    if is_htmx(request):
        return _about_answer(request, session, viewer, subject, MemoForm(), happened="Saved.")
    return redirect_after(request, f"{_home(viewer)}/about?{urlencode({'on': subject.name})}")


@router.post("/openings")
def open_memos(request: Request, session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    """The exposures are on disk before the page that shows the memos is asked for (promise 3)."""
    memos.open_memos(session, viewer, posted.numbers("memo"))
    if on := posted.text("on"):
        subject = subject_named(session, viewer, on)
        return redirect_after(request, f"{_home(viewer)}/about?{urlencode({'on': subject.name})}")
    asked = {name: posted.text(name) for name in ("kind", "author", "page") if posted.text(name)}
    return redirect_after(request, _home(viewer) + (f"?{urlencode(asked)}" if asked else ""))


@router.post("/{memo_id}")
def change_memo(
    request: Request, session: Transaction, viewer: CurrentViewer, memo_id: Key, posted: PostedForm
) -> Response:
    form = MemoForm.read(posted)
    try:
        with session.begin_nested():
            memos.change_memo(session, viewer, memo_id, form.text, shared=form.shared, seen=form.seen)
    except Invalid as problem:
        form.refuse(problem)
        return _memo_page(request, session, viewer, memo_id, form, status=422)
    except MemoChanged as problem:
        return _collided(request, session, viewer, memo_id, form, problem)
    return redirect_after(request, f"{_home(viewer)}#memo-{memo_id}")


@router.post("/{memo_id}/removal")
def remove_memo(
    request: Request, session: Transaction, viewer: CurrentViewer, memo_id: Key, posted: PostedForm
) -> Response:
    try:
        memos.remove_memo(session, viewer, memo_id, seen=posted.text("seen"))
    except MemoChanged as problem:
        form = MemoForm.of(memos.own_memo_by_id(session, viewer, memo_id))
        return _collided(request, session, viewer, memo_id, form, problem)
    return redirect_after(request, _home(viewer))


def _list_page(
    request: Request, session: Session, viewer: Viewer, wanted: MemoFilter, at: int, form: MemoForm
) -> Response:
    everything = memos.visible_memos(session, viewer)
    found = memos.visible_memos(session, viewer, wanted) if wanted != MemoFilter() else everything
    at, pages = page_at(at, len(found), ON_A_PAGE)
    shown = found[(at - 1) * ON_A_PAGE : at * ON_A_PAGE]
    authors = {each.author.id: each.author.name for each in everything}
    asked = {"kind": wanted.kind, "author": str(wanted.author_id or ""), "find": wanted.words}
    return page(
        request,
        "coding/memos.html",
        here_nav="memos",
        shown=shown,
        found=len(found),
        total=len(everything),
        closed=[each for each in shown if each.is_closed],
        wanted=wanted,
        authors=sorted(authors.items(), key=lambda pair: pair[1]),
        at=at,
        pages=pages,
        url=f"{_home(viewer)}?{urlencode({n: v for n, v in asked.items() if v} | {'page': ''})}",
        form=form,
        **_words(),
    )


def _about_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    subject: Subject,
    form: MemoForm,
    *,
    status: int = 200,
    happened: str = "",
) -> Response:
    context = {"subject": subject, "shown": memos.memos_on(session, viewer, subject), "form": form, **_words()}
    if is_htmx(request):
        return fragment(request, "coding/_memos_about.html", status=status, saved=happened, **context)
    return page(request, "coding/memos_about.html", status=status, here_nav="memos", saved=happened, **context)


def _collided(
    request: Request, session: Session, viewer: Viewer, memo_id: int, form: MemoForm, problem: MemoChanged
) -> Response:
    """Both are shown; a save from this page on builds on what is stored now."""
    session.expire_all()
    stored = memos.own_memo_by_id(session, viewer, memo_id)
    form.seen = stored.changed_at.isoformat()
    return _memo_page(request, session, viewer, memo_id, form, status=409, conflict=problem.sentence)


def _memo_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    memo_id: int,
    form: MemoForm | None,
    *,
    status: int = 200,
    conflict: str = "",
) -> Response:
    memo = memos.own_memo_by_id(session, viewer, memo_id)
    return page(
        request,
        "coding/memo.html",
        status=status,
        here_nav="memos",
        memo=memo,
        form=form or MemoForm.of(memo),
        conflict=conflict,
        at_desk=not memos.may_change_here(session, memo),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {"kind_words": KIND_WORDS, "longest": memos.LONGEST}


def _home(viewer: Viewer) -> str:
    return f"/studies/{viewer.study.slug}/memos"
