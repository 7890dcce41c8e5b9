"""Ports on which servers of tests are started again and again."""

import random
import socket

LOWEST, HIGHEST = 15_000, 32_000  # below those that Linux gives to outgoing connections


def lasting_port() -> int:
    """A free port that no connection takes while its server is down.

    Of the ports that `bind(0)` gives, one may become the port of a client's own side: a coder who tries again and again
    would then be connected to themselves, and the server would find its port taken.
    """
    chance = random.SystemRandom()  # tests side by side may share a seed
    while True:
        port = chance.randint(LOWEST, HIGHEST)
        with socket.socket() as trying:
            try:
                trying.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
