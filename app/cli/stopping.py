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

    def leave_to_server(self) -> None:
        """uvicorn takes SIGINT and SIGTERM now; a closed terminal means the same."""
        self._raises = False
        self._serving = True

    def _told(self, number: int, frame: FrameType | None) -> None:
        if self._raises:
            self._raises = False
            raise Stopped
        if self._serving and number == signal.SIGHUP:
            signal.raise_signal(signal.SIGTERM)
