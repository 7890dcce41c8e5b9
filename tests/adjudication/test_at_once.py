"""Two people at one disagreement, on connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from app.adjudication import actions, queries
from app.adjudication.actions import RulingWords
from app.adjudication.models import FinalCode
from app.adjudication.policy import RuledMeanwhile
from app.db.session import Database
from app.problems import NotFound
from app.studies.viewer import Viewer
from tests.adjudication.conftest import Table, make_table


@pytest.fixture
def committed(own_database: URL):
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        table = make_table(session)
        table.codes(table.ada, [table.config], "")
        table.codes(table.ben, [table.network], "")
        table.steps_to("settling")
        for viewer in (table.lead, table.judge):
            table.opens(viewer)
        session.expunge_all()
    yield database, table
    database.dispose()


def ruled(database: Database, table: Table, viewer: Viewer, code_id: int) -> str:
    words = RulingWords(state="coded", code_ids=[code_id], cause="slip", reason="The text says so.")
    try:
        with database.transaction() as session:
            coding_round = queries.open_round(session, table.lead.study.id, table.coding_round.number)
            actions.rule(session, viewer, coding_round, table.incident.id, table.cause.id, words)
    except (RuledMeanwhile, NotFound) as refusal:
        return type(refusal).__name__
    return "ruled"


def test_promise_6_of_two_rulings_at_the_same_moment_one_is_refused(committed):
    database, table = committed
    start = Barrier(2)

    def one(viewer: Viewer, code_id: int) -> str:
        start.wait()
        return ruled(database, table, viewer, code_id)

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(one, table.lead, table.config.id), pool.submit(one, table.judge, table.network.id)]
        outcomes = sorted(each.result() for each in both)

    assert outcomes == ["RuledMeanwhile", "ruled"]
    with database.reading() as session:
        current = session.scalars(select(FinalCode.id).where(FinalCode.superseded_at.is_(None))).all()
    assert len(current) == 1


def test_promise_1_a_ruling_waits_for_a_reopening_and_is_then_refused(committed):
    database, table = committed
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            actions.change_phase(session, table.lead, table.coding_round.number, "running", reason="One more look")
            waiting = pool.submit(ruled, database, table, table.judge, table.config.id)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)

        assert waiting.result() == "NotFound"
