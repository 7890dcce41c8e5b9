"""The list of what a split left unresolved, worked through one incident after the other."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.curation.recoding_policy import (
    MovedMeanwhile,
    NoReason,
    NoTarget,
    NothingLeft,
    NotThere,
    SameCode,
    SettledMeanwhile,
    TooLong,
    TooMany,
    check_may_recode,
)
from app.curation.split_actions import Settling, open_split, settle_split
from app.curation.split_page import split_page
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Form, Key, Places, Posted, PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/codes/{code_id}/unresolved")
Asked = Annotated[str, Query(max_length=19)]


@dataclass
class SettleForm(Form):
    """to_id: of the part whose button was pressed. other_id: a code beside them. problems: field -> sentence."""

    incident_id: int | None = None
    to_id: int | None = None
    other_id: int | None = None
    evidence_ids: list[int] | None = None
    keeps: bool = False
    reason: str = ""
    seen_final_ids: list[int] = field(default_factory=list)

    belongs_to: ClassVar[Places] = {
        NoTarget: "other_id",
        NotThere: "other_id",
        SameCode: "other_id",
        TooMany: "other_id",
        NoReason: "reason",
        TooLong: "reason",
    }

    @classmethod
    def read(cls, posted: Posted) -> "SettleForm":
        return cls(
            incident_id=posted.number("incident_id"),
            to_id=posted.number("to_id"),
            other_id=posted.number("other_id"),
            evidence_ids=posted.numbers("quote"),
            keeps="keeps" in posted,
            reason=posted.text("reason"),
            seen_final_ids=posted.numbers("seen_final_ids"),
        )

    @property
    def settling(self) -> Settling:
        return Settling(
            incident_id=self.incident_id or 0,
            to_id=self.to_id or self.other_id,
            evidence_ids=self.evidence_ids or [],
            reason=self.reason,
            keeps=self.keeps,
            seen_final_ids=self.seen_final_ids,
        )


@router.get("")
def unresolved(
    request: Request, session: ReadSession, viewer: CurrentViewer, code_id: Key, incident: Asked = ""
) -> Response:
    check_may_recode(viewer)
    return _answer(request, session, viewer, code_id, whole_number(incident))


@router.post("/openings")
def open_unresolved(
    request: Request, session: Transaction, viewer: CurrentViewer, code_id: Key, posted: PostedForm
) -> Response:
    open_split(session, viewer, code_id)
    return redirect_after(request, _address(viewer, code_id))


@router.post("/recodings")
def settle(request: Request, session: Transaction, viewer: CurrentViewer, code_id: Key, posted: PostedForm) -> Response:
    """On to the one after it."""
    check_may_recode(viewer)
    form = SettleForm.read(posted)
    if form.incident_id is None:
        raise NotFound
    before = split_page(session, viewer, code_id, form.incident_id)
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                settle_split(session, viewer, code_id, form.settling)
    except Invalid as problem:
        form.refuse(problem)
        return _answer(request, session, viewer, code_id, form.incident_id, form=form, status=422)
    except (MovedMeanwhile, SettledMeanwhile, NothingLeft) as problem:
        sentence = problem.sentence
        return _answer(request, session, viewer, code_id, form.incident_id, conflict=sentence, status=409)
    after = form.incident_id if form.keeps else before.next_id
    return redirect_after(request, _address(viewer, code_id) + (f"?incident={after}" if after is not None else ""))


def _address(viewer: Viewer, code_id: int) -> str:
    return f"/studies/{viewer.study.slug}/codebook/codes/{code_id}/unresolved"


def _answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int,
    incident_id: int | None,
    *,
    form: SettleForm | None = None,
    conflict: str = "",
    status: int = 200,
) -> Response:
    shown = split_page(session, viewer, code_id, incident_id)
    return page(
        request,
        "curation/split.html",
        status=status,
        here_nav="codebook",
        shown=shown,
        form=form or SettleForm(reason=shown.reason),
        conflict=conflict,
        base=f"/studies/{viewer.study.slug}/codebook",
    )
