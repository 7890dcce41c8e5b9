"""Tries at passwords are counted in the database, so that the limits hold over any number of servers."""

import hashlib
import math
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.accounts.models import Try
from app.db.base import now
from app.problems import TooOften

WINDOW = timedelta(minutes=15)
MOST_OF_ACCOUNT = 10
MOST_OF_ADDRESS = 100  # a whole institute may sit behind one
MOST_LETTERS_OF_ACCOUNT = 3
MOST_LETTERS_OF_ADDRESS = 20
FORGOTTEN_AFTER = timedelta(days=1)


def count_try(session: Session, *, email: str, address: str) -> None:
    """Counts it, known account or not. Raises TooOften where one more is not allowed; then nothing is counted.

    One account's tries come one after the other, also when they arrive at the same moment.
    """
    _count(session, {_account_key(email): MOST_OF_ACCOUNT, _key("address", _household(address)): MOST_OF_ADDRESS})


def count_letter(session: Session, *, email: str, address: str) -> None:
    """The same for letters with a link: each is one more in somebody's box."""
    of_account = _key("letter to account", email.strip().lower())
    of_address = _key("letter from address", _household(address))
    _count(session, {of_account: MOST_LETTERS_OF_ACCOUNT, of_address: MOST_LETTERS_OF_ADDRESS})


def count_way_out(session: Session, *, address: str) -> None:
    """The same for the way to a provider, which is asked something each time."""
    _count(session, {_key("provider from address", _household(address)): MOST_OF_ADDRESS})


def _count(session: Session, limits: Mapping[str, int]) -> None:
    _forget_old(session)
    for key_hash, most in limits.items():
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('tries:' || :key))"), {"key": key_hash})
        _check(session, key_hash, most)
    session.add_all(Try(key_hash=key_hash) for key_hash in limits)
    session.flush()


def forgive(session: Session, email: str) -> None:
    """Who signed in has shown who they are: the tries at their account count no more. Those of the address do."""
    session.execute(delete(Try).where(Try.key_hash == _account_key(email)))


def _check(session: Session, key_hash: str, most: int) -> None:
    since = now() - WINDOW
    count, oldest = session.execute(
        select(func.count(), func.min(Try.at)).where(Try.key_hash == key_hash, Try.at > since)
    ).one()
    if count < most:
        return
    seconds = max(1, math.ceil((oldest + WINDOW - now()).total_seconds()))
    minutes = math.ceil(seconds / 60)
    wait = "a minute" if minutes == 1 else f"{minutes} minutes"
    raise TooOften(f"There were too many tries. Wait {wait}, then try again.", seconds=seconds)


def _forget_old(session: Session) -> None:
    old = select(Try.id).where(Try.at < now() - FORGOTTEN_AFTER).limit(100).with_for_update(skip_locked=True)
    session.execute(delete(Try).where(Try.id.in_(old)))


def _household(address: str) -> str:
    """Of IPv6 the network of 64 bits: whoever has one address there has them all."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    return str(ip_network(f"{address}/64", strict=False)) if isinstance(read, IPv6Address) else address


def _account_key(email: str) -> str:
    return _key("account", email.strip().lower())


def _key(kind: str, what: str) -> str:
    return hashlib.sha256(f"{kind}\0{what}".encode()).hexdigest()
