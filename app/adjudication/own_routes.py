"""For each member: where comments call them, where they were overruled, and how far they agree with what is final."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adjudication import mentions as called
from app.adjudication.forms import CAUSE_WORDS
from app.adjudication.overruled import digest
from app.adjudication.rule_forms import RULE_WORDS
from app.adjudication.with_final import Against, with_final
from app.agreement.page import Shown
from app.codebook.queries import visible_codebook
from app.db.session import ReadSession, Transaction
from app.studies.viewer import CurrentViewer
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}")


@dataclass(frozen=True)
class Line:
    """As it is written."""

    against: Against
    percent: Shown
    kappa: Shown
    percent_of_others: Shown | None
    kappa_of_others: Shown | None

    @classmethod
    def of(cls, against: Against) -> "Line":
        return cls(
            against,
            Shown.of_share(against.percent),
            Shown.of(against.kappa),
            Shown.of_share(against.percent_of_others) if against.percent_of_others else None,
            Shown.of(against.kappa_of_others) if against.kappa_of_others else None,
        )


@router.get("/mentions")
def mentions(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    found = called.mentions(session, viewer)
    closed = [each for each in found if not each.is_open]
    return page(
        request,
        "adjudication/mentions.html",
        here_nav="disagreements",
        found=found,
        closed=[each for each in closed if not each.is_still_coded],
        closed_while_coding=len([each for each in closed if each.is_still_coded]),
        base=f"/studies/{viewer.study.slug}",
    )


@router.post("/mentions/openings")
def open_mentions(request: Request, session: Transaction, viewer: CurrentViewer) -> Response:
    called.open_mentions(session, viewer)
    return redirect_after(request, f"/studies/{viewer.study.slug}/mentions")


@router.get("/overruled")
def overruled(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    return page(
        request,
        "adjudication/overruled.html",
        here_nav="rounds",
        digest=digest(session, viewer),
        codes=codebook.codes,
        cause_words=dict(CAUSE_WORDS),
        rule_words=RULE_WORDS,
        base=f"/studies/{viewer.study.slug}",
    )


@router.get("/agreement-with-final")
def agreement_with_final(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    found = with_final(session, viewer)
    return page(
        request,
        "adjudication/with_final.html",
        here_nav="agreement",
        found=found,
        lines=[Line.of(each) for each in found.lines],
        base=f"/studies/{viewer.study.slug}",
    )
