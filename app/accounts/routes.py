"""Signing in and out, and the one-time links that open accounts."""

from urllib.parse import quote, urlsplit

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import actions, queries
from app.accounts.cookie import device, forget_sign_in, keep_sign_in
from app.accounts.models import Invitation
from app.accounts.new_person import NewPerson
from app.accounts.sign_in_page import sign_in_page
from app.accounts.signed_out import kept_form, kept_in_the_page
from app.accounts.signing_in import WrongPassword, checked_password, sign_in_checked
from app.accounts.viewer import COOKIE, SignedOut, person_of
from app.db.base import now
from app.db.session import ReadSession, Transaction, database_of
from app.problems import Invalid, TooOften
from app.web.errors import answer
from app.web.forms import PostedForm
from app.web.pages import is_htmx, page, redirect_after
from app.web.theme import own_path

router = APIRouter()


@router.get("/sign-in")
def show_sign_in(request: Request, session: ReadSession, next: str = "/") -> Response:
    if person_of(request) is not None:
        return RedirectResponse(own_path(next), status_code=303)
    return sign_in_page(request, wanted=next, anybody=queries.anybody_here(session))


@router.post("/sign-in")
def sign_in(request: Request, session: Transaction, posted: PostedForm) -> Response:
    email, wanted = posted.text("email"), posted.text("next", "/")
    try:
        address = device(request)["address"]
        checked = checked_password(database_of(request), email, posted.raw("password"), address=address)
        token = sign_in_checked(session, checked, **device(request))
    except WrongPassword as problem:
        anybody = queries.anybody_here(session)
        return sign_in_page(request, wanted=wanted, email=email, anybody=anybody, problem=problem.sentence, status=422)
    except TooOften as problem:
        anybody = queries.anybody_here(session)
        answer = sign_in_page(
            request, wanted=wanted, email=email, anybody=anybody, problem=problem.sentence, status=429
        )
        answer.headers["Retry-After"] = str(problem.seconds)
        return answer
    actions.sign_out(session, request.cookies.get(COOKIE, ""))  # whoever was signed in in this browser before
    return _signed_in(request, token, own_path(wanted))


@router.post("/sign-out")
def sign_out(request: Request, session: Transaction) -> Response:
    actions.sign_out(session, request.cookies.get(COOKIE, ""))
    response = redirect_after(request, "/sign-in")
    forget_sign_in(response)
    return response


@router.get("/first-owner/{token}")
def first_owner_page(request: Request, session: ReadSession, token: str) -> Response:
    _check_open(queries.open_invitation(session, token, "owner", now()))
    return page(request, "accounts/first_owner.html", form=NewPerson())


@router.post("/first-owner/{token}")
def become_owner(request: Request, session: Transaction, token: str, posted: PostedForm) -> Response:
    form = NewPerson.read(posted)
    try:
        with session.begin_nested():
            person = actions.become_owner(session, token, name=form.name, email=form.email, password=form.password)
    except Invalid as problem:
        form.refuse(problem)
        return page(request, "accounts/first_owner.html", status=422, form=form)
    return _signed_in(request, actions.start_sign_in(session, person, **device(request)), "/")


@router.get("/sign-in-links/{token}")
def sign_in_link_page(request: Request, session: ReadSession, token: str) -> Response:
    """Shows a button only, so that a program that looks at links beforehand does not use this one up."""
    _check_open(queries.open_invitation(session, token, "sign_in", now()))
    return page(request, "accounts/sign_in_link.html")


@router.post("/sign-in-links/{token}")
def sign_in_by_link(request: Request, session: Transaction, token: str) -> Response:
    return _signed_in(request, actions.sign_in_by_link(session, token, **device(request)), "/")


def add_sign_in_redirect(app: FastAPI) -> None:
    @app.exception_handler(SignedOut)
    async def ask_to_sign_in(request: Request, problem: SignedOut) -> Response:
        if request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", ""):
            return answer(request, 401, problem.sentence)
        if is_htmx(request) and request.method == "POST":
            return kept_in_the_page(request)
        if is_htmx(request):
            shown = urlsplit(request.headers.get("hx-current-url", "/"))
            return Response(status_code=401, headers={"HX-Redirect": _sign_in_address(shown.path, shown.query)})
        if kept := await kept_form(request):
            return kept
        path = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(_sign_in_address(path, request.url.query), status_code=303)


def _sign_in_address(path: str, query: str) -> str:
    wanted = own_path(path + (f"?{query}" if query else ""))
    return "/sign-in" + (f"?next={quote(wanted)}" if wanted != "/" else "")


def _signed_in(request: Request, token: str, url: str) -> Response:
    response = redirect_after(request, url)
    keep_sign_in(request, response, token)
    return response


def _check_open(invitation: Invitation | None) -> None:
    if invitation is None:
        raise actions.LinkUsed
