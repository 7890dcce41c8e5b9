"""Checking a password without holding anything: a hash takes its time, and others want the connections meanwhile."""

from dataclasses import dataclass, field

from app.accounts import queries
from app.accounts.actions import WrongPassword
from app.accounts.passwords import password_fits
from app.accounts.throttle import count_try
from app.db.session import Database


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
