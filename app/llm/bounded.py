"""A limit on how long an answer may take to come, and on how long it may be. Slow to import, since httpx2 is.

The time-out of the client is one of silence: some endpoints send an empty line now and then while they work, so that
it never ends, and one that sends for ever fills the memory.
"""

import time
from collections.abc import Callable, Iterator

import httpx2

MOST_BYTES = 20_000_000  # no model writes so much


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, seconds: float) -> None:
        self._stream = stream
        self._ends_at = time.monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for piece in self._stream:
            read += len(piece)
            if read > MOST_BYTES:
                raise httpx2.ReadError(f"The answer is longer than {MOST_BYTES:,} bytes.")
            if time.monotonic() > self._ends_at:
                raise httpx2.ReadTimeout("The answer did not come to an end in time.")
            yield piece

    def close(self) -> None:
        self._stream.close()


def bounded(seconds: float, *, path: str) -> Callable[[httpx2.Response], None]:
    """What a client calls with each answer before it reads it. seconds: from its beginning. path: how the address of
    what is limited ends; files of results may be long."""

    def limit(answer: httpx2.Response) -> None:
        if answer.request.url.path.endswith(path) and isinstance(answer.stream, httpx2.SyncByteStream):
            answer.stream = _Bounded(answer.stream, seconds)

    return limit
