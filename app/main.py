"""Wires the rooms into one app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from app import routers
from app.accounts.openid import check_installed
from app.accounts.routes import add_sign_in_redirect
from app.adjudication.known import known_of_incidents
from app.adjudication.settled import final_answers_of_round, final_codes_of_study, settled_for_examples
from app.codebook.counts import count_codes_by
from app.codebook.withholding import withhold_examples_of
from app.coding.code_counts import counted_codes
from app.coding.jobs import defer_taking_in
from app.coding.open_incidents import open_incidents
from app.db.session import Database
from app.incidents.arrivals import after_an_import
from app.jobs.figures import job_figures
from app.ledger.queries import model_figures
from app.rounds.known import read_known_incidents_by
from app.settings import Settings
from app.suggestions.example_source import read_examples_by
from app.suggestions.final_source import read_final_answers_by
from app.suggestions.similar_source import read_coded_incidents_by
from app.web.errors import add_error_answers
from app.web.guard import Guard
from app.web.metrics import Metrics, serve_metrics
from app.web.push import Hub
from app.web.request_log import RequestLog
from app.web.static_files import VersionedStaticFiles


class Tandem(FastAPI):
    """With the request log outside of all else, so that it tells of what broke, too."""

    def build_middleware_stack(self) -> ASGIApp:
        return RequestLog(super().build_middleware_stack(), watcher=self.state.metrics)


def create_app(settings: Settings | None = None, database: Database | None = None) -> FastAPI:
    """settings: read from the environment when not given. database: opened at settings.database_url when not given."""
    settings = settings or Settings()
    check_installed(settings)
    app = Tandem(title="Tandem", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.database = database or _opened(settings)
    app.state.hub = Hub(app.state.database.bind.engine.url)
    app.state.metrics = _metrics(settings, app.state.database)
    read_coded_incidents_by(final_codes_of_study)
    read_final_answers_by(final_answers_of_round)
    read_examples_by(settled_for_examples)
    read_known_incidents_by(known_of_incidents)
    withhold_examples_of(open_incidents)
    count_codes_by(counted_codes)
    after_an_import(defer_taking_in)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)  # streams of events are left as they are
    app.add_middleware(Guard, public_url=settings.public_url, allowed_hosts=settings.host_names)
    add_error_answers(app)
    add_sign_in_redirect(app)
    app.mount("/static", VersionedStaticFiles(), name="static")
    for router in routers.ALL:
        app.include_router(router)
    return app


def _metrics(settings: Settings, database: Database) -> Metrics | None:
    """None where nobody may look at them."""
    if settings.metrics_port is None and settings.metrics_token is None:
        return None
    return Metrics(database, reads=(job_figures, model_figures))


def _opened(settings: Settings) -> Database:
    if settings.database_url is None:
        raise ValueError("An app of its own needs TANDEM_DATABASE_URL; `tandem serve` starts an embedded Postgres.")
    return Database.at(settings.database_url)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.hub.close_on_signals()
    settings: Settings = app.state.settings
    if settings.metrics_port is not None:
        serve_metrics(app.state.metrics, settings.metrics_host, settings.metrics_port)
    yield
    app.state.hub.close()
    app.state.database.dispose()
