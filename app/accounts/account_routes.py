"""One's own account: name, password, and where one is signed in. And the link that sets a new password."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import own_account as actions
from app.accounts import queries
from app.accounts.actions import LinkUsed, NameTooLong, NoName, sign_out, start_sign_in
from app.accounts.browsers import browser_words
from app.accounts.cookie import device, keep_sign_in
from app.accounts.models import Person
from app.accounts.passwords import PasswordTooLong, PasswordTooShort
from app.accounts.tokens import token_hash
from app.accounts.viewer import COOKIE, CurrentPerson
from app.db.base import now
from app.db.session import ReadSession, Transaction, database_of
from app.problems import Invalid, TooOften
from app.web.forms import Form, Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter()

BELONGS_TO: dict[type[Invalid], str] = {
    NoName: "name",
    NameTooLong: "name",
    actions.NotThePassword: "current",
    PasswordTooShort: "new",
    PasswordTooLong: "new",
}
DONE = {
    "name": "Your name is changed.",
    "password": "Your password is changed, and every other sign-in has ended.",
    "elsewhere": "Every other sign-in has ended.",
    "ended": "That sign-in has ended.",
}


@dataclass
class AccountForm(Form):
    belongs_to = BELONGS_TO
    name: str = ""


@router.get("/account")
def own_account(request: Request, session: ReadSession, person: CurrentPerson, done: str = "") -> Response:
    return _page(request, session, person, AccountForm(person.name), happened=DONE.get(done, ""))


@router.post("/account/name")
def rename(request: Request, session: Transaction, person: CurrentPerson, posted: PostedForm) -> Response:
    form = AccountForm(posted.text("name"))
    try:
        with session.begin_nested():
            actions.rename(session, person.id, form.name)
    except Invalid as problem:
        form.refuse(problem)
        return _page(request, session, person, form, status=422)
    return redirect_after(request, "/account?done=name")


@router.post("/account/password")
def change_password(request: Request, session: Transaction, person: CurrentPerson, posted: PostedForm) -> Response:
    form, status = AccountForm(person.name), 422
    try:
        address, keep_token = device(request)["address"], request.cookies.get(COOKIE, "")
        checked = actions.checked_own_password(database_of(request), person.id, posted.raw("current"), address=address)
        actions.change_password(session, person.id, checked=checked, new=posted.raw("new"), keep_token=keep_token)
        return redirect_after(request, "/account?done=password")
    except Invalid as problem:
        form.refuse(problem)
    except TooOften as problem:
        form.problems["current"], status = problem.sentence, 429
    return _page(request, session, person, form, status=status)


@router.post("/account/sign-ins/others/end")
def end_others(request: Request, session: Transaction, person: CurrentPerson) -> Response:
    actions.end_other_sign_ins(session, person, request.cookies.get(COOKIE, ""))
    return redirect_after(request, "/account?done=elsewhere")


@router.post("/account/sign-ins/{sign_in_id}/end")
def end_one(request: Request, session: Transaction, person: CurrentPerson, sign_in_id: Key) -> Response:
    actions.end_sign_in(session, person, sign_in_id)
    return redirect_after(request, "/account?done=ended")


@router.get("/password-links/{token}")
def new_password_page(request: Request, session: ReadSession, token: str) -> Response:
    if queries.open_invitation(session, token, "password", now()) is None:
        raise LinkUsed
    return page(request, "accounts/new_password.html", problem="")


@router.post("/password-links/{token}")
def set_new_password(request: Request, session: Transaction, token: str, posted: PostedForm) -> Response:
    try:
        with session.begin_nested():
            person = actions.set_new_password(session, token, posted.raw("password"))
    except (PasswordTooShort, PasswordTooLong) as problem:
        return page(request, "accounts/new_password.html", status=422, problem=problem.sentence)
    sign_out(session, request.cookies.get(COOKIE, ""))  # whoever was signed in in this browser before
    response = redirect_after(request, "/")
    keep_sign_in(request, response, start_sign_in(session, person, **device(request)))
    return response


def _page(
    request: Request, session: Session, person: Person, form: AccountForm, *, status: int = 200, happened: str = ""
) -> Response:
    own = token_hash(request.cookies.get(COOKIE, ""))
    return page(
        request,
        "accounts/account.html",
        status=status,
        form=form,
        person=person,
        sign_ins=[
            (each, browser_words(each.user_agent), each.token_hash == own)
            for each in queries.open_sign_ins(session, person.id, now())
        ],
        events=queries.events_about(session, person.id),
        words=queries.ABOUT_PEOPLE,
        happened=happened,
    )
