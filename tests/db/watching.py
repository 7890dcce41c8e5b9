"""The command lines of our children, seen as another person on the machine sees them."""

import threading
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]


def command_lines_during(act: Callable[[], object]) -> set[str]:
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for child in psutil.Process().children(recursive=True):
                try:
                    seen.add(" ".join(child.cmdline()))
                except psutil.Error:
                    continue

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        act()
    finally:
        done.set()
        watching.join()
    return seen
