"""Promise 5 rests on the order of commit and answer: a 2xx leaves only after the commit."""

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from app.accounts.actions import add_person
from app.accounts.models import Person
from app.db.session import Database, ReadSession, Transaction
from app.problems import Invalid
from app.web.errors import add_error_answers


class SeenFromOutside:
    """Notes what a second connection sees at the moment the answer begins to leave."""

    def __init__(self, app, database: Database) -> None:
        self.app, self.database, self.seen = app, database, []

    async def __call__(self, scope, receive, send) -> None:
        async def noting(message) -> None:
            if message["type"] == "http.response.start":
                with self.database.reading() as session:
                    self.seen.append(session.scalar(text("SELECT count(*) FROM people")))
            await send(message)

        await self.app(scope, receive, noting)


@pytest.fixture
def app_and_database(own_database):
    database = Database.at(own_database.render_as_string(hide_password=False))
    app = FastAPI()
    app.state.database = database
    add_error_answers(app)

    @app.post("/people")
    def add(session: Transaction) -> dict[str, str]:
        add_person(session, email="ada@example.org", name="Ada", password=None)
        return {}

    @app.post("/refused")
    def refuse(session: Transaction) -> dict[str, str]:
        add_person(session, email="ada@example.org", name="Ada", password=None)
        raise Invalid

    @app.get("/people")
    def write_by_reading(session: ReadSession) -> dict[str, str]:
        session.add(Person(email="x@example.org", name="X"))
        session.flush()
        return {}

    yield app, database
    database.dispose()


def test_promise_5_the_commit_comes_before_the_answer_leaves(app_and_database):
    app, database = app_and_database
    watched = SeenFromOutside(app, database)
    assert TestClient(watched).post("/people").status_code == 200
    assert watched.seen == [1]


def test_promise_5_a_request_that_fails_writes_nothing(app_and_database):
    app, database = app_and_database
    answer = TestClient(app).post("/refused", headers={"accept": "application/json"})
    assert answer.status_code == 422
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM people")) == 0


def test_reading_cannot_write(app_and_database):
    app, database = app_and_database
    answer = TestClient(app, raise_server_exceptions=False).get("/people", headers={"accept": "application/json"})
    assert answer.status_code == 500
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM people")) == 0
