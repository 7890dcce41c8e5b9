"""By which names this Tandem may be asked: a page that is asked by another may be somebody's trick (DNS rebinding)."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

NOT_HERE = (
    "This Tandem is not known by this address, so nothing was done. Its operator names the address that people type "
    "with TANDEM_PUBLIC_URL, and further ones with TANDEM_ALLOWED_HOSTS."
)
UNNAMED = frozenset({"/healthz", "/readyz", "/metrics"})  # asked by machines, by whatever name they have for it


class KnownHosts:
    """The public address and the names that the operator allows. Without a public address any number (127.0.0.1,
    192.168.1.7, ::1), since nobody else can make a name of it; and always this machine's own."""

    def __init__(self, public_url: str | None, allowed: Iterable[str] = ()) -> None:
        self._names = {name.lower() for name in allowed}
        self._takes_numbers = public_url is None
        self._public = _name(urlsplit(public_url).netloc) if public_url is not None else ""
        self._names |= {self._public} - {""}

    def is_public(self, host: str) -> bool:
        return _name(host) == self._public != ""

    def knows(self, host: str) -> bool:
        """host: as the header says it, with or without a port."""
        name = _name(host)
        if name in self._names or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            number = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._takes_numbers or number.is_loopback


def _name(netloc: str) -> str:
    """Without its port; '' where it cannot be read."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower().removesuffix(".")
    except ValueError:
        return ""
