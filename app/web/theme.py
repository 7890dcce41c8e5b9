"""Light, dark or as the system says: kept in a cookie, written on <html> by the server, so that nothing flashes."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse

from app.web.forms import posted_form

THEMES = ("system", "light", "dark")
COOKIE = "theme"
YEAR_SECONDS = 365 * 24 * 3600

router = APIRouter()


def chosen(request: Request) -> str:
    wanted = request.cookies.get(COOKIE, "system")
    return wanted if wanted in THEMES else "system"


@router.post("/theme", include_in_schema=False)
async def choose_theme(request: Request) -> RedirectResponse:
    posted = await posted_form(request)
    wanted = posted.text("theme", "system")
    answer = RedirectResponse(own_path(posted.text("back", "/")), status_code=303)
    answer.set_cookie(
        COOKIE,
        wanted if wanted in THEMES else "system",
        max_age=YEAR_SECONDS,
        samesite="lax",
        httponly=True,
        secure=request.url.scheme == "https",
    )
    return answer


def own_path(back: str) -> str:
    """A path of this site, whatever was asked for: never another host."""
    lost = not back.startswith("/") or back.startswith("//") or "\\" in back or not back.isprintable()
    return "/" if lost else back
