"""Passwords by argon2 (pwdlib's recommended parameters)."""

import threading
from functools import cache

from pwdlib import PasswordHash

from app.problems import Invalid

SHORTEST = 10
LONGEST = 512  # argon2 of a megabyte would be somebody else's denial of service
AT_ONCE = 2  # each takes 64 MiB for a moment: a whole team signing in at nine must not fill the machine

_turns = threading.BoundedSemaphore(AT_ONCE)


class PasswordTooShort(Invalid):
    """The password is too short. Take at least ten characters; a few words in a row are easy to keep."""


class PasswordTooLong(Invalid):
    """The password is longer than 512 characters. Take a shorter one."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody signs in with this")


def hash_password(password: str) -> str:
    if len(password) < SHORTEST:
        raise PasswordTooShort
    if len(password) > LONGEST:
        raise PasswordTooLong
    with _turns:
        return _hasher().hash(password)


def password_fits(password: str, stored: str | None) -> bool:
    """Takes as long for an unknown account as for a known one."""
    if len(password) > LONGEST:
        return False
    with _turns:
        fits = _hasher().verify(password, stored or _nobodys_hash())
    return fits and stored is not None
