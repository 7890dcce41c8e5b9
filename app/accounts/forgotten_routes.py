"""A forgotten password: asking for a letter, where the installation sends letters."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import queries
from app.accounts.cookie import device
from app.accounts.jobs import send_password_link
from app.accounts.throttle import count_letter
from app.db.session import Transaction
from app.jobs import defer_in
from app.problems import TooOften
from app.settings import Settings
from app.web.forms import PostedForm
from app.web.pages import page

router = APIRouter(prefix="/forgotten-password")


@router.get("")
def forgotten_password(request: Request) -> Response:
    return _page(request)


@router.post("")
def ask_for_letter(request: Request, session: Transaction, posted: PostedForm) -> Response:
    """The same answer, and the same work, whether somebody has this address or not."""
    email = posted.text("email")
    if not _sends_letters(request):
        return _page(request)
    try:
        count_letter(session, email=email, address=device(request)["address"])
    except TooOften as problem:
        response = _page(request, status=429, email=email, problem=problem.sentence)
        response.headers["Retry-After"] = str(problem.seconds)
        return response
    person = queries.person_with_email(session, email)
    defer_in(session, send_password_link, person_id=person.id if person else None)
    return _page(request, asked=True)


def _page(request: Request, *, status: int = 200, email: str = "", problem: str = "", asked: bool = False) -> Response:
    return page(
        request,
        "accounts/forgotten_password.html",
        status=status,
        sends_letters=_sends_letters(request),
        email=email,
        problem=problem,
        asked=asked,
    )


def _sends_letters(request: Request) -> bool:
    settings: Settings = request.app.state.settings
    return settings.smtp_url is not None
