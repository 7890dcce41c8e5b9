"""Ctrl-C, SIGTERM and a closed terminal stop everything once; pressed again during the shutdown they do no harm."""

import signal
from types import FrameType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Told to stop while starting. Not an Exception, so that nothing on the way takes it for a failure."""


class StopSignals:
    """While starting, a signal raises Stopped. While serving, uvicorn takes it. Afterwards it is ignored."""

    def __init__(self) -> None:
        self._raises = True
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:  # nohup stays nohup
                self._before[each] = signal.signal(each, self._told)
        return self

    def __exit__(self, *_: object) -> None:
        """The handlers stay: what is left to do is the end of the process."""
        self._raises = False

    def leave_to_server(self) -> None:
        self._raises = False

    def _told(self, number: int, frame: FrameType | None) -> None:
        if self._raises:
            self._raises = False
            raise Stopped
