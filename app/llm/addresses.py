"""Addresses of endpoints: which are asked at all, and which count as local."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

IPAddress = IPv4Address | IPv6Address

# Where the machines of a cloud learn who they are. A model stands at none of them, and keys could be had there.
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
METADATA = frozenset(
    map(ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
)
PRIVATE = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
)
# The last 32 bits are an IPv4 address: of NAT64 (RFC 6052, 8215), translated (RFC 2765), and the old compatible ones.
TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))
LOCAL_NAMES = (".local", ".internal", ".localhost")
# Each part has 1 to 63 letters, else no resolver takes it.
NAME = re.compile(r"(?=[a-z0-9].{0,252}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*(?<=[a-z0-9])")
NUMBER_LIKE = re.compile(r"(0x[0-9a-f]*|\d+)", re.I)  # the last part of a name: then it is a number in disguise


class NotAnAddress(ValueError):
    """The text is no http address that could be asked."""


class CredentialsInside(NotAnAddress):
    """The address carries a name or a password."""


class NeverAsked(NotAnAddress):
    """The address belongs to the machine or the network, not to a model."""


def checked_address(typed: str) -> str:
    """The address as it is stored, without a slash at its end. Raises NotAnAddress."""
    parts = _parts(typed)
    if parts.username is not None or parts.password is not None:
        raise CredentialsInside
    if parts.query or parts.fragment or not _port_is_usable(parts):
        raise NotAnAddress
    host = parts.hostname or ""
    number = _number(host)
    if number is None and not NAME.fullmatch(host):
        raise NotAnAddress
    if number is None and NUMBER_LIKE.fullmatch(host.rsplit(".", 1)[-1]):
        raise NotAnAddress
    if host in METADATA_NAMES or (number is not None and is_never_asked(number)):
        raise NeverAsked
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def is_local(address: str) -> bool:
    """On this machine or in its own network, as far as the address itself tells; names are taken at their word."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    number = _number(host)
    if number is not None:
        return not is_never_asked(number) and any(_plain(number) in network for network in PRIVATE)
    return bool(host) and ("." not in host or host.endswith(LOCAL_NAMES))


def origin(address: str) -> str:
    """Scheme, host and port: to whom a key is sent."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_never_asked(number: IPAddress) -> bool:
    number = _plain(number)
    return number in METADATA or number.is_link_local or number.is_multicast or number.is_unspecified


def leads_where_none_is_asked(address: str) -> bool:
    """Whether the name of the host stands for such an address now. A name nobody knows leads nowhere."""
    parts = urlsplit(address)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the latter of a name that is none
        return False
    return any(is_never_asked(ip_address(str(where[4][0]).split("%")[0])) for where in found)


def _parts(typed: str) -> SplitResult:
    if re.search(r"[\s\\\x00-\x1f\x7f]", typed) or len(typed) > 500:
        raise NotAnAddress
    try:
        parts = urlsplit(typed)
        _ = parts.hostname
    except ValueError:
        raise NotAnAddress from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotAnAddress
    return parts


def _port_is_usable(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _number(host: str) -> IPAddress | None:
    try:
        return ip_address(host.split("%")[0])
    except ValueError:
        return None


def _plain(number: IPAddress) -> IPAddress:
    """An IPv4 address that is written as one of IPv6."""
    if isinstance(number, IPv6Address):
        if int(number) > 1 and any(number in network for network in TRANSLATED):
            return IPv4Address(int(number) & 0xFFFFFFFF)
        return number.ipv4_mapped or number.sixtofour or number
    return number
