"""No child outlives its parent, however the parent ends: a server without one would hold the port for ever."""

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import wait

LAST_WORD_SECONDS = 10


def end_with_standard_input() -> None:
    """For a child whose parent holds the other end of its standard input and never writes to it."""

    def watch() -> None:
        os.read(0, 1)  # not sys.stdin, whose buffer is locked while we wait
        _end()

    threading.Thread(target=watch, name="parenthood", daemon=True).start()


def end_with_parent_process() -> None:
    """For a child made by multiprocessing; does nothing in a process that is none."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        _end()

    threading.Thread(target=watch, name="parenthood", daemon=True).start()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_WORD_SECONDS)
    os._exit(1)
