"""Taking out the ledger and what came of suggestions: posts, since both show what was said and coded."""

from fastapi import APIRouter
from starlette.responses import Response

from app.db.session import Transaction
from app.export.ledger_actions import taken_ledger, taken_suggestions
from app.export.writing import download_large
from app.studies.viewer import LeadingViewer
from app.suggestions.ledger_filter import LedgerFilter
from app.web.forms import PostedForm

router = APIRouter(prefix="/studies/{slug}/export")


@router.post("/ledger")
def take_ledger(session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    wanted = LedgerFilter.read({name: posted.text(name) for name in posted.names()})
    texts = posted.text("texts") == "yes"
    return download_large(taken_ledger(session, viewer, wanted, format=posted.text("format", "csv"), texts=texts))


@router.post("/suggestions")
def take_suggestions(session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    return download_large(taken_suggestions(session, viewer, format=posted.text("suggestions_format", "csv")))
