"""Browsers without a window: each signed in as somebody, all on the test's own database."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import start_sign_in
from app.accounts.models import Person
from app.accounts.viewer import COOKIE
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.studies.viewer import Viewer

ClientFor = Callable[[Viewer | Person | None], TestClient]


@pytest.fixture
def client_for(session: Session, database: Database) -> ClientFor:
    """client_for(member) is signed in as them; client_for(None) is nobody. Redirects are not followed."""
    app = create_app(Settings(database_url="postgresql+psycopg://nowhere"), database)

    def client(who: Viewer | Person | None) -> TestClient:
        made = TestClient(app, follow_redirects=False)
        person = who.person if isinstance(who, Viewer) else who
        if person is not None:
            made.cookies.set(COOKIE, start_sign_in(session, person, user_agent="test", days=1))
            session.flush()
        return made

    return client


HTMX = {"HX-Request": "true"}
