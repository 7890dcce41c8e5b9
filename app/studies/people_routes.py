"""Everybody with an account here, for owners of the installation."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import own_account, queries
from app.accounts.cookie import base_url
from app.accounts.models import Person
from app.accounts.viewer import CurrentPerson
from app.db.session import ReadSession, Transaction
from app.problems import Invalid, NotFound
from app.studies.member_actions import OwnPassword
from app.studies.queries import memberships_by_person
from app.web.forms import Key
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/people")


@router.get("")
def everybody(request: Request, session: ReadSession, person: CurrentPerson) -> Response:
    return _page(request, session, person)


@router.post("/{person_id}/password-link")
def make_password_link(request: Request, session: Transaction, person: CurrentPerson, person_id: Key) -> Response:
    """The link is in this answer only: what is stored is its hash."""
    _check_owner(person)
    whose = queries.person_by_id(session, person_id)
    if whose.id == person.id:
        raise OwnPassword
    token = own_account.make_password_link(session, whose, by=person)
    return _page(request, session, person, whose=whose, link=f"{base_url(request)}/password-links/{token}")


@router.post("/{person_id}/deactivation")
def deactivate(request: Request, session: Transaction, person: CurrentPerson, person_id: Key) -> Response:
    _check_owner(person)
    try:
        own_account.deactivate(session, person_id, by=person)
    except Invalid as problem:
        return _page(request, session, person, problem=problem.sentence, status=422)
    return redirect_after(request, "/people")


@router.post("/{person_id}/reactivation")
def reactivate(request: Request, session: Transaction, person: CurrentPerson, person_id: Key) -> Response:
    _check_owner(person)
    own_account.reactivate(session, person_id, by=person)
    return redirect_after(request, "/people")


def _check_owner(person: Person) -> None:
    """To everybody else there is no such page."""
    if not person.is_owner:
        raise NotFound


def _page(
    request: Request,
    session: Session,
    person: Person,
    *,
    status: int = 200,
    whose: Person | None = None,
    link: str = "",
    problem: str = "",
) -> Response:
    _check_owner(person)
    return page(
        request,
        "studies/people.html",
        status=status,
        people=queries.everybody(session),
        memberships=memberships_by_person(session),
        person=person,
        whose=whose,
        link=link,
        problem=problem,
    )
