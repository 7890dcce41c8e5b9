"""One line for each request, and the id by which a reader can name it. Never its address: that may hold a secret.

Pure ASGI, and the outermost: it also sees the answer to what broke.
"""

import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
NO_ROUTE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/healthz", "/readyz", "/metrics", "/static"})  # asked for every few seconds, or many a page


@dataclass
class Answered:
    """What came of a request. route: its template, such as /studies/{slug}/."""

    method: str
    route: str = NO_ROUTE
    status: int = 500  # where nothing was answered
    seconds: float = 0.0
    is_stream: bool = False


class Watcher(Protocol):
    """Counts requests; see app/web/metrics.py."""

    def answered(self, request: Answered) -> None: ...
    def stream_opened(self) -> None: ...
    def stream_ended(self) -> None: ...


class RequestLog:
    def __init__(self, app: ASGIApp, *, watcher: Watcher | None = None) -> None:
        self.app = app
        self.watcher = watcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get(HEADER, ""))
        scope.setdefault("state", {})["request_id"] = request_id
        request = Answered(method=scope["method"] if scope["method"] in METHODS else "other")
        began = time.monotonic()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                request.status = message["status"]
                request.is_stream = headers.get("Content-Type", "").startswith("text/event-stream")
                if request.is_stream and self.watcher is not None:
                    self.watcher.stream_opened()
            await send(message)

        problem: Exception | None = None
        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            except Exception as raised:
                problem = raised
                raise
            finally:
                request.seconds = time.monotonic() - began
                request.route = _template(scope)
                self._tell(request, scope, problem)

    def _tell(self, request: Answered, scope: Scope, problem: Exception | None) -> None:
        fields: dict[str, Any] = {
            "method": request.method,
            "route": request.route,
            "status": request.status,
            "milliseconds": round(request.seconds * 1000, 1),
        }
        person_id = scope["state"].get("person_id")
        if person_id is not None:
            fields["person_id"] = person_id
        quiet = request.route in QUIET and request.status < 500
        level = logging.ERROR if problem else logging.DEBUG if quiet else logging.INFO
        log.log(level, "request", extra=fields, exc_info=problem)
        if self.watcher is not None:
            self.watcher.answered(request)
            if request.is_stream:
                self.watcher.stream_ended()


def _request_id(asked: str) -> str:
    """What a proxy in front calls it, where that is a plain token; else one of our own."""
    return asked if SANE.fullmatch(asked) else secrets.token_hex(8)


def _template(scope: Scope) -> str:
    """What is mounted (static files) has no route; it is told by where it is mounted."""
    return getattr(scope.get("route"), "path", "") or scope.get("root_path") or NO_ROUTE
