"""Signing in with an OpenID Connect provider: the authorization code flow with PKCE, nothing kept on the server.

What a sign-in was begun with rests in a cookie of the browser that began it, and comes back with the answer.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from app.problems import Problem
from app.settings import Settings

SECONDS = 10.0  # patience with the provider, for each of the questions it is asked
LEEWAY_SECONDS = 60  # by which its clock may differ from ours
SCOPE = "openid email profile"
# Signatures that only the provider can make: none with a shared secret, and never none at all.
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LONGEST_PATH = 1000


class OpenIdNotInstalled(Problem):
    """TANDEM_OIDC_ISSUER is set, but what speaks to a provider is not installed: pip install 'tandem[oidc]'."""


class BegunElsewhere(Problem):
    """This sign-in was begun in another browser, or more than ten minutes ago. Begin again."""


class ProviderFailed(Problem):
    """The sign-in did not go through at the provider. Try again; if it stays so, tell whoever runs this Tandem."""


class ProviderSilent(ProviderFailed):
    """The provider to sign in at does not answer. Try again; if it stays so, tell whoever runs this Tandem."""


@dataclass(frozen=True)
class Identity:
    """Somebody as the provider knows them. email: '' where it does not vouch for one."""

    issuer: str
    subject: str
    email: str
    name: str


@dataclass(frozen=True)
class Begun:
    """wanted: the page to go on to."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    code_verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    wanted: str = "/"

    def as_cookie(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def from_cookie(cls, value: str) -> "Begun":
        try:
            given = json.loads(base64.urlsafe_b64decode(value))
            return cls(**{name: str(given[name]) for name in ("state", "nonce", "code_verifier", "wanted")})
        except (ValueError, TypeError, KeyError, RecursionError):
            raise BegunElsewhere from None


class Provider:
    """The one that the settings name. Its addresses are asked for at each sign-in, so that none is ever old."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, *, trusts_every_email: bool) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._client_secret = client_secret
        self._trusts_every_email = trusts_every_email

    @classmethod
    def of(cls, settings: Settings) -> "Provider | None":
        if settings.oidc_issuer is None:
            return None
        secret = settings.oidc_client_secret
        return cls(
            settings.oidc_issuer,
            settings.oidc_client_id or "",
            secret.get_secret_value() if secret else None,
            trusts_every_email=settings.oidc_trust_every_email,
        )

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """Raises ProviderFailed where it does not answer, or speaks for another issuer."""
        found = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise ProviderFailed(f"The provider at {self.issuer} calls itself {found.get('issuer')!r}.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(str(found.get(name))).scheme != urlsplit(self.issuer).scheme:
                raise ProviderFailed(f"The provider at {self.issuer} names no {name} that is as safe as itself.")
        return found

    def address(self, begun: Begun, redirect_uri: str) -> str:
        """Where the browser goes to sign in."""
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self.metadata["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.code_verifier,
            )
        return str(url)

    def identity(self, begun: Begun, answer: Mapping[str, str], redirect_uri: str) -> Identity:
        """answer: the query with which the browser came back. Raises BegunElsewhere and ProviderFailed."""
        if not hmac.compare_digest(begun.state.encode(), answer.get("state", "").encode()):
            raise BegunElsewhere
        if answer.get("iss", self.issuer) != self.issuer or "code" not in answer:
            raise ProviderFailed
        claims = self._claims(self._token(begun, answer["code"], redirect_uri), begun)
        is_vouched_for = claims.get("email_verified") is True or self._trusts_every_email
        email = str(claims.get("email") or "").strip()
        return Identity(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            email=email if is_vouched_for else "",
            name=" ".join(str(claims.get("name") or email.partition("@")[0]).split()),
        )

    def _token(self, begun: Begun, code: str, redirect_uri: str) -> Mapping[str, Any]:
        from authlib.common.errors import AuthlibBaseError
        from httpx2 import HTTPError

        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    self.metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.code_verifier,
                    redirect_uri=redirect_uri,
                )
                return dict(token)
        except (AuthlibBaseError, HTTPError, ValueError, TypeError) as problem:
            raise ProviderFailed from problem

    def _claims(self, token: Mapping[str, Any], begun: Begun) -> Mapping[str, Any]:
        """Of the ID token, which must be of this provider, for this Tandem, of this sign-in, and not run out."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            keys = KeySet.import_key_set(self._read(self.metadata["jwks_uri"]))  # type: ignore[arg-type]
            read = jwt.decode(str(token["id_token"]), keys, algorithms=list(SIGNED_BY))
            claims = CodeIDToken(
                read.claims,
                read.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                },
                params={
                    "nonce": begun.nonce,
                    "client_id": self.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError) as problem:
            raise ProviderFailed from problem
        return dict(claims)

    def _client(self, redirect_uri: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            client_id=self.client_id,
            client_secret=self._client_secret,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            token_endpoint_auth_method=self._how_it_shows_its_secret(),
            code_challenge_method="S256",
            timeout=SECONDS,
        )

    def _how_it_shows_its_secret(self) -> str:
        if self._client_secret is None:
            return "none"
        known = self.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"

    def _read(self, url: str) -> dict[str, Any]:
        import httpx2

        try:
            answer = httpx2.get(url, timeout=SECONDS, headers={"Accept": "application/json"})
            answer.raise_for_status()
            found = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as problem:
            raise ProviderSilent from problem
        if not isinstance(found, dict):
            raise ProviderSilent
        return found


def check_installed(settings: Settings) -> None:
    if settings.oidc_issuer is not None and find_spec("authlib") is None:
        raise OpenIdNotInstalled
