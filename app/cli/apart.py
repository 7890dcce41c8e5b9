"""Work in a child process: what it imported and held is gone afterwards, and meanwhile we do something else."""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from app.problems import Problem

T = TypeVar("T")


class WorkFailed(Problem):
    """Tandem could not be made ready; the lines above say why."""


class Outcome(Generic[T]):
    def __init__(self, receiving: "Connection") -> None:
        self._receiving = receiving

    def wait(self) -> T:
        """Raises the Problem that the work raised."""
        try:
            outcome = self._receiving.recv()
        except EOFError:
            raise WorkFailed from None
        if isinstance(outcome, Problem):
            raise outcome
        return outcome


@contextmanager
def apart(work: Callable[[], T]) -> Iterator[Outcome[T]]:
    """Begins the work at once. Leaving the block ends it. Forks: not for a process that has threads."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(work, sending), name="apart")
    child.start()
    sending.close()
    try:
        yield Outcome(receiving)
    finally:
        child.kill()
        child.join()
        receiving.close()


def _work(work: Callable[[], T], sending: "Connection") -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # our parent hears them too, and ends us
    try:
        sending.send(work())
    except Problem as problem:
        sending.send(problem)
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
