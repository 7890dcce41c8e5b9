"""Who asks: the dependency that every signed-in page takes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.accounts import queries
from app.accounts.models import Person
from app.db.base import now
from app.db.session import database_of
from app.problems import Problem

COOKIE = "tandem_sign_in"


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
    with database_of(request).reading() as session:
        person = queries.signed_in_person(session, token, now())
        if person is not None:
            session.expunge(person)
        return person


def current_person(request: Request) -> Person:
    person = person_of(request)
    if person is None:
        raise SignedOut
    request.state.viewer = Visitor(person)
    request.state.person_id = person.id  # for the line in the log
    return person


CurrentPerson = Annotated[Person, Depends(current_person)]
