"""The page to sign in on: by a password, and at the provider where the settings name one."""

from starlette.requests import Request
from starlette.responses import Response

from app.settings import Settings
from app.web.pages import page
from app.web.theme import own_path


def sign_in_page(
    request: Request,
    *,
    wanted: str,
    email: str = "",
    anybody: bool = True,
    problem: str = "",
    refusal: str = "",
    status: int = 200,
) -> Response:
    """problem: with the password. refusal: what the provider said, or did not."""
    return page(
        request,
        "accounts/sign_in.html",
        status=status,
        email=email,
        wanted=own_path(wanted),
        anybody=anybody,
        problem=problem,
        refusal=refusal,
        provider=provider_name(request),
    )


def provider_name(request: Request) -> str:
    """'' where there is none to sign in at."""
    settings: Settings = request.app.state.settings
    return settings.oidc_name if settings.oidc_issuer is not None else ""
