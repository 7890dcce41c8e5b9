"""Every router, in the order in which addresses are tried."""

from fastapi import APIRouter

from app.accounts import routes as accounts
from app.web import theme

ALL: list[APIRouter] = [accounts.router, theme.router]
