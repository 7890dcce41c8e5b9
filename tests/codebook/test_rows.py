"""The rows of a codebook are read once for all, and what each sees of them is still their own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.engine import URL

from app.codebook.actions import disclose
from app.codebook.queries import visible_codebook
from app.db.session import Database
from app.studies.viewer import Viewer
from tests import makers


@pytest.fixture
def database(own_database: URL) -> Iterator[Database]:
    database = Database.at(own_database.render_as_string(hide_password=False))
    yield database
    database.dispose()


@pytest.fixture
def asked(database: Database) -> list[str]:
    """Every statement on code revisions that reached Postgres."""
    found: list[str] = []

    def note(connection, cursor, statement, *more):
        if "FROM codes" in statement:
            found.append(statement)

    event.listen(database.bind, "before_cursor_execute", note)
    return found


def names(database: Database, viewer: Viewer) -> set[str]:
    with database.reading() as session:
        book = visible_codebook(session, viewer.study.id, viewer.member.id)
        return {code.name for code in book.codes.values()}


def test_promise_1_members_share_the_rows_and_not_what_they_may_see(database, asked):
    with database.transaction() as session:
        lead = makers.make_study(session)
        ada, ben = makers.make_coders(session, lead, 2)
        cause = makers.make_dimension(session, lead, "Root cause")
        makers.make_code(session, lead, cause, "Network")
        secret = makers.make_code(session, ada, cause, "Of Ada alone", disclosed="")
    asked.clear()

    assert names(database, ada) == {"Network", "Of Ada alone"}
    assert names(database, ben) == {"Network"}
    assert names(database, lead) == {"Network"}
    assert len(asked) == 1

    with database.transaction() as session:
        disclose(session, lead.study.id, [secret.id], None)

    assert names(database, ben) == {"Network", "Of Ada alone"}


def test_what_was_taken_back_is_never_seen(database):
    with database.transaction() as session:
        lead = makers.make_study(session)
        cause = makers.make_dimension(session, lead, "Root cause")

    with pytest.raises(RuntimeError), database.transaction() as session:
        makers.make_code(session, lead, cause, "Taken back")
        seen = visible_codebook(session, lead.study.id, lead.member.id)
        assert {code.name for code in seen.codes.values()} == {"Taken back"}
        raise RuntimeError
    with database.transaction() as session:
        makers.make_code(session, lead, cause, "Kept")

    assert names(database, lead) == {"Kept"}
