"""The queue of a large round and the final codes: `python -m bench.queue_pages` prints how long a look takes.

A round of about 5,000 incidents by four coders in two questions, each code with a quote. Looked at: for the first time
in a process, again, ordered by what it teaches, one disagreement of it, and the final codes.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy.orm import Session

from app.adjudication.actions import settle_unanimous
from app.adjudication.disagreement_page import disagreement_page
from app.adjudication.final_list import Wanted
from app.adjudication.final_page import final_page
from app.adjudication.narrowing import Narrowing
from app.adjudication.queue_list import queue
from app.adjudication.queue_page import queue_page
from app.collecting import collect_seldom
from app.db.migrate import migrate
from app.db.session import Database
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from bench.what_if import Stage, set_stage
from tests.support.postgres import running_postgres

QUOTES = """
INSERT INTO submitted_evidence (study_id, submitted_code_id, start, "end", quote)
SELECT study_id, id, (id * 7919 % 40), (id * 7919 % 40) + 20, 'made' FROM submitted_codes
"""


def timed(database: Database, stage: Stage, look: Callable[[Session, Round], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process alone, which a busy machine cannot stretch."""
    began, own = time.perf_counter(), time.process_time()
    with database.reading() as session:
        look(session, round_by_number(session, stage.lead.study.id, 1))
    return time.perf_counter() - began, time.process_time() - own


def main() -> None:
    parser = argparse.ArgumentParser(description="The queue of a large round.")
    parser.add_argument("--incidents", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    collect_seldom()  # as a server does
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        database = Database.at(url)
        stage = set_stage(database, url, rounds=1, codes=12 * asked.incidents, merges=2, of_a_dimension=20)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(QUOTES)
            connection.execute("UPDATE rounds SET phase = 'settling'")
            connection.execute("VACUUM ANALYZE")
        began = time.perf_counter()
        with database.transaction() as session:
            settle_unanimous(session, stage.lead, round_by_number(session, stage.lead.study.id, 1))
        print(f"settling what is unanimous   {time.perf_counter() - began:6.2f} s")
        _looks(database, stage, asked.times)
        database.dispose()


def _looks(database: Database, stage: Stage, times: int) -> None:
    lead = stage.lead

    def queued(narrowing: Narrowing) -> Callable[[Session, Round], object]:
        return lambda session, coding_round: queue_page(session, lead, coding_round, narrowing, 1)

    def one(session: Session, coding_round: Round) -> object:
        listed = queue(session, coding_round).listed[0]
        return disagreement_page(session, lead, coding_round, *listed.key, Narrowing(standing="open"))

    looks: list[tuple[str, Callable[[Session, Round], object]]] = [
        ("the queue, for the first time", queued(Narrowing(standing="open"))),
        ("the queue", queued(Narrowing(standing="open"))),
        ("by what it teaches", queued(Narrowing(standing="open", order="teaches"))),
        ("one disagreement", one),
        ("final codes", lambda session, _: final_page(session, lead, Wanted(), 1)),
        ("final codes, last page", lambda session, _: final_page(session, lead, Wanted(), 10**6)),
    ]
    for name, look in looks:
        took = zip(*(timed(database, stage, look) for _ in range(1 if "first" in name else times)), strict=True)
        seconds, own = (statistics.median(each) for each in took)
        print(f"{name:30} median {seconds:6.2f} s, of this process {own:6.2f} s")


if __name__ == "__main__":
    main()
