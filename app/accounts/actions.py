"""Accounts: the first owner, signing in and out, one-time links."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import AccountEvent, Invitation, Person, SignIn
from app.accounts.passwords import hash_password
from app.accounts.tokens import new_token, token_hash
from app.db.base import now
from app.methods.names import checked_name
from app.problems import Invalid, NotFound

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")
LONGEST_EMAIL = 254  # what mail itself allows; an index holds it
LONGEST_NAME = 120
DEMO_EMAIL = "lead@demo.localhost"  # the lead of the sample study, who signs in by a link


class LinkUsed(NotFound):
    """This link was used already or has run out. Ask whoever sent it for a new one."""


class NoName(Invalid):
    """A name is missing. Colleagues see it beside your codes."""


class NameTooLong(Invalid):
    """The name is longer than 120 characters. Take a shorter form of it."""


class NoEmail(Invalid):
    """This does not look like an e-mail address. It is what you sign in with."""


class NoDemo(NotFound):
    """The sample study is not here, so there is nobody to sign in as."""


class EmailTaken(Invalid):
    """Somebody with this e-mail address is here already. Sign in instead, then open the link again."""


def usable_name(typed: str) -> str:
    return checked_name(typed, most=LONGEST_NAME, missing=NoName, too_long=NameTooLong)


def record_account_event(
    session: Session, kind: str, *, person: Person | None, subject_id: int | None = None, **details: Any
) -> None:
    by = person.id if person else None
    session.add(AccountEvent(kind=kind, person_id=by, subject_id=subject_id, details=details))


def add_person(session: Session, *, email: str, name: str, password: str | None) -> Person:
    """password None: a person who signs in by links only, as in the demo."""
    name, email = usable_name(name), email.strip()
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise NoEmail
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('people.email:' || lower(:email)))"), {"email": email})
    if queries.person_with_email(session, email):
        raise EmailTaken
    person = Person(email=email, name=name, password_hash=hash_password(password) if password is not None else None)
    session.add(person)
    session.flush()
    record_account_event(session, "person.added", person=person, subject_id=person.id)
    return person


def make_owner_link(session: Session, base_url: str) -> str:
    token = make_link(session, purpose="owner", days=7)
    return f"{base_url}/first-owner/{token}"


def become_owner(session: Session, token: str, *, name: str, email: str, password: str) -> Person:
    invitation = take_link(session, token, "owner")
    person = add_person(session, name=name, email=email, password=password)
    person.is_owner = True
    use_link(invitation, person)
    record_account_event(session, "owner.made", person=person, subject_id=person.id)
    return person


def make_member_invitation(session: Session, by: Person | None) -> tuple[Invitation, str]:
    token = new_token()
    invitation = Invitation(
        purpose="member",
        token_hash=token_hash(token),
        created_by_id=by.id if by else None,
        expires_at=now() + timedelta(days=14),
    )
    session.add(invitation)
    session.flush()
    return invitation, token


def revoke_invitation(session: Session, invitation_id: int | None) -> bool:
    """Whether it was open until now; one that was used stays as it is."""
    if invitation_id is None:
        return False
    invitation = session.get_one(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if not invitation.is_open_at(now()):
        return False
    invitation.revoked_at = now()
    return True


def accept_invitation(session: Session, token: str, person: Person) -> Invitation:
    """The link is used up; the study that it leads to links the person to the member."""
    invitation = take_link(session, token, "member")
    use_link(invitation, person)
    revoke_links(session, person, "password")  # made when this account opened one study less
    record_account_event(session, "invitation.accepted", person=person, subject_id=invitation.id)
    return invitation


def start_sign_in(session: Session, person: Person, *, user_agent: str, days: int, address: str = "") -> str:
    token = new_token()
    expires_at = now() + timedelta(days=days)
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=token_hash(token),
            user_agent=user_agent[:300],
            address=address,
            last_seen_at=now(),
            expires_at=expires_at,
        )
    )
    record_account_event(session, "signed_in", person=person, subject_id=person.id)
    return token


def sign_out(session: Session, token: str) -> None:
    found = session.scalar(select(SignIn).where(SignIn.token_hash == token_hash(token), SignIn.ended_at.is_(None)))
    if found is not None:
        found.ended_at = now()
        session.add(AccountEvent(kind="signed_out", person_id=found.person_id, subject_id=found.person_id))


def make_sign_in_link(session: Session, person: Person, base_url: str) -> str:
    token = make_link(session, purpose="sign_in", days=1, person=person)
    record_account_event(session, "sign_in_link.made", person=None, subject_id=person.id)
    return f"{base_url}/sign-in-links/{token}"


def demo_sign_in_link(session: Session, base_url: str) -> str:
    """A link to be the lead of the sample study; those of earlier starts open nothing any more."""
    person = queries.person_with_email(session, DEMO_EMAIL)
    if person is None:
        raise NoDemo
    revoke_links(session, person)
    return make_sign_in_link(session, person, base_url)


def sign_in_by_link(session: Session, token: str, *, user_agent: str, address: str, days: int) -> str:
    invitation = take_link(session, token, "sign_in")
    person = session.get_one(Person, invitation.person_id)
    if person.deactivated_at is not None:
        raise LinkUsed
    use_link(invitation, person)
    return start_sign_in(session, person, user_agent=user_agent, address=address, days=days)


def make_link(
    session: Session, *, purpose: str, days: int, person: Person | None = None, by: Person | None = None
) -> str:
    """The token of a new one-time link."""
    token = new_token()
    session.add(
        Invitation(
            purpose=purpose,
            token_hash=token_hash(token),
            person_id=person.id if person else None,
            created_by_id=by.id if by else None,
            expires_at=now() + timedelta(days=days),
        )
    )
    return token


def revoke_links(session: Session, person: Person, *purposes: str) -> None:
    """Those that let somebody in as this person: of these purposes, else all."""
    session.execute(
        update(Invitation)
        .where(
            Invitation.person_id == person.id,
            Invitation.purpose.in_(purposes or ("password", "sign_in")),
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now())
    )


def take_link(session: Session, token: str, purpose: str) -> Invitation:
    invitation = queries.taken_invitation(session, token, purpose, now())
    if invitation is None:
        raise LinkUsed
    return invitation


def use_link(invitation: Invitation, person: Person) -> None:
    invitation.used_at = now()
    invitation.used_by_id = person.id
