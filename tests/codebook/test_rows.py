"""The rows of a codebook are read once for all, and what each sees of them is still their own."""

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, disclose, edit_code, merge_codes
from app.codebook.queries import visible_codebook, whole_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.db.session import Database
from app.problems import Unavailable
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


def test_after_the_database_went_away_the_rows_are_read_again(database, own_database, asked):
    """It may have come back with less than it had."""
    with database.transaction() as session:
        lead = makers.make_study(session)
        makers.make_dimension(session, lead, "Root cause")
    assert names(database, lead) == set()
    asked.clear()
    assert names(database, lead) == set()
    assert asked == []

    anew = create_engine(own_database, isolation_level="AUTOCOMMIT")
    with anew.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
        )
    anew.dispose()

    with pytest.raises(Unavailable):
        names(database, lead)
    assert names(database, lead) == set()
    assert len(asked) == 1


def books(database: Database, members: list[Viewer], seq: int | None = None) -> list[tuple[Codebook, list[int]]]:
    """What each sees, and in which order."""
    with database.reading() as session:
        seen = [visible_codebook(session, each.study.id, each.member.id, seq=seq) for each in members]
        return [(book, list(book.codes)) for book in seen]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_continued_equals_what_is_read_anew(database: Database, own_database: URL, seed: int) -> None:
    chance = random.Random(seed)
    with database.transaction() as session:
        lead = makers.make_study(session)
        members = [lead, *makers.make_coders(session, lead, 2)]
        dimensions = [makers.make_dimension(session, lead, name) for name in ("Root cause", "Symptom")]
        codes = [makers.make_code(session, lead, dimensions[0], "First")]
    versions = []
    for step in range(25):
        with database.transaction() as session:
            changed(session, chance, lead, chance.choice(members), dimensions, codes, f"Step {step}")
            if chance.random() < 0.2:
                visible_codebook(session, lead.study.id, lead.member.id)  # of what is not committed
        if chance.random() < 0.7:  # else two changes come at once
            versions.append(books(database, members)[0][0].codebook_seq)
            anew = Database.at(own_database.render_as_string(hide_password=False), pool_size=1)
            seq = chance.choice([None, *versions])
            assert books(database, members, seq) == books(anew, members, seq)
            anew.dispose()


def changed(
    session: Session,
    chance: random.Random,
    lead: Viewer,
    who: Viewer,
    dimensions: list[DimensionEntry],
    codes: list[CodeEntry],
    name: str,
) -> None:
    study_id, kind = lead.study.id, chance.choice(["create", "create", "edit", "merge", "disclose", "dimension"])
    seen = whole_codebook(session, study_id)
    own = lead.member.id
    active = [
        each for each in seen.codes.values() if each.is_active and (each.disclosed == "whole" or each.created_by == own)
    ]
    if kind == "edit":
        one = chance.choice(active)
        edit_code(session, study_id, lead.member, one.id, CodeText(name, "Other words"), seen_seq=seen.codebook_seq)
    elif kind == "merge" and len(active) > 2:
        one = chance.choice(active)
        others = [each for each in active if each.id != one.id and each.dimension_id == one.dimension_id]
        if others:
            merge_codes(session, study_id, lead.member, one.id, chance.choice(others).id, reason="the same")
    elif kind == "disclose":
        disclose(session, study_id, [chance.choice(codes).id], lead.member)
    elif kind == "dimension":
        dimensions.append(makers.make_dimension(session, lead, name))
    else:
        extent = chance.choice(["", "name", "whole"])
        codes.append(makers.make_code(session, who, chance.choice(dimensions), name, disclosed=extent))
