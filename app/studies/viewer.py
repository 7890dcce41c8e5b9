"""Who asks within a study. What somebody who is no member asks for is not found."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import and_, bindparam
from sqlalchemy.orm import Session

from app.accounts.models import Person, SignIn
from app.accounts.queries import OPEN_SIGN_IN, of_token
from app.accounts.viewer import COOKIE, SignedOut, note_seen, visits
from app.db.base import now
from app.db.session import database_of
from app.problems import Conflict, NotAllowed, NotFound
from app.studies.models import Membership, Study


@dataclass(frozen=True)
class Viewer:
    """A person in a study: what every visibility rule and every act starts from."""

    person: Person | None  # None: a member without a person behind it, as in the sample study
    study: Study
    member: Membership

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def initials(self) -> str:
        return self.member.initials

    @property
    def role(self) -> str:
        return self.member.role

    @property
    def leads(self) -> bool:
        return self.member.role == "lead"

    @property
    def may_rule(self) -> bool:
        return self.member.role in ("lead", "adjudicator")

    @property
    def may_code(self) -> bool:
        return self.member.role in ("lead", "adjudicator", "coder")


class StudyClosed(Conflict):
    """This study is closed, so that nothing in it changes any more. A lead can open it again under Settings."""


def check_open(study: Study) -> None:
    if study.closed_at is not None:
        raise StudyClosed


class LeadOnly(NotAllowed):
    """Only the lead of the study may do this. Ask them."""


def check_leads(viewer: Viewer) -> None:
    if not viewer.leads:
        raise LeadOnly


# What may be posted in a closed study: who belongs to it, what is taken out and shown, and its end.
_WHILE_CLOSED = re.compile(r"/studies/[^/]+/((members|export|deletion|closing)(/.*)?|.*/openings)")

# Whoever is signed in, the study if there is one of that name, and their membership in it if they have one.
_ASKED = (
    OPEN_SIGN_IN.add_columns(Study, Membership)
    .outerjoin(Study, Study.slug == bindparam("slug"))
    .outerjoin(
        Membership,
        and_(Membership.study_id == Study.id, Membership.person_id == Person.id, Membership.ended_at.is_(None)),
    )
)


def asker(session: Session, request: Request, slug: str) -> tuple[SignIn, Person, Viewer | None] | None:
    """Who asks, and what they are in the study of that name: None where they are nothing. None where nobody is signed
    in. One question, as every page of a study begins with it."""
    token = request.cookies.get(COOKIE)
    found = session.execute(_ASKED, of_token(token, now()) | {"slug": slug}).first() if token else None
    if found is None:
        return None
    person, sign_in, study, member = found
    return sign_in, person, Viewer(person, study, member) if member is not None else None


def current_viewer(request: Request, slug: str) -> Viewer:
    with database_of(request).glance() as session:
        found = asker(session, request, slug)
        session.expunge_all()
    if found is None:
        raise SignedOut
    sign_in, person, viewer = found
    note_seen(request, sign_in)
    visits(request, person)
    if viewer is None:
        raise NotFound
    request.state.viewer, request.state.study = viewer, viewer.study
    if request.method != "GET" and not _WHILE_CLOSED.fullmatch(request.url.path):
        check_open(viewer.study)
    return viewer


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]


def leading_viewer(viewer: CurrentViewer) -> Viewer:
    check_leads(viewer)
    return viewer


LeadingViewer = Annotated[Viewer, Depends(leading_viewer)]
