"""Does the address that people type lead here, and is it safe to sign in there?"""

import ipaddress
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from app.settings import Settings

SECONDS = 5.0
LARGEST = 4096  # bytes; of what Tandem itself says there


def address_seen(settings: Settings) -> tuple[str, str]:
    """(what is seen, what to do about it: '' where all is well)"""
    url = settings.public_url
    if url is None:
        return _unnamed(settings)
    parts = urlsplit(url)
    if parts.path or parts.query:
        return f"{url} has a path, and Tandem serves from the root.", "Give Tandem a host name of its own."
    if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
        return f"{url} is not https: passwords would travel readable.", "Put a proxy with a certificate in front."
    if parts.scheme == "https" and settings.secure_cookies is False:
        return f"{url} is https, but the sign-in cookie may leave without it.", "Unset TANDEM_SECURE_COOKIES."
    return _asked(url)


def _unnamed(settings: Settings) -> tuple[str, str]:
    here = f"http://{settings.host}:{settings.port}"
    if _is_this_machine(settings.host):
        return f"No public address is named; this Tandem is for this machine alone, at {here}.", ""
    return (
        f"Tandem listens on {settings.host}, but no public address is named.",
        "Set TANDEM_PUBLIC_URL to what people type, such as https://tandem.example.org: links are made from it.",
    )


def _asked(url: str) -> tuple[str, str]:
    try:
        with urllib.request.build_opener(_NoRedirect).open(f"{url}/healthz", timeout=SECONDS) as answer:
            said = answer.read(LARGEST)
    except urllib.error.HTTPError as problem:
        target = problem.headers.get("Location", "")
        if problem.code in range(300, 400) and target:
            meant = "{0.scheme}://{0.netloc}".format(urlsplit(target)) if urlsplit(target).netloc else target
            return f"{url} sends people on to {meant}.", "Name that address with TANDEM_PUBLIC_URL."
        return f"{url} answers, but with {problem.code}.", "See that the proxy hands requests on to Tandem."
    except (OSError, HTTPException, ValueError) as problem:
        why = getattr(problem, "reason", None) or problem
        return (
            f"{url} does not answer from here: {why}.",
            "See to its name, its certificate and the proxy; from inside a container it may be out of reach.",
        )
    if not _is_tandem(said):
        return f"{url} answers, but what answers is not Tandem.", "See that the proxy hands requests on to Tandem."
    return f"{url} leads to Tandem.", ""


def _is_tandem(said: bytes) -> bool:
    try:
        answer = json.loads(said)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("app") == "tandem"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
