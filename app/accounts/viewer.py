"""Who asks: the dependency that every signed-in page takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import update
from sqlalchemy.orm import Session

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


@dataclass(frozen=True)
class Asker:
    """last_seen_at: when a look by this sign-in was noted."""

    person: Person
    sign_in_id: int
    last_seen_at: datetime | None


def asker_of(session: Session, request: Request) -> Asker | None:
    token = request.cookies.get(COOKIE)
    found = queries.open_sign_in(session, token, now()) if token else None
    if found is None:
        return None
    person, sign_in = found
    return Asker(person, sign_in.id, sign_in.last_seen_at)


def person_of(request: Request) -> Person | None:
    if COOKIE not in request.cookies:
        return None
    with database_of(request).reading() as session:
        asker = asker_of(session, request)
        session.expunge_all()
    if asker is None:
        return None
    note_seen(request, asker)
    return asker.person


def note_seen(request: Request, asker: Asker) -> None:
    """Beside the transaction of the request, which may be read-only or roll back."""
    at = now()
    if asker.last_seen_at is not None and at - asker.last_seen_at <= SEEN_EVERY:
        return
    seen = {"last_seen_at": at, "address": request.client.host if request.client else ""}
    try:
        with database_of(request).transaction() as session:
            session.execute(update(SignIn).where(SignIn.id == asker.sign_in_id).values(**seen))
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
