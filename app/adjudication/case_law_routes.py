"""Case law: of the whole study, and of a code on the code's page. Leads decide on what was proposed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication import rule_lines
from app.adjudication.case_law import case_law, open_case_law
from app.adjudication.forms import CAUSE_WORDS
from app.adjudication.rule_forms import RULE_STANDING_WORDS, RULE_WORDS
from app.codebook.policy import NotActive, StillItsAuthors, code_in_sight
from app.codebook.queries import whole_codebook
from app.codebook.revisions import ChangedMeanwhile
from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/codebook")


@router.get("/case-law")
def law_of_study(
    request: Request, session: ReadSession, viewer: CurrentViewer, code: Annotated[str, Query(max_length=19)] = ""
) -> Response:
    return _law_page(request, session, viewer, whole_number(code))


@router.get("/codes/{code_id}/case-law")
def law_of_code(request: Request, session: ReadSession, viewer: CurrentViewer, code_id: Key) -> Response:
    """The slot of the code's page."""
    code_in_sight(whole_codebook(session, viewer.study.id), code_id, viewer.member)
    law = case_law(session, viewer, code_id=code_id)
    return fragment(request, "adjudication/_case_law.html", law=law, code_id=code_id, **_words(viewer))


@router.post("/case-law/openings")
def open_law(request: Request, session: Transaction, viewer: CurrentViewer, posted: PostedForm) -> Response:
    code_id = posted.number("code")
    open_case_law(session, viewer, code_id=code_id)
    return redirect_after(request, _address(viewer, code_id))


@router.post("/case-law/{rule_id}/decisions")
def decide(request: Request, session: Transaction, viewer: LeadingViewer, rule_id: Key, posted: PostedForm) -> Response:
    line, declined = posted.raw("line").strip(), posted.text("decision") == "decline"
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                rule_lines.decide(
                    session,
                    viewer,
                    rule_id,
                    line=None if declined else line,
                    reason=posted.text("reason"),
                    seen_seq=posted.number("seen_seq") or 0,
                )
    except (Invalid, ChangedMeanwhile, NotActive, StillItsAuthors, rule_lines.DecidedMeanwhile) as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        said = {"problem": problem.sentence, "problem_at": rule_id, "typed": line}
        return _law_page(request, session, viewer, posted.number("code"), status=status, **said)
    return redirect_after(request, _address(viewer, posted.number("code")))


def _law_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    code_id: int | None,
    *,
    status: int = 200,
    **said: object,
) -> Response:
    law = case_law(session, viewer, code_id=code_id)
    code = law.codebook.codes.get(code_id) if code_id else None
    defaults: dict[str, object] = {"problem": "", "problem_at": None, "typed": ""}
    context = {**defaults, **_words(viewer), **said}
    return page(
        request,
        "adjudication/case_law.html",
        status=status,
        here_nav="codebook",
        law=law,
        code=code,
        code_id=code_id,
        **context,
    )


def _words(viewer: Viewer) -> dict[str, Any]:
    return {
        "rule_words": RULE_WORDS,
        "standing_words": RULE_STANDING_WORDS,
        "cause_words": dict(CAUSE_WORDS),
        "base": f"/studies/{viewer.study.slug}",
    }


def _address(viewer: Viewer, code_id: int | None) -> str:
    return f"/studies/{viewer.study.slug}/codebook/case-law" + (f"?code={code_id}" if code_id else "")
