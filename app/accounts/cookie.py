"""The cookie that says who is signed in: a random token, whose hash alone is stored."""

from typing import TypedDict

from fastapi import Request
from starlette.responses import Response

from app.accounts.viewer import COOKIE
from app.settings import Settings

DAY_SECONDS = 24 * 3600


class Device(TypedDict):
    user_agent: str
    address: str
    days: int


def device(request: Request) -> Device:
    """What a sign-in remembers: from where, and for how long."""
    settings: Settings = request.app.state.settings
    address = request.client.host if request.client else ""
    return Device(user_agent=request.headers.get("user-agent", ""), address=address, days=settings.session_days)


def keep_sign_in(request: Request, response: Response, token: str) -> None:
    settings: Settings = request.app.state.settings
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.session_days * DAY_SECONDS,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def forget_sign_in(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def base_url(request: Request) -> str:
    """Where links that leave the page point to: the address the operator named, else the one that was asked."""
    settings: Settings = request.app.state.settings
    return (settings.public_url or str(request.base_url)).rstrip("/")


def is_secure(request: Request) -> bool:
    """Whether cookies are for https only."""
    settings: Settings = request.app.state.settings
    if settings.secure_cookies is not None:
        return settings.secure_cookies
    return base_url(request).startswith("https://")
