"""For who watches this server: does it live, can it serve, and its figures."""

import hmac

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from app.db.revisions import newest_revision, revision_of
from app.db.session import database_of
from app.problems import NotFound, Unavailable
from app.settings import Settings
from app.web.metrics import CONTENT_TYPE, Metrics

NO_DATABASE = "The database does not answer."
NOT_MIGRATED = "The database is not at the revision of this Tandem. Run: tandem migrate"

router = APIRouter()


@router.get("/healthz")
async def lives() -> Response:
    """The process answers; no database is asked, and no thread is waited for."""
    return JSONResponse({"app": "tandem", "ok": True})


@router.get("/readyz")
def is_ready(request: Request) -> Response:
    sentence = _what_is_missing(request)
    if sentence:
        return JSONResponse({"app": "tandem", "ok": False, "sentence": sentence}, status_code=503)
    return JSONResponse({"app": "tandem", "ok": True})


@router.get("/metrics")
def figures(request: Request) -> Response:
    """Found only by who has the token, and where one is set."""
    settings: Settings = request.app.state.settings
    metrics: Metrics | None = request.app.state.metrics
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    wanted = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    if metrics is None or not wanted or kind.lower() != "bearer" or not _same(token.strip(), wanted):
        raise NotFound
    return Response(metrics.text(), media_type=CONTENT_TYPE)


def _what_is_missing(request: Request) -> str:
    """Nothing, or a sentence that names no host and no name: anybody may ask."""
    try:
        with database_of(request).reading() as session:
            return "" if revision_of(session) == newest_revision() else NOT_MIGRATED
    except (SQLAlchemyError, Unavailable):
        return NO_DATABASE


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
