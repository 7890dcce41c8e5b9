"""Who is signed in, and what their links open."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.accounts.models import Invitation, Person, SignIn
from app.accounts.tokens import token_hash


def signed_in_person(session: Session, token: str, at: datetime) -> Person | None:
    return session.scalar(
        select(Person)
        .join(SignIn, SignIn.person_id == Person.id)
        .where(
            SignIn.token_hash == token_hash(token),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > at,
            Person.deactivated_at.is_(None),
        )
    )


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
    return session.scalar(select(func.count()).select_from(Person).where(Person.password_hash.is_not(None))) != 0
