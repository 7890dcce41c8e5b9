"""Wires the rooms into one app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import routers
from app.accounts.routes import add_sign_in_redirect
from app.adjudication.settled import final_codes_of_study
from app.db.session import Database
from app.settings import Settings
from app.suggestions.similar_source import read_coded_incidents_by
from app.web.errors import add_error_answers
from app.web.guard import Guard
from app.web.push import Hub
from app.web.static_files import VersionedStaticFiles


def create_app(settings: Settings | None = None, database: Database | None = None) -> FastAPI:
    """settings: read from the environment when not given. database: opened at settings.database_url when not given."""
    settings = settings or Settings()
    app = FastAPI(title="Tandem", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.database = database or _opened(settings)
    app.state.hub = Hub(app.state.database.bind.engine.url)
    read_coded_incidents_by(final_codes_of_study)
    app.add_middleware(Guard, public_url=settings.public_url)
    add_error_answers(app)
    add_sign_in_redirect(app)
    app.mount("/static", VersionedStaticFiles(), name="static")
    for router in routers.ALL:
        app.include_router(router)
    return app


def _opened(settings: Settings) -> Database:
    if settings.database_url is None:
        raise ValueError("An app of its own needs TANDEM_DATABASE_URL; `tandem serve` starts an embedded Postgres.")
    return Database.at(settings.database_url)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.hub.close_on_signals()
    yield
    app.state.hub.close()
    app.state.database.dispose()
