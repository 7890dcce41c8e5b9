"""Acts on one code that have a page of their own, each with its reason: GET shows what it would do, POST does it.

Whoever acts on a code that somebody else changed meanwhile is shown both states, and nothing is done.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook import actions, moving, queries, splitting
from app.codebook.act_forms import ROWS, ActForm
from app.codebook.actions import CodeText
from app.codebook.examples import KINDS, quoted_example
from app.codebook.forms import check_reason
from app.codebook.policy import NotActive, check_may_alter
from app.codebook.reading import Change, Shelf, both_states, shelf
from app.codebook.revisions import ChangedMeanwhile
from app.codebook.splitting import MOST_PARTS
from app.codebook.tree import CodeEntry
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/codes")


class NothingChosen(Invalid):
    """Choose one."""


@dataclass(frozen=True)
class Act:
    """address: of what is made. place: the field that a refusal belongs to. do: the code to look at afterwards."""

    address: str
    template: str
    place: str
    do: Callable[[Session, Viewer, CodeEntry, ActForm], int]


def _merge(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    if form.into_id is None:
        raise NothingChosen("Choose the code it lives on in.")
    actions.merge_codes(
        session, viewer.study.id, viewer.member, code.id, form.into_id, reason=form.reason, seen_seq=form.seen_seq
    )
    return form.into_id


def _retire(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    actions.retire_code(session, viewer.study.id, viewer.member, code.id, reason=form.reason, seen_seq=form.seen_seq)
    return code.id


def _restore(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    actions.restore_code(session, viewer.study.id, viewer.member, code.id, reason=form.reason, seen_seq=form.seen_seq)
    return code.id


def _move(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    """Before another code is under that one's parent, whatever parent was chosen."""
    parent_id = form.parent_id
    if form.before_id is not None:
        beside = shelf(session, viewer)
        parent_id = beside.shown_under(beside.code(form.before_id))
    moving.move_code(
        session, viewer.study.id, viewer.member, code.id,
        parent_id=parent_id, before_id=form.before_id, reason=form.reason, seen_seq=form.seen_seq,
    )  # fmt: skip
    return code.id


