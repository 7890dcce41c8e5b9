"""Two people at the same quotes, on connections of their own."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.adjudication import actions as adjudication
from app.adjudication.models import FinalCode
from app.curation import recoding
from app.curation.move_page import move_page
from app.curation.quotes import Wanted
from app.curation.quotes_page import quotes_page
from app.curation.recoding import MoveWords
from app.curation.recoding_models import Recoding
from app.db.session import Database
from app.studies.viewer import Viewer
from tests.curation.comparing import Quotes, make_quotes
from tests.curation.test_at_once import both


@pytest.fixture
def committed(own_database: URL):
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        quotes = make_quotes(session)
        quotes.table.steps_to("settling")
        for viewer in (quotes.table.lead, quotes.table.judge):
            quotes.opens(viewer, quotes.table.config)
        ids = quotes.ids(quotes.table.lead, quotes.table.config, at=0)
        seen = move_page(session, quotes.table.lead, quotes.table.config.id, ids, None).seen_final_ids
        session.expunge_all()
    yield database, quotes, MoveWords(ids, "Another cause.", to_id=quotes.table.human.id, seen_final_ids=seen)
    database.dispose()


def moves(quotes: Quotes, viewer: Viewer, words: MoveWords) -> Callable[[Session], object]:
    return lambda session: recoding.move_quotes(session, viewer, quotes.table.config.id, words)


def test_promise_6_quotes_moved_twice_at_once_are_moved_once(committed: tuple[Database, Quotes, MoveWords]):
    database, quotes, words = committed
    table = quotes.table
    said = both(database, moves(quotes, table.lead, words), moves(quotes, table.judge, words))
    assert said == ["MovedMeanwhile", "done"]
    with database.reading() as session:
        assert len(session.scalars(select(Recoding.id)).all()) == 1


def test_promise_1_a_recoding_and_a_reopening_come_one_after_the_other(committed: tuple[Database, Quotes, MoveWords]):
    """Either the round hides the quotes before they are moved, or what was moved is hidden with it."""
    database, quotes, words = committed
    table = quotes.table

    def reopens(session: Session) -> None:
        adjudication.change_phase(
            session, table.lead, table.coding_round.number, "running", reason="One was forgotten."
        )

    said = both(database, moves(quotes, table.judge, words), reopens)
    assert said in (["MovedMeanwhile", "done"], ["done", "done"])
    with database.reading() as session:
        bases = session.scalars(
            select(FinalCode.basis).where(
                FinalCode.incident_id == quotes.incident(0).id,
                FinalCode.dimension_id == table.cause.id,
                FinalCode.superseded_at.is_(None),
            )
        ).all()
        moved = len(session.scalars(select(Recoding.id)).all())
        assert (bases, moved) in (([], 0), (["recoded"], 1))
        assert all(card.quote.member_id == table.ben.member.id for card in quotes_of(session, quotes))


def quotes_of(session: Session, quotes: Quotes):
    return quotes_page(session, quotes.table.ben, quotes.table.config.id, Wanted()).main.cards
