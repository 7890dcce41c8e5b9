"""The app of a server process. Parents pass their settings on in the environment."""

from fastapi import FastAPI

from app.cli.parenthood import end_with_parent_process
from app.collecting import collect_seldom
from app.logs import log_crashes_too, log_to_stderr
from app.main import create_app
from app.settings import Settings


def app_of_environment() -> FastAPI:
    end_with_parent_process()
    settings = Settings()
    log_to_stderr(settings.log_level, settings.log_format)
    log_crashes_too()
    app = create_app(settings)
    collect_seldom()
    return app
