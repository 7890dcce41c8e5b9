"""Who is signed in, and what their links open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.accounts.models import AccountEvent, Invitation, Person, PersonIdentity, SignIn
from app.accounts.tokens import token_hash
from app.problems import NotFound

# Kinds whose subject is a person; that of others is an invitation or a study.
ABOUT_PEOPLE = {
    "person.added": "account made",
    "owner.made": "made owner",
    "signed_in": "signed in",
    "identity.linked": "joined to a sign-in at the provider, which alone opens it",
    "identity.unlinked": "parted from its sign-in at the provider",
    "signed_out": "signed out",
    "signed_out_elsewhere": "signed out everywhere else",
    "sign_in_link.made": "sign-in link made",
    "person.renamed": "name changed",
    "password.changed": "password changed",
    "password_link.made": "link for a new password made",
    "password.set_by_link": "new password set by a link",
    "person.deactivated": "account deactivated",
    "person.reactivated": "account reactivated",
}


# Made once: every page asks this. Takes what `of_token` gives.
OPEN_SIGN_IN: Select[Person, SignIn] = (
    select(Person, SignIn)
    .join(SignIn, SignIn.person_id == Person.id)
    .where(
        SignIn.token_hash == bindparam("token_hash"),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > bindparam("at"),
        Person.deactivated_at.is_(None),
    )
)


def of_token(token: str, at: datetime) -> dict[str, Any]:
    return {"token_hash": token_hash(token), "at": at}


def open_sign_in(session: Session, token: str, at: datetime) -> tuple[Person, SignIn] | None:
    """Who is signed in by it."""
    row = session.execute(OPEN_SIGN_IN, of_token(token, at)).first()
    return (row[0], row[1]) if row else None


def person_with_email(session: Session, email: str) -> Person | None:
    return session.scalar(select(Person).where(func.lower(Person.email) == email.strip().lower()))


def open_invitation(session: Session, token: str, purpose: str, at: datetime) -> Invitation | None:
    return session.scalar(_open_invitation(token, purpose, at))


def taken_invitation(session: Session, token: str, purpose: str, at: datetime) -> Invitation | None:
    """The same, locked, so that a link opens once even when pressed twice at the same time."""
    return session.scalar(_open_invitation(token, purpose, at).with_for_update())


def _open_invitation(token: str, purpose: str, at: datetime) -> Select[Invitation]:
    return select(Invitation).where(
        Invitation.token_hash == token_hash(token),
        Invitation.purpose == purpose,
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > at,
    )


def anybody_here(session: Session) -> bool:
    """Whether somebody can sign in again: by a password, or at the provider."""
    by_provider = select(PersonIdentity.id).where(PersonIdentity.person_id == Person.id).exists()
    return session.scalar(select(Person.id).where(Person.password_hash.is_not(None) | by_provider).limit(1)) is not None


def open_sign_ins(session: Session, person_id: int, at: datetime) -> Sequence[SignIn]:
    """The one that was seen last comes first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.expires_at > at)
        .order_by(func.coalesce(SignIn.last_seen_at, SignIn.created_at).desc(), SignIn.id.desc())
    ).all()


def events_about(session: Session, person_id: int, most: int = 30) -> list[tuple[AccountEvent, str]]:
    """What was done to an account, newest first, with the name of who did it: '' for the operator."""
    rows = session.execute(
        select(AccountEvent, Person.name)
        .outerjoin(Person, Person.id == AccountEvent.person_id)
        .where(AccountEvent.subject_id == person_id, AccountEvent.kind.in_(ABOUT_PEOPLE))
        .order_by(AccountEvent.id.desc())
        .limit(most)
    )
    return [(event, name or "") for event, name in rows]


def everybody(session: Session) -> Sequence[Person]:
    """By name."""
    return session.scalars(select(Person).order_by(func.lower(Person.name), Person.id)).all()


def person_by_id(session: Session, person_id: int) -> Person:
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound
    return found
