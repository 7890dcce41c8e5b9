"""API keys at rest: sealed with a key that stands in the environment alone (ADR 0040).

Sealed is a Fernet token. Its key is derived from TANDEM_SECRET_KEY, so that this may be any long word; of several,
parted by commas, the first seals and all of them open.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import scrypt

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.ledger.endpoint_problems import KeyNotReadable, NoSecretKey
from app.settings import Settings

# One salt for all: the same word must open on every machine, and it is long enough to stand in no table.
SALT = b"tandem: API keys of model endpoints"


def seal(settings: Settings, key: str) -> str:
    """'' stays ''. Raises NoSecretKey."""
    if not key:
        return ""
    if not settings.secret_keys:
        raise NoSecretKey
    return _box(settings.secret_keys).encrypt(key.encode()).decode()


def unseal(settings: Settings, sealed: str) -> str:
    """Raises KeyNotReadable."""
    if not sealed:
        return ""
    if not settings.secret_keys:
        raise KeyNotReadable
    try:
        return _box(settings.secret_keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise KeyNotReadable from None


def opens(settings: Settings, sealed: str) -> bool:
    try:
        unseal(settings, sealed)
    except KeyNotReadable:
        return False
    return True


def resealed(settings: Settings, sealed: str) -> str:
    """The same key under the newest secret, as it is where that sealed it already. Raises KeyNotReadable."""
    return sealed if is_newest(settings, sealed) else seal(settings, unseal(settings, sealed))


def is_newest(settings: Settings, sealed: str) -> bool:
    """Whether the first of the secrets opens it."""
    try:
        _box(settings.secret_keys[:1]).decrypt(sealed.encode())
    except (InvalidToken, ValueError):
        return False
    return True


@lru_cache(maxsize=4)  # to derive one is slow on purpose
def _box(secret_keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in secret_keys])


def _derived(secret_key: str) -> bytes:
    return urlsafe_b64encode(scrypt(secret_key.encode(), salt=SALT, n=2**14, r=8, p=1, dklen=32))
