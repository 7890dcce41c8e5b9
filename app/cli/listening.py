"""The port: the one asked for, or the next that is free."""

import errno
import http.client
import socket
import threading
import time
from collections.abc import Callable

from app.problems import Invalid

TRIES = 50


class NoPort(Invalid):
    """There is no free port to listen on. Name one with --port."""


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket. It listens at once, so that nobody else takes the port while the app is loading."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port == 0 else range(port, min(port + TRIES, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
            return listener
        except OSError as problem:
            listener.close()
            if problem.errno != errno.EADDRINUSE:
                raise NoPort(f"Tandem cannot listen on {host}, port {candidate}: {problem.strerror}.") from problem
    raise NoPort(f"The ports {port} to {port + TRIES - 1} of {host} are all taken. Name another with --port.")


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def address_of(listener: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host = str(listener.getsockname()[0])
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port_of(listener)}" if ":" in host else f"http://{host}:{port_of(listener)}"


def when_it_answers(listener: socket.socket, then: Callable[[], None]) -> None:
    """Calls `then`, in a thread of its own, once the first request has been answered."""
    address = address_of(listener).removeprefix("http://")

    def ask() -> None:
        while True:
            try:
                asked = http.client.HTTPConnection(address, timeout=60)
                asked.request("GET", "/healthz")
                asked.getresponse().read()
                asked.close()
            except OSError:
                time.sleep(0.05)
            else:
                return then()

    threading.Thread(target=ask, name="announcement", daemon=True).start()
