"""Two scribes at one board, on connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.curation import actions
from app.curation.models import PoolingBoard, PoolingOutcome
from app.db.session import Database
from app.problems import Problem
from app.studies.viewer import Viewer
from tests.curation.conftest import Board, make_board


@pytest.fixture
def committed(own_database: URL):
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        board = make_board(session).settles()
        session.expunge_all()
    yield database, board
    database.dispose()


def tried(database: Database, act: Callable[[Session], object]) -> str:
    try:
        with database.transaction() as session:
            act(session)
    except Problem as refusal:
        return type(refusal).__name__
    return "done"


def both(database: Database, *acts: Callable[[Session], object]) -> list[str]:
    start = Barrier(len(acts))

    def one(act: Callable[[Session], object]) -> str:
        start.wait()
        return tried(database, act)

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


def test_of_two_who_reach_for_a_free_pen_one_has_it_and_the_other_is_told(committed: tuple[Database, Board]):
    database, board = committed

    def takes(viewer: Viewer) -> Callable[[Session], object]:
        return lambda session: actions.take_pen(session, viewer, *board.place)

    assert both(database, takes(board.lead), takes(board.judge)) == ["PenHeld", "done"]
    with database.reading() as session:
        assert session.scalars(select(PoolingBoard.scribe_id)).one() in (board.lead.member.id, board.judge.member.id)


def test_promise_6_a_group_settled_twice_at_once_becomes_one_thing(committed: tuple[Database, Board]):
    database, board = committed
    with database.transaction() as session:
        actions.take_pen(session, board.lead, *board.place)
        group_id = actions.group_codes(session, board.lead, *board.place, [board.quota, board.limit]).id

    def settles(outcome: str) -> Callable[[Session], object]:
        words = board.words(outcome, board.quota, board.limit, kept_id=board.quota)
        return lambda session: actions.settle(session, board.lead, *board.place, group_id, words)

    assert both(database, settles("merged"), settles("retired")) == ["GroupSettled", "done"]
    with database.reading() as session:
        assert len(session.scalars(select(PoolingOutcome.id)).all()) == 1
