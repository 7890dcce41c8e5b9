"""Whose account a sign-in at the provider opens."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.actions import LONGEST_NAME, add_person, record_account_event
from app.accounts.models import Person, PersonIdentity
from app.accounts.openid import Identity
from app.accounts.own_account import forget_other_ways_in, held_person
from app.db.base import now
from app.problems import Problem

INVITATION = "/invitations/"


class NoAccount(Problem):
    """You have no account here yet. Ask the lead of your study for an invitation, and sign in from its page."""


class AccountClosed(Problem):
    """This account is deactivated. Ask whoever runs this Tandem."""


class KnownOtherwise(Problem):
    """The provider knows the account of this address by another name. Ask whoever runs this Tandem to unlink it."""


def person_of_identity(session: Session, identity: Identity, wanted: str) -> Person:
    """Who signed in by it before; else who has its address, which the provider vouches for; else, on the way to an
    open invitation, somebody new. wanted: the page they are on the way to.

    Raises NoAccount, KnownOtherwise and AccountClosed.
    """
    if known := _known(session, identity):
        _check_open(known)
        return known
    person = _of_address(session, identity) or _invited(session, identity, wanted)
    if person is None:
        raise NoAccount
    _link(session, person, identity)
    return person


def unlink(session: Session, person: Person) -> int:
    """The provider may make them known anew, by their address. Returns by how many names it knew them."""
    of_person = delete(PersonIdentity).where(PersonIdentity.person_id == person.id)
    gone = session.scalars(of_person.returning(PersonIdentity.id)).all()
    if gone:
        record_account_event(session, "identity.unlinked", person=None, subject_id=person.id)
    return len(gone)


def _known(session: Session, identity: Identity) -> Person | None:
    return session.scalar(
        select(Person)
        .join(PersonIdentity, PersonIdentity.person_id == Person.id)
        .where(PersonIdentity.issuer == identity.issuer, PersonIdentity.subject == identity.subject)
    )


def _of_address(session: Session, identity: Identity) -> Person | None:
    """The address of an account was typed by whoever made it; the provider has checked whose it is. So from here on it
    is theirs alone, and what else opened it opens it no more."""
    found = queries.person_with_email(session, identity.email) if identity.email else None
    if found is None:
        return None
    person = held_person(session, found.id)
    _check_open(person)
    of_provider = select(PersonIdentity.id).where(
        PersonIdentity.person_id == person.id, PersonIdentity.issuer == identity.issuer
    )
    if session.scalar(of_provider.limit(1)) is not None:
        raise KnownOtherwise
    forget_other_ways_in(session, person)
    return person


def _invited(session: Session, identity: Identity, wanted: str) -> Person | None:
    """The invitation is used when they join, on its page; here it only says that they may come in."""
    token = wanted.removeprefix(INVITATION) if wanted.startswith(INVITATION) else ""
    if not identity.email or not queries.open_invitation(session, token, "member", now()):
        return None
    return add_person(session, email=identity.email, name=identity.name[:LONGEST_NAME], password=None)


def _check_open(person: Person) -> None:
    if person.deactivated_at is not None:
        raise AccountClosed


def _link(session: Session, person: Person, identity: Identity) -> None:
    session.add(PersonIdentity(person_id=person.id, issuer=identity.issuer, subject=identity.subject))
    session.flush()
    record_account_event(session, "identity.linked", person=person, subject_id=person.id, issuer=identity.issuer)
