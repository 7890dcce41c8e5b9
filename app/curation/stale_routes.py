"""After a change of the codebook: what it makes stale, and one press for the round in which that is coded again."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.curation import stale_actions
from app.curation.stale import unreviewed
from app.curation.stale_actions import NoneChosen, RecodingPlan
from app.curation.stale_page import Span, stale_page
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.rounds.actions import CodersPerIncident, NameTooLong, NoCoders, NotACoder, NotCodable
from app.studies.sent_forms import sent_before
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Form, Places, Posted, PostedForm, whole_number
from app.web.pages import fragment, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook/stale")
AskedKey = Annotated[str, Query(max_length=19)]


@dataclass
class RecodingForm(Form):
    """incident_ids, coder_ids None: as the page proposes. problems: field -> sentence."""

    incident_ids: list[int] | None = None
    coder_ids: list[int] | None = None
    coders_per_incident: int | None = 1
    name: str = "Recoding"

    belongs_to: ClassVar[Places] = {
        NoneChosen: "incident_ids",
        NotCodable: "incident_ids",
        NoCoders: "coder_ids",
        NotACoder: "coder_ids",
        CodersPerIncident: "coders_per_incident",
        NameTooLong: "name",
    }

    @classmethod
    def read(cls, posted: Posted) -> "RecodingForm":
        return cls(
            incident_ids=posted.numbers("incident_ids"),
            coder_ids=posted.numbers("coder_ids"),
            coders_per_incident=posted.number("coders_per_incident"),
            name=posted.text("name"),
        )

    @property
    def plan(self) -> RecodingPlan:
        return RecodingPlan(self.name, self.incident_ids or [], self.coder_ids or [], self.coders_per_incident)


@router.get("")
def stale(
    request: Request,
    session: ReadSession,
    viewer: LeadingViewer,
    from_id: Annotated[str, Query(alias="from", max_length=19)] = "",
    to_id: Annotated[str, Query(alias="to", max_length=19)] = "",
) -> Response:
    return _answer(request, session, viewer, _span(from_id, to_id), RecodingForm())


@router.get("/waiting")
def waiting(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    """For the slots on pages of rounds."""
    return fragment(request, "curation/_stale_waiting.html", unreviewed=unreviewed(session, viewer))


@router.post("/openings")
def open_stale(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    span = _span(posted.text("from"), posted.text("to"))
    stale_actions.open_stale(session, viewer, span)
    return redirect_after(request, _address(viewer, span))


@router.post("/rounds")
def plan_recoding(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    span, form = _span(posted.text("from"), posted.text("to")), RecodingForm.read(posted)
    rounds = f"/studies/{viewer.study.slug}/rounds"
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, rounds)
            made = stale_actions.plan_recoding(session, viewer, span, form.plan)
    except Invalid as problem:
        form.refuse(problem)
        return _answer(request, session, viewer, span, form)
    return redirect_after(request, f"{rounds}/{made.number}")


def _span(from_id: str, to_id: str) -> Span:
    return Span(whole_number(from_id), whole_number(to_id))


def _address(viewer: Viewer, span: Span) -> str:
    asked = urlencode(span.fields)
    return f"/studies/{viewer.study.slug}/codebook/stale" + (f"?{asked}" if asked else "")


def _answer(request: Request, session: Session, viewer: Viewer, span: Span, form: RecodingForm) -> Response:
    return page(
        request,
        "curation/stale.html",
        status=422 if form.problems else 200,
        here_nav="codebook",
        shown=stale_page(session, viewer, span),
        form=form,
        base=f"/studies/{viewer.study.slug}",
    )
