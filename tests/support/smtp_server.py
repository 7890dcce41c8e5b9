"""A small mail server that speaks SMTP over a real socket and keeps what it is given."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path


@dataclass
class Received:
    to: list[str]
    message: Message
    signed_in_as: str  # "" : nobody
    encrypted: bool


@dataclass
class MailServer:
    """password: what it wants, where it wants one. refuses: how many letters it turns away at first."""

    password: str | None = None
    certificate: Path | None = None  # with its key; offers STARTTLS
    refuses: int = 0
    port: int = 0
    letters: list[Received] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)  # whatever it was told


@contextmanager
def running_mail_server(server: MailServer) -> Iterator[MailServer]:
    class Conversation(_Conversation):
        shared = server

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as listening:
        listening.daemon_threads = True
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        yield server
        listening.shutdown()
        thread.join()


class _Conversation(socketserver.BaseRequestHandler):
    shared: MailServer

    def handle(self) -> None:
        self.stream = self.request.makefile("rb")
        self.encrypted, self.signed_in_as = False, ""
        self.to: list[str] = []
        self.say("220 mail for tests")
        while line := self.stream.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "QUIT":
                return self.say("221 bye")
            self.answer(verb.upper(), rest)

    def say(self, words: str) -> None:
        self.request.sendall(words.encode() + b"\r\n")

    def answer(self, verb: str, rest: str) -> None:
        if verb in ("EHLO", "HELO"):
            offers = ["mail"] + (["STARTTLS"] if self.shared.certificate and not self.encrypted else [])
            offers += ["AUTH PLAIN"] if self.shared.password else []
            for number, offer in enumerate(offers, 1):
                self.say(f"250{' ' if number == len(offers) else '-'}{offer}")
        elif verb == "STARTTLS":
            self.encrypt()
        elif verb == "AUTH":
            self.sign_in(rest.removeprefix("PLAIN").strip())
        elif verb == "MAIL" and self.shared.password and not self.signed_in_as:
            self.say("530 sign in first")
        elif verb == "MAIL" and self.shared.refuses > 0:
            self.shared.refuses -= 1
            self.say("451 not now")
        elif verb == "RCPT":
            self.to.append(rest.partition("<")[2].rpartition(">")[0])
            self.say("250 ok")
        elif verb == "DATA":
            self.take_letter()
        else:
            self.say("250 ok")

    def encrypt(self) -> None:
        assert self.shared.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.shared.certificate)
        self.say("220 go on")
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except OSError:  # who asks does not trust the certificate, and leaves
            return
        self.stream, self.encrypted = self.request.makefile("rb"), True

    def sign_in(self, told: str) -> None:
        _, person, password = base64.b64decode(told).decode().split("\0")
        self.shared.passwords.append(password)
        if password == self.shared.password:
            self.signed_in_as = person
            return self.say("235 welcome")
        self.say("535 no")

    def take_letter(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.stream.readline()) not in (b".\r\n", b""):
            lines.append(line)
        message = message_from_bytes(b"".join(lines), policy=default)
        self.shared.letters.append(Received(self.to, message, self.signed_in_as, self.encrypted))
        self.to = []
        self.say("250 kept")
