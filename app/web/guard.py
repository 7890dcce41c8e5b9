"""What every request passes: cross-site posts and NUL bytes are refused, security headers are set.

Pure ASGI, so that streams are not buffered.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from secure import (
    CacheControl,
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    ReferrerPolicy,
    Secure,
    XContentTypeOptions,
    XFrameOptions,
)
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.hosts import NOT_HERE, UNNAMED, KnownHosts

SAFE = {"GET", "HEAD", "OPTIONS"}

POLICY = (
    ContentSecurityPolicy()
    .default_src("'self'")
    .base_uri("'none'")
    .form_action("'self'")
    .frame_ancestors("'none'")
    .object_src("'none'")
)
HEADERS = Secure(
    csp=POLICY,
    coop=CrossOriginOpenerPolicy().same_origin(),
    referrer=ReferrerPolicy().same_origin(),
    xcto=XContentTypeOptions(),
    xfo=XFrameOptions().deny(),
).headers
NOT_KEPT = CacheControl().no_store().header_value


class Guard:
    def __init__(self, app: ASGIApp, *, public_url: str | None = None, allowed_hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = KnownHosts(public_url, allowed_hosts)
        self.public_origin = _origin(public_url) if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", NOT_KEPT)
            await send(message)

        if self.public_origin and self.hosts.is_public(Headers(scope=scope).get("host", "")):
            scope["scheme"] = self.public_origin[0]  # for redirects, also where the proxy does not say so
        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        if b"\0" in scope["path"].encode() or b"%00" in scope.get("query_string", b""):
            return PlainTextResponse("An address cannot hold a NUL byte.", status_code=400)
        if scope["path"] not in UNNAMED and not self.hosts.knows(Headers(scope=scope).get("host", "")):
            return PlainTextResponse(NOT_HERE, status_code=421)
        if scope["method"] not in SAFE and not self._same_site(Headers(scope=scope), scope["scheme"]):
            return PlainTextResponse(
                "This form was sent from another site, so nothing was done. Open Tandem itself and try again.",
                status_code=403,
            )
        return None

    def _same_site(self, headers: Headers, scheme: str) -> bool:
        """Browsers say where a post comes from; a program that says nothing carries no one's cookies."""
        fetched_from = headers.get("sec-fetch-site")
        if fetched_from is not None:
            return fetched_from in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return True
        return _origin(origin) in (self.public_origin, _origin(f"{scheme}://{headers.get('host', '')}"))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
