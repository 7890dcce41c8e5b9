"""Hints to open pages that something changed: NOTIFY from jobs, one LISTEN connection a process, fanned out to streams.

A hint says where to look and nothing else; the page reads from the database what it may see. Saves never notify, since
NOTIFY serialises commits.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import FrameType

import psycopg
from fastapi.sse import EventSourceResponse, format_sse_event
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

CHANNEL = "tandem"
CHECK_SECONDS = 5.0
RECONNECT_SECONDS = 1.0
ENDED = "ended"  # tells the page not to come back

log = logging.getLogger(__name__)


def notify(session: Session, topic: str) -> None:
    """From jobs only. Sent when the transaction commits."""
    session.execute(text("SELECT pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic})


class Hub:
    """Listens once for the whole process. Its connection is opened by the first stream, and is none of the pool's."""

    def __init__(self, url: URL, *, check_seconds: float = CHECK_SECONDS) -> None:
        self.check_seconds = check_seconds
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._streams: dict[str, set[asyncio.Event]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = threading.Event()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    @property
    def stream_count(self) -> int:
        return sum(len(hints) for hints in self._streams.values())

    async def hints(self, topic: str) -> AsyncIterator[bool]:
        """True at once and for each hint, False when check_seconds passed without one. Ends when the hub closes."""
        hint = asyncio.Event()
        hint.set()  # a page that comes back may have missed something
        self._streams.setdefault(topic, set()).add(hint)
        self._listen()
        try:
            while not self.is_closed:
                came = await _came(hint, self.check_seconds)
                hint.clear()  # before the page looks, so that a hint that comes meanwhile is kept
                yield came
        finally:
            self._streams[topic].discard(hint)
            if not self._streams[topic]:
                del self._streams[topic]

    def close(self) -> None:
        """At the beginning of shutdown, from any thread: open streams end, so that the server can."""
        self._closed.set()
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._end)

    def close_on_signals(self) -> None:
        """uvicorn waits for open streams before it tells the app to shut down; so the signal is heard here too."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)
            if callable(before):
                signal.signal(number, self._closing_before(before))

    def _closing_before(
        self, before: Callable[[int, FrameType | None], object]
    ) -> Callable[[int, FrameType | None], None]:
        def close(number: int, frame: FrameType | None) -> None:
            self.close()
            before(number, frame)

        return close

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._loop = asyncio.get_running_loop()
            self._listening = self._loop.create_task(self._listen_for_ever())

    async def _listen_for_ever(self) -> None:
        while not self.is_closed:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._hint_all()  # whatever was said while nobody listened
                    async for notice in connection.notifies():
                        for hint in self._streams.get(notice.payload, ()):
                            hint.set()
            except psycopg.Error:
                log.warning("Lost the connection that listens for hints; opening it again.", exc_info=True)
                await asyncio.sleep(RECONNECT_SECONDS)

    def _hint_all(self) -> None:
        for hints in self._streams.values():
            for hint in hints:
                hint.set()

    def _end(self) -> None:
        self._hint_all()
        if self._listening is not None:
            self._listening.cancel()


async def _came(hint: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(hint.wait(), seconds)
    except TimeoutError:
        return False
    return True


def event_stream(hub: Hub, topic: str, name: str, goes_on: Callable[[], Awaitable[bool]]) -> EventSourceResponse:
    """Named events without content. goes_on: asked before each event and every few seconds; it holds no connection.

    When it says no, the stream tells the page that it ended; when the server shuts down it just ends, and the page
    comes back.
    """

    async def events() -> AsyncIterator[bytes]:
        yield format_sse_event(comment="open")
        async for is_hint in hub.hints(topic):
            if hub.is_closed:
                return
            if not await goes_on():
                yield format_sse_event(event=ENDED, data_str="")
                return
            yield format_sse_event(event=name, data_str="") if is_hint else format_sse_event(comment="still here")

    return EventSourceResponse(events(), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
