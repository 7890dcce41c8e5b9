"""A published version of the codebook, for whoever holds its link: the page, and its files."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.viewer import person_of
from app.curation.published import Published, published
from app.db.session import ReadSession
from app.export.actions import NoSuchForm
from app.export.codebook_files import FORMATS, codebook_file
from app.export.published_page import Asked, Reading, reading
from app.export.writing import download
from app.problems import NotFound
from app.web.forms import PostedForm, whole_number
from app.web.pages import page as rendered

router = APIRouter(prefix="/published/{token}")
LONGEST_FIND = 200
UNLISTED = {"X-Robots-Tag": "noindex, nofollow"}  # a link is given by hand; search engines are not asked to keep it


@router.get("")
def published_page(
    request: Request, session: ReadSession, token: str, dimension: str = "", find: str = "", page: str = ""
) -> Response:
    """With ?all everything is on one page, for printing."""
    found = published(session, token, person_of(request))
    asked = Asked(
        whole="all" in request.query_params,
        dimension=_number(dimension) if dimension else None,
        find=find.strip()[:LONGEST_FIND],
        at=whole_number(page) or 1,
    )
    response = rendered(request, "export/published.html", **_context(found, asked, reading(found.codebook, asked)))
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


def _number(typed: str) -> int:
    number = whole_number(typed)
    if number is None:
        raise NotFound
    return number


def _context(found: Published, asked: Asked, shown: Reading) -> dict[str, Any]:
    return {
        "here_published": f"/published/{found.publication.token}",
        "asked": asked,
        "shown": shown,
        "title": found.study.title,
        "version": found.version,
        "notes": found.notes,
        "publication": found.publication,
        "statement": found.statement,
        "formats": [(each, each.upper()) for each in FORMATS],
    }
