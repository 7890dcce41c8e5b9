"""A small local OpenID Connect provider: discovery, a page that signs in at once, tokens once for a code, keys.

    with OpenIdProvider() as provider:
        provider.person = {"sub": "17", "email": "ada@example.org", "email_verified": True, "name": "Ada Lind"}

It refuses what a real one refuses: an unknown client, a wrong secret, a code used twice, a verifier that does not fit.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


@dataclass
class OpenIdProvider:
    """person: the claims of whoever sits before the browser. broken: further claims of the ID token, to spoil it."""

    client_id: str = "tandem"
    client_secret: str | None = "a secret of the provider & ours: 100%"
    person: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)  # further ones
    refuses: str = ""  # an error that the page comes back with
    signs_with: RSAKey = field(default_factory=lambda: KEY)
    unsigned: bool = False
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._codes: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settings(self) -> dict[str, Any]:
        secret = {"oidc_client_secret": self.client_secret} if self.client_secret else {}
        return {
            "oidc_issuer": self.issuer,
            "oidc_client_id": self.client_id,
            "oidc_name": "Example University",
        } | secret

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        } | self.metadata

    def way_back(self, asked: dict[str, str]) -> str:
        """Where the page sends the browser."""
        assert asked["client_id"] == self.client_id and asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': self.refuses, 'state': asked['state']})}"
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, posted: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(posted.get("code", ""), None)
        if not self._shows_secret(posted, authorization):
            return 401, {"error": "invalid_client"}
        if asked is None or asked["redirect_uri"] != posted.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        challenge = hashlib.sha256(posted.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        at = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": at, "exp": at + 300, "nonce": asked["nonce"]}
        claims = {name: value for name, value in (claims | self.person | self.broken).items() if value is not None}
        return 200, {
            "access_token": "opaque",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self._sign(claims),
        }

    def _shows_secret(self, posted: dict[str, str], authorization: str) -> bool:
        if self.client_secret is None:
            return posted.get("client_id") == self.client_id and "client_secret" not in posted
        if authorization:
            shown = f"{quote(self.client_id)}:{quote(self.client_secret, safe='')}"
            plain = f"{self.client_id}:{self.client_secret}"
            return base64.b64decode(authorization.removeprefix("Basic ")).decode() in (shown, plain)
        return (posted.get("client_id"), posted.get("client_secret")) == (self.client_id, self.client_secret)

    def _sign(self, claims: dict[str, Any]) -> str:
        if self.unsigned:
            head, body = ({"alg": "none"}, claims)
            parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, body)]
            return ".".join([*parts, ""])
        return jwt.encode({"alg": "RS256", "kid": "first"}, claims, self.signs_with)


def _handler(provider: OpenIdProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if provider.is_down:
                self._answer(503, {"error": "down"})
            elif parts.path.endswith("/.well-known/openid-configuration"):
                self._answer(200, provider.discovery())
            elif parts.path.endswith("/keys"):
                self._answer(200, {"keys": [KEY.as_dict(private=False)]})
            else:
                self.send_response(302)
                self.send_header("Location", provider.way_back(query))
                self.end_headers()

        def do_POST(self) -> None:
            provider.asked.append(urlsplit(self.path).path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(posted, self.headers.get("Authorization", "")))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
