"""Taking out the ledger, what came of suggestions, and the model disclosure."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.export.disclosure import disclosure
from app.export.disclosure_document import SOURCE
from app.export.disclosure_facts import gathered
from app.export.ledger_actions import taken_disclosure, taken_ledger, taken_suggestions
from app.export.writing import download, download_large
from app.studies.viewer import LeadingViewer
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.validity_figures import USUAL
from app.suggestions.validity_page import ValidityAsked
from app.suggestions.validity_words import ANNOTATORS
from app.web.forms import PostedForm
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/export")


@router.post("/ledger")
def take_ledger(session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    wanted = LedgerFilter.read({name: posted.text(name) for name in posted.names()})
    texts = posted.text("texts") == "yes"
    return download_large(taken_ledger(session, viewer, wanted, format=posted.text("format", "csv"), texts=texts))


@router.post("/suggestions")
def take_suggestions(session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    return download_large(taken_suggestions(session, viewer, format=posted.text("suggestions_format", "csv")))


@router.get("/disclosure")
def show_disclosure(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    hosts = request.query_params.get("hosts") == "yes"
    asked = ValidityAsked.read(request.query_params.get("annotators", ""), "")
    return page(
        request,
        "export/disclosure.html",
        here_nav="export",
        shown=disclosure(gathered(session, viewer, annotators=asked.annotators), hosts=hosts, prompts=False),
        source=SOURCE,
        hosts=hosts,
        asked=asked,
        annotators=list(ANNOTATORS.items()),
    )


@router.post("/disclosure")
def take_disclosure(session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    hosts, prompts = posted.text("hosts") == "yes", posted.text("prompts") == "yes"
    form, annotators = posted.text("format", "markdown"), posted.text("annotators", USUAL)
    found = taken_disclosure(session, viewer, format=form, annotators=annotators, hosts=hosts, prompts=prompts)
    return download(found)
