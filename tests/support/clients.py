"""Browsers without a window: each signed in as somebody, all on the test's own database."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import start_sign_in
from app.accounts.models import Person
from app.accounts.viewer import COOKIE
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.studies.viewer import Viewer
from app.web.push import Hub

ClientFor = Callable[[Viewer | Person | None], TestClient]


NOWHERE = "postgresql+psycopg://nowhere"


@cache
def _built() -> FastAPI:
    """Once a run: an app's first request makes all its routes ready, which takes a tenth of a second."""
    return create_app(Settings(database_url=NOWHERE))


@pytest.fixture
def client_for(session: Session, database: Database, portal: BlockingPortal) -> Iterator[ClientFor]:
    """client_for(member) is signed in as them; client_for(None) is nobody. Redirects are not followed."""
    app = _built()
    app.state.settings, app.state.database = Settings(database_url=NOWHERE), database
    app.state.hub = Hub(database.bind.engine.url)

    def client(who: Viewer | Person | None) -> TestClient:
        made = TestClient(app, follow_redirects=False)
        made.portal = portal
        person = who.person if isinstance(who, Viewer) else who
        if person is not None:
            made.cookies.set(COOKIE, start_sign_in(session, person, user_agent="test", days=1))
            session.flush()
        return made

    yield client
    app.dependency_overrides.clear()


HTMX = {"HX-Request": "true"}
