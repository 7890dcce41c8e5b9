"""Whose account a sign-in at the provider opens."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.actions import LONGEST_NAME, add_person, record_account_event
from app.accounts.models import Person, PersonIdentity
from app.accounts.openid import Identity
from app.db.base import now
from app.problems import Problem

INVITATION = "/invitations/"


class NoAccount(Problem):
    """You have no account here yet. Ask the lead of your study for an invitation, and sign in from its page."""


class AccountClosed(Problem):
    """This account is deactivated. Ask whoever runs this Tandem."""


def person_of_identity(session: Session, identity: Identity, wanted: str) -> Person:
    """Who signed in by it before; else who has its address, which the provider vouches for; else, on the way to an
    open invitation, somebody new. wanted: the page they are on the way to. Raises NoAccount and AccountClosed.
    """
    person = _known(session, identity)
    if person is None:
        person = _of_address(session, identity) or _invited(session, identity, wanted)
        if person is None:
            raise NoAccount
        _link(session, person, identity)
    if person.deactivated_at is not None:
        raise AccountClosed
    return person


def _known(session: Session, identity: Identity) -> Person | None:
    return session.scalar(
        select(Person)
        .join(PersonIdentity, PersonIdentity.person_id == Person.id)
        .where(PersonIdentity.issuer == identity.issuer, PersonIdentity.subject == identity.subject)
    )


def _of_address(session: Session, identity: Identity) -> Person | None:
    return queries.person_with_email(session, identity.email) if identity.email else None


def _invited(session: Session, identity: Identity, wanted: str) -> Person | None:
    """The invitation is used when they join, on its page; here it only says that they may come in."""
    token = wanted.removeprefix(INVITATION) if wanted.startswith(INVITATION) else ""
    if not identity.email or not queries.open_invitation(session, token, "member", now()):
        return None
    return add_person(session, email=identity.email, name=identity.name[:LONGEST_NAME], password=None)


def _link(session: Session, person: Person, identity: Identity) -> None:
    session.add(PersonIdentity(person_id=person.id, issuer=identity.issuer, subject=identity.subject))
    session.flush()
    record_account_event(session, "identity.linked", person=person, subject_id=person.id, issuer=identity.issuer)
