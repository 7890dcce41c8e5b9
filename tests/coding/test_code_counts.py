"""How often codes were applied, as the tree tells it: of open rounds alone, and anew when one was opened again."""

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL

from app.coding.code_counts import counted_codes
from app.db.session import Database
from app.rounds.actions import change_phase
from tests import makers
from tests.coding.conftest import Bench, make_bench


@pytest.fixture
def database(own_database: URL) -> Iterator[Database]:
    database = Database.at(own_database.render_as_string(hide_password=False))
    yield database
    database.dispose()


def counted(database: Database, bench: Bench) -> dict[int, int]:
    with database.reading() as session:
        return dict(counted_codes(session, bench.lead.study.id))


def test_promise_1_a_round_is_counted_only_while_others_may_see_it(database):
    with database.transaction() as session:
        bench = make_bench(session)
        config, network = bench.config.id, bench.network.id
        bench.ada_toggles(bench.cause, bench.config)
        bench.ada_does("submit", incomplete=True)
    assert counted(database, bench) == {}
    with database.transaction() as session:
        makers.move_round(session, bench.lead, session.merge(bench.coding_round), "settling")
    assert counted(database, bench) == counted(database, bench) == {config: 1}
    with database.transaction() as session:
        change_phase(session, bench.lead, bench.coding_round.number, "running", reason="One more look.")
    assert counted(database, bench) == {}
    with database.transaction() as session:
        adas = session.merge(bench.adas)
        makers.act(session, bench.ada, adas, "take_back")
        makers.act(session, bench.ada, adas, "toggle_code", dimension_id=bench.cause.id, code_id=network)
        makers.act(session, bench.ada, adas, "submit", incomplete=True)
        change_phase(session, bench.lead, bench.coding_round.number, "settling")
    assert counted(database, bench) == {network: 1}
