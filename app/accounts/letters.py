"""Letters by the mail server of the settings."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from app.problems import Problem
from app.settings import Settings

SECONDS = 20.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class LetterNotSent(Problem):
    """The mail server did not take the letter."""


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    words: str = field(repr=False)


def send(settings: Settings, letter: Letter) -> None:
    """Raises LetterNotSent, whatever went wrong: what a mail server says may quote the letter."""
    if settings.smtp_url is None or settings.smtp_from is None:
        raise LetterNotSent
    with _saying_failures("The mail server did not take the letter"):
        message = _message(settings.smtp_from, letter)
        with _connected(settings.smtp_url.get_secret_value()) as server:
            server.send_message(message, to_addrs=[letter.to])


def try_server(settings: Settings) -> None:
    """Connects and signs in there, and sends nothing. Raises LetterNotSent."""
    if settings.smtp_url is None:
        raise LetterNotSent
    with _saying_failures("It does not let letters in"), _connected(settings.smtp_url.get_secret_value()) as server:
        server.noop()


@contextmanager
def _saying_failures(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, smtplib.SMTPException, ValueError) as problem:
        raise LetterNotSent(f"{what}: {type(problem).__name__}.") from None


def _message(sender: str, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip("> ") or None)
    message["Auto-Submitted"] = "auto-generated"  # no holiday notice comes back
    message.set_content(letter.words)
    return message


def _connected(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    safely = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=safely)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=safely)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server
