"""Ctrl-C, SIGTERM and a closed terminal stop everything once; pressed again during the shutdown they do no harm."""

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Told to stop while starting. Not an Exception, so that nothing on the way takes it for a failure."""


class StopSignals:
    """While starting, a signal raises Stopped. While serving, uvicorn takes it. Afterwards it is ignored."""

    def __init__(self) -> None:
        self._raises = True
        self._was_told = False
        self._serving = False
        self._taken: list[signal.Signals] = []

    def take(self) -> None:
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:  # nohup stays nohup
                signal.signal(each, self._told)
                self._taken.append(each)

    def ignore(self) -> None:
        """What is left to do is the end of the process; SIG_IGN lasts while the interpreter ends, too."""
        for each in self._taken:
            signal.signal(each, signal.SIG_IGN)

    def heed(self) -> None:
        """Raises Stopped once more: a library that is being imported may have swallowed it."""
        if self._was_told:
            raise Stopped

    def leave_to_server(self) -> None:
        """To be called when uvicorn has taken SIGINT and SIGTERM, and not before: until then nobody else hears them.

        A closed terminal means the same to us.
        """
        self._raises = False
        self._serving = True
        self.heed()

    def _told(self, number: int, frame: FrameType | None) -> None:
        if self._raises:
            self._raises = False
            self._was_told = True
            raise Stopped
        if self._serving and number == signal.SIGHUP:
            signal.raise_signal(signal.SIGTERM)
