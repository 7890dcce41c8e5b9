"""Signing in by a password, which is checked without holding anything: a hash takes its time, and others want the
connections meanwhile."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.actions import start_sign_in
from app.accounts.models import Person
from app.accounts.passwords import password_fits
from app.accounts.throttle import count_try, forgive
from app.db.session import Database
from app.problems import Invalid


class WrongPassword(Invalid):
    """E-mail and password do not belong together. Check both, or ask the study lead for a new link."""


@dataclass(frozen=True)
class Checked:
    """Whose password it was, and the stored one that it fitted."""

    person_id: int
    email: str
    stored: str = field(repr=False)


def checked_password(database: Database, email: str, password: str, *, address: str) -> Checked:
    """The try is counted for good before the password is looked at. Raises TooOften and WrongPassword."""
    with database.transaction() as session:
        count_try(session, email=email, address=address)
    with database.reading() as session:
        person = queries.person_with_email(session, email)
        stored = person.password_hash if person and person.deactivated_at is None else None
        person_id = person.id if person else 0
    if not password_fits(password, stored) or stored is None:
        raise WrongPassword
    return Checked(person_id, email, stored)


def sign_in_checked(session: Session, checked: Checked, *, user_agent: str, address: str, days: int) -> str:
    """Raises WrongPassword where the account or its password changed since it was checked."""
    person = session.get(Person, checked.person_id)
    if person is None or person.deactivated_at is not None or person.password_hash != checked.stored:
        raise WrongPassword
    forgive(session, checked.email)
    return start_sign_in(session, person, user_agent=user_agent, address=address, days=days)
