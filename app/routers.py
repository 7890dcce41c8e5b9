"""Every router, in the order in which addresses are tried."""

from fastapi import APIRouter

from app.accounts import routes as accounts
from app.codebook import code_routes, dimension_routes, new_study
from app.codebook import routes as codebook
from app.coding import routes as coding
from app.studies import routes as studies
from app.web import theme

# new_study and code_routes first: "new" in an address is no slug and no id.
ALL: list[APIRouter] = [
    accounts.router,
    new_study.router,
    studies.router,
    code_routes.router,
    dimension_routes.router,
    codebook.router,
    coding.router,
    theme.router,
]
