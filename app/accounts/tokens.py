"""Random secrets: shown once, stored as a hash."""

import hashlib
import secrets


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 is enough for 256 random bits; passwords get argon2."""
    return hashlib.sha256(token.encode()).hexdigest()
