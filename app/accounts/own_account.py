"""What people do to their own account, and links that give them a new password."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.actions import (
    LinkUsed,
    make_link,
    record_account_event,
    revoke_links,
    take_link,
    usable_name,
    use_link,
)
from app.accounts.models import Person, SignIn
from app.accounts.passwords import hash_password, password_fits
from app.accounts.throttle import count_try, forgive
from app.accounts.tokens import token_hash
from app.db.base import now
from app.db.session import Database
from app.problems import Conflict, Invalid, NotAllowed, NotFound

PASSWORD_LINK_DAYS = 1


class NotThePassword(Invalid):
    """This is not your present password. Type it again; if it is lost, ask for a link that sets a new one."""


class OwnerOnly(NotAllowed):
    """Only the owner of this Tandem may do this. Ask them."""


class Deactivated(Conflict):
    """This account is deactivated. Reactivate it first."""


class NotOneself(Invalid):
    """You cannot deactivate your own account. Another owner can."""


def rename(session: Session, person_id: int, name: str) -> Person:
    name = usable_name(name)
    person = held_person(session, person_id)
    if person.name != name:
        record_account_event(session, "person.renamed", person=person, subject_id=person.id, before=person.name)
        person.name = name
    return person


def checked_own_password(database: Database, person_id: int, password: str, *, address: str) -> str | None:
    """The stored one that it fits; None for who has none. The try is counted for good, and nothing is held meanwhile.

    Raises TooOften and NotThePassword.
    """
    with database.transaction() as session:
        person = queries.person_by_id(session, person_id)
        count_try(session, email=person.email, address=address)
        stored = person.password_hash
    if stored is not None and not password_fits(password, stored):
        raise NotThePassword
    return stored


def change_password(session: Session, person_id: int, *, checked: str | None, new: str, keep_token: str) -> Person:
    """All other sign-ins end. checked: what `checked_own_password` gave; it must be the stored one still."""
    new_hash = hash_password(new)  # takes its time, so before anything is held
    person = held_person(session, person_id)
    if person.password_hash != checked:
        raise NotThePassword
    person.password_hash = new_hash
    forgive(session, person.email)
    _end_sign_ins(session, person, but=keep_token)
    revoke_links(session, person)
    record_account_event(session, "password.changed", person=person, subject_id=person.id)
    return person


def end_sign_in(session: Session, person: Person, sign_in_id: int) -> None:
    found = session.scalar(
        select(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.person_id == person.id, SignIn.ended_at.is_(None))
        .with_for_update()
    )
    if found is None:
        raise NotFound
    found.ended_at = now()
    record_account_event(session, "signed_out", person=person, subject_id=person.id, sign_in=sign_in_id)


def end_other_sign_ins(session: Session, person: Person, keep_token: str) -> None:
    _end_sign_ins(session, person, but=keep_token)
    record_account_event(session, "signed_out_elsewhere", person=person, subject_id=person.id)


def make_password_link(session: Session, person: Person, *, by: Person | None) -> str:
    """The token of a link that sets a new password, once, within a day. Earlier ones open nothing any more.

    by None: the operator, on the command line. Whether somebody may make one is decided where they ask.
    """
    if person.deactivated_at is not None:
        raise Deactivated
    revoke_links(session, person, "password")
    token = make_link(session, purpose="password", days=PASSWORD_LINK_DAYS, person=person, by=by)
    record_account_event(session, "password_link.made", person=by, subject_id=person.id)
    return token


def set_new_password(session: Session, token: str, password: str) -> Person:
    """Ends every sign-in of the person: whoever had their password has it no more."""
    found = queries.open_invitation(session, token, "password", now())
    if found is None or found.person_id is None:
        raise LinkUsed
    person = held_person(session, found.person_id)  # before the link, as whoever revokes links holds them in this order
    invitation = take_link(session, token, "password")
    if person.deactivated_at is not None:
        raise LinkUsed
    person.password_hash = hash_password(password)
    use_link(invitation, person)
    revoke_links(session, person)
    forgive(session, person.email)
    _end_sign_ins(session, person)
    record_account_event(session, "password.set_by_link", person=person, subject_id=person.id)
    return person


def forget_other_ways_in(session: Session, person: Person) -> None:
    """No password, no open link, no sign-in: whoever had them may have typed an address that is not theirs."""
    person.password_hash = None
    revoke_links(session, person)
    _end_sign_ins(session, person)


def deactivate(session: Session, person_id: int, *, by: Person | None) -> Person:
    """They cannot sign in, and their sign-ins end. What they did in studies stays. by None: the command line."""
    _check_owner(by)
    if by is not None and by.id == person_id:
        raise NotOneself
    person = held_person(session, person_id)
    if person.deactivated_at is None:
        person.deactivated_at = now()
        _end_sign_ins(session, person)
        revoke_links(session, person)
        record_account_event(session, "person.deactivated", person=by, subject_id=person.id)
    return person


def reactivate(session: Session, person_id: int, *, by: Person | None) -> Person:
    _check_owner(by)
    person = held_person(session, person_id)
    if person.deactivated_at is not None:
        person.deactivated_at = None
        record_account_event(session, "person.reactivated", person=by, subject_id=person.id)
    return person


def _check_owner(by: Person | None) -> None:
    if by is not None and not by.is_owner:
        raise OwnerOnly


def held_person(session: Session, person_id: int) -> Person:
    found = session.scalar(
        select(Person).where(Person.id == person_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _end_sign_ins(session: Session, person: Person, *, but: str = "") -> None:
    open_ones = update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    session.execute(open_ones.where(SignIn.token_hash != token_hash(but)).values(ended_at=now()))
