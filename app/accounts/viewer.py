"""Who asks: the dependency that every signed-in page takes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import update

from app.accounts import queries
from app.accounts.models import Person, SignIn
from app.db.base import now
from app.db.session import database_of
from app.problems import Problem, Unavailable

COOKIE = "tandem_sign_in"
SEEN_EVERY = timedelta(minutes=5)  # a look is noted no more often than this


class SignedOut(Problem):
    """Sign in to see this page."""


@dataclass(frozen=True)
class Visitor:
    """A signed-in person outside any study."""

    person: Person
    role: str = ""

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def initials(self) -> str:
        return self.person.initials


def person_of(request: Request) -> Person | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with database_of(request).glance() as session:
        found = queries.open_sign_in(session, token, now())
        session.expunge_all()
    if found is None:
        return None
    note_seen(request, found[1])
    return found[0]


def note_seen(request: Request, sign_in: SignIn) -> None:
    """Beside the transaction of the request, which may be read-only or roll back."""
    at = now()
    if sign_in.last_seen_at is not None and at - sign_in.last_seen_at <= SEEN_EVERY:
        return
    seen = {"last_seen_at": at, "address": request.client.host if request.client else ""}
    try:
        with database_of(request).transaction() as session:
            session.execute(update(SignIn).where(SignIn.id == sign_in.id).values(**seen))
    except Unavailable:
        pass  # nobody is kept from a page because this could not be noted


def current_person(request: Request) -> Person:
    person = person_of(request)
    if person is None:
        raise SignedOut
    visits(request, person)
    return person


def visits(request: Request, person: Person) -> None:
    request.state.viewer = Visitor(person)
    request.state.person_id = person.id  # for the line in the log


CurrentPerson = Annotated[Person, Depends(current_person)]
