"""Signing in at the provider that the settings name: there and back."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import actions
from app.accounts.cookie import base_url, device, is_secure, keep_sign_in
from app.accounts.identities import person_of_identity
from app.accounts.openid import LONGEST_PATH, Begun, Provider
from app.accounts.sign_in_page import sign_in_page
from app.accounts.throttle import count_way_out
from app.accounts.viewer import COOKIE
from app.db.session import Transaction, database_of
from app.problems import NotFound, Problem, TooOften
from app.web.theme import own_path

router = APIRouter()
HERE = "/sign-in/openid"
BEGUN_COOKIE = "tandem_openid"
SECONDS = 600


@router.get(HERE)
def go_to_provider(request: Request, next: str = "/") -> Response:
    provider = _provider(request)
    wanted = own_path(next)
    begun = Begun(wanted=wanted if len(wanted) <= LONGEST_PATH else "/")
    try:
        with database_of(request).transaction() as session:
            count_way_out(session, address=device(request)["address"])
        there = provider.address(begun, _back(request))
    except TooOften as problem:
        return sign_in_page(request, wanted=begun.wanted, refusal=problem.sentence, status=429)
    except Problem as problem:
        return sign_in_page(request, wanted=begun.wanted, refusal=problem.sentence, status=502)
    response = RedirectResponse(there, status_code=303)
    _keep(request, response, begun)
    return response


@router.get(f"{HERE}/back")
def come_back(request: Request, session: Transaction) -> Response:
    """Signs in whom the provider names, in the browser that was sent there and in no other."""
    provider = _provider(request)
    wanted = "/"
    try:
        begun = Begun.from_cookie(request.cookies.get(BEGUN_COOKIE, ""))
        wanted = own_path(begun.wanted)
        identity = provider.identity(begun, request.query_params, _back(request))
        with session.begin_nested():
            person = person_of_identity(session, identity, wanted)
    except Problem as problem:
        response = sign_in_page(request, wanted=wanted, refusal=problem.sentence, status=422)
        response.delete_cookie(BEGUN_COOKIE, path=HERE)
        return response
    actions.sign_out(session, request.cookies.get(COOKIE, ""))  # whoever was signed in in this browser before
    response = RedirectResponse(wanted, status_code=303)
    keep_sign_in(request, response, actions.start_sign_in(session, person, **device(request)))
    response.delete_cookie(BEGUN_COOKIE, path=HERE)
    return response


def _provider(request: Request) -> Provider:
    provider = Provider.of(request.app.state.settings)
    if provider is None:
        raise NotFound
    return provider


def _back(request: Request) -> str:
    return f"{base_url(request)}{HERE}/back"


def _keep(request: Request, response: Response, begun: Begun) -> None:
    """Sent along when the provider leads back, which is another site: so not strict."""
    response.set_cookie(
        BEGUN_COOKIE,
        begun.as_cookie(),
        max_age=SECONDS,
        path=HERE,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
