"""Pages, fragments and the answers after a form.

Every template sees viewer and study (from request.state, None where absent), theme and here. A page may pass
here_nav (the name of its link in the bar) and happened (a sentence on what was just done).
"""

from functools import cache
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.places import TEMPLATES
from app.web import theme
from app.web.signs import icon_sign, key_sign
from app.web.static_files import static_url
from app.web.wording import FILTERS, interval

VARIES = "HX-Request, HX-Boosted, HX-History-Restore-Request"


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a page is made of dozens of files, each asked each time whether it is new
    )
    made.filters.update(FILTERS)
    made.globals.update(static_url=static_url, interval=interval, new_key=lambda: str(uuid4()))
    made.globals.update(icon_sign=icon_sign, key_sign=key_sign)
    return made


def page(request: Request, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A whole page, `room/name.html`."""
    return _answer(request, name, status, context)


def fragment(request: Request, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """One fragment, `room/_name.html`: one root element with a stable id, which is its swap target."""
    return _answer(request, name, status, context)


def is_htmx(request: Request) -> bool:
    """Whether a fragment is wanted. Boosted and history-restore requests want the whole page."""
    asked = request.headers
    whole = asked.get("hx-boosted") == "true" or asked.get("hx-history-restore-request") == "true"
    return asked.get("hx-request") == "true" and not whole


def redirect_after(request: Request, url: str) -> Response:
    """After a form: 303 for plain forms; htmx is told to go there itself, else it would swap the whole page in."""
    if is_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": url, "Vary": VARIES})
    return RedirectResponse(url, status_code=303, headers={"Vary": VARIES})


def nothing_new() -> Response:
    """To a page that asks again and again: it stays as it is."""
    return Response(status_code=204, headers={"Vary": VARIES})


def render(request: Request, name: str, **context: Any) -> str:
    """The text of a template, for streams."""
    return environment().get_template(name).render({**_shared(request), **context})


def _answer(request: Request, name: str, status: int, context: dict[str, Any]) -> HTMLResponse:
    return HTMLResponse(render(request, name, **context), status_code=status, headers={"Vary": VARIES})


def _shared(request: Request) -> dict[str, Any]:
    return {
        "request": request,
        "viewer": getattr(request.state, "viewer", None),
        "study": getattr(request.state, "study", None),
        "theme": theme.chosen(request),
        "here": request.url.path,
        "here_nav": "",
        "happened": "",
    }
