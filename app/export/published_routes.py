"""A published version of the codebook, for whoever holds its link: the page, and its files."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.viewer import person_of
from app.curation.published import Published, published
from app.db.session import ReadSession
from app.export.actions import NoSuchForm
from app.export.codebook_files import FORMATS, codebook_file
from app.export.published_page import told_dimensions
from app.export.writing import download
from app.web.forms import PostedForm
from app.web.pages import page

router = APIRouter(prefix="/published/{token}")
UNLISTED = {"X-Robots-Tag": "noindex, nofollow"}  # a link is given by hand; search engines are not asked to keep it


@router.get("")
def published_page(request: Request, session: ReadSession, token: str) -> Response:
    found = published(session, token, person_of(request))
    response = page(request, "export/published.html", **_context(found))
    response.headers.update(UNLISTED)
    return response


@router.post("/file")
def published_file(request: Request, session: ReadSession, token: str, posted: PostedForm) -> Response:
    """Nothing is written: whoever reads it may be nobody here."""
    found, format = published(session, token, person_of(request)), posted.text("format", "csv")
    if format not in FORMATS:
        raise NoSuchForm
    study, name = found.study, found.version.name
    return download(codebook_file(found.codebook, slug=study.slug, title=study.title, version=name, format=format))


def _context(found: Published) -> dict[str, Any]:
    return {
        "title": found.study.title,
        "version": found.version,
        "notes": found.notes,
        "publication": found.publication,
        "statement": found.statement,
        "dimensions": told_dimensions(found.codebook),
        "formats": [(each, each.upper()) for each in FORMATS],
    }