def _split(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    splitting.split_code(
        session, viewer.study.id, viewer.member, code.id, form.words(), reason=form.reason, seen_seq=form.seen_seq
    )
    return code.id


def _change_dimension(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    if form.dimension_id is None:
        raise NothingChosen("Choose the dimension that it answers from now on.")
    moving.change_dimension(
        session, viewer.study.id, viewer.member, code.id, form.dimension_id, reason=form.reason, seen_seq=form.seen_seq
    )
    return code.id


def _promote(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    act = moving.promote_code if form.kind == "category" else moving.demote_category
    act(session, viewer.study.id, viewer.member, code.id, reason=form.reason, seen_seq=form.seen_seq)
    return code.id


def _add_example(session: Session, viewer: Viewer, code: CodeEntry, form: ActForm) -> int:
    """code: as the viewer sees it; what is kept from them stays."""
    example = quoted_example(session, viewer.study.id, kind=form.kind, text=form.text, number=form.number)
    words = replace(CodeText.of(code), examples=(*code.examples, example))
    actions.edit_code(
        session, viewer.study.id, viewer.member, code.id, words,
        seen_seq=code.codebook_seq if form.seen_seq is None else form.seen_seq,
        parent_id=code.parent_id, reason=form.reason,
    )  # fmt: skip
    return code.id


MERGE = Act("mergers", "codebook/merge_code.html", "into_id", _merge)
RETIRE = Act("retirement", "codebook/retire_code.html", "reason", _retire)
RESTORE = Act("restoration", "codebook/restore_code.html", "reason", _restore)
MOVE = Act("moves", "codebook/move_code.html", "before_id", _move)
SPLIT = Act("splits", "codebook/split_code.html", "parts", _split)
CHANGE_DIMENSION = Act("dimension", "codebook/change_dimension.html", "dimension_id", _change_dimension)
PROMOTE = Act("promotion", "codebook/promote_code.html", "reason", _promote)
ADD_EXAMPLE = Act("examples", "codebook/add_example.html", "text", _add_example)


def _add_routes(act: Act) -> None:
    """Of each act the page that asks, and the address that does it."""

    @router.get(f"/{{code_id}}/{act.address}/new", name=f"{act.address} of a code, asked")
    def ask(
        request: Request,
        session: ReadSession,
        viewer: LeadingViewer,
        code_id: Key,
        rows: int = Query(ROWS, ge=ROWS, le=MOST_PARTS),
        into: int | None = Query(None, ge=1, lt=2**63),
    ) -> Response:
        """rows: of a split. into: of a merger, chosen already by a link."""
        return _page_of(request, session, viewer, code_id, act, rows=rows, into_id=into)

    @router.post(f"/{{code_id}}/{act.address}", name=f"{act.address} of a code, done")
    def do(request: Request, session: Transaction, viewer: LeadingViewer, code_id: Key, posted: PostedForm) -> Response:
        return _done(request, session, viewer, code_id, ActForm.read(posted), act)


for each in (MERGE, RETIRE, RESTORE, MOVE, SPLIT, CHANGE_DIMENSION, PROMOTE, ADD_EXAMPLE):
    _add_routes(each)


def _page_of(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int,
    act: Act,
    *,
    rows: int,
    into_id: int | None,
) -> Response:
    shown = shelf(session, viewer)
    code = _alterable(viewer, shown, code_id)
    form = ActForm.of(code, rows=rows)
    form.into_id = into_id
    return _act_page(request, shown, code, act, form)


def _done(request: Request, session: Session, viewer: Viewer, code_id: int, form: ActForm, act: Act) -> Response:
    shown = shelf(session, viewer)
    code = _alterable(viewer, shown, code_id)
    try:
        with session.begin_nested():
            check_reason(form.reason)
            seen = act.do(session, viewer, code, form)
    except Invalid as problem:
        form.refuse_at(problem, act.place)
        return _act_page(request, shown, code, act, form, status=422)
    except (ChangedMeanwhile, NotActive) as problem:
        both = _both(session, viewer, code, form.seen_seq)
        form.seen_seq = code.codebook_seq
        return _act_page(request, shown, code, act, form, status=409, conflict=problem.sentence, both=both)
    return redirect_after(request, f"/studies/{viewer.study.slug}/codebook/codes/{seen}")


def _alterable(viewer: Viewer, shown: Shelf, code_id: int) -> CodeEntry:
    code = shown.code(code_id)
    check_may_alter(code, viewer.member)
    return code


def _both(session: Session, viewer: Viewer, code: CodeEntry, seen_seq: int | None) -> list[Change]:
    """What is different between the code as the page showed it and as it stands."""
    if seen_seq is None:
        return []
    now = shelf(session, viewer).codebook
    then = queries.visible_codebook(session, viewer.study.id, viewer.member.id, seq=max(seen_seq, 0))
    before = then.codes.get(code.id)
    return both_states(now, before, code) if before is not None else []


def _act_page(
    request: Request,
    shown: Shelf,
    code: CodeEntry,
    act: Act,
    form: ActForm,
    *,
    status: int = 200,
    conflict: str = "",
    both: list[Change] | None = None,
) -> Response:
    if act is RESTORE and code.status != "retired" and not conflict:
        raise NotFound
    return page(
        request,
        act.template,
        status=status,
        here_nav="codebook",
        form=form,
        code=code,
        shelf=shown,
        dimension=shown.codebook.dimension(code.dimension_id),
        address=f"/studies/{request.state.study.slug}/codebook/codes/{code.id}",
        act=act.address,
        conflict=conflict,
        both=both or [],
        may_still=code.is_active or (act is RESTORE and code.status == "retired"),
        kinds=list(KINDS.items()),
    )
