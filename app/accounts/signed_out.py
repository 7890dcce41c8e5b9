"""A form that came after the sign-in had ended: what was typed is handed back, to be sent again."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from app.web.forms import sent_form
from app.web.pages import fragment, page

MOST_CHARACTERS = 500_000


async def kept_form(request: Request) -> Response | None:
    """None where there is nothing to hand back: no form, a file (it must be chosen anew), a password, too much text."""
    if request.method != "POST":
        return None
    try:
        form = await sent_form(request)
    except Exception:  # whatever it was, it cannot be handed back; the plain way to the sign-in page remains
        return None
    fields = _fields(form)
    if not fields or "\0" in "".join(value for _, value in fields):
        return None
    typed = [(name, value) for name, value in fields if " " in value.strip() or "\n" in value.strip()]
    action = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return page(request, "accounts/signed_out.html", status=401, action=action, fields=fields, typed=typed)


def kept_in_the_page(request: Request) -> Response:
    """The page of an htmx request is still there, with all that was typed."""
    response = fragment(request, "accounts/_signed_out_notice.html", status=401)
    response.headers["HX-Retarget"] = "#notice"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _fields(form: FormData) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in form.multi_items():
        if not isinstance(value, str) or "password" in name:
            return []
        found.append((name, value))
    return found if sum(len(value) for _, value in found) <= MOST_CHARACTERS else []
