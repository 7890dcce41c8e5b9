"""What a change of the codebook makes stale, over many final codes: `python -m bench.stale` prints medians.

The stage is that of bench.what_if, with a final code for every incident and dimension, and some codes reworded since.
Measured are the count on the overview of a lead and the whole list with its reasons.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, edit_code
from app.codebook.queries import current_seq, whole_codebook
from app.collecting import collect_seldom
from app.curation.stale import diff, stale_incidents, unreviewed
from app.db.migrate import migrate
from app.db.session import Database
from bench.what_if import Stage, set_stage
from tests.support.postgres import running_postgres

SETTLED = """
INSERT INTO final_codes (study_id, round_id, incident_id, dimension_id, state, code_id, basis, codebook_seq)
SELECT DISTINCT ON (study_id, incident_id, dimension_id)
    study_id, round_id, incident_id, dimension_id, 'coded', code_id, 'majority', %(seq)s
FROM submitted_codes ORDER BY study_id, incident_id, dimension_id, id
"""


def settle_and_reword(database: Database, url: str, stage: Stage, reworded: int) -> int:
    """How many final codes stand."""
    study_id = stage.lead.study.id
    with database.reading() as session:
        seq = current_seq(session, study_id)
        codes = list(whole_codebook(session, study_id).codes.values())[:reworded]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # so that submissions can be given a version
        connection.execute("UPDATE submissions SET codebook_seq = %s", [seq])
        finals = connection.execute(SETTLED, {"seq": seq}).rowcount
        connection.execute("VACUUM FULL ANALYZE")
    with database.transaction() as session:
        for code in codes:
            words = CodeText(code.name, definition="said in other words")
            seen_seq = current_seq(session, study_id)
            edit_code(session, study_id, stage.lead.member, code.id, words, seen_seq=seen_seq, reason="clearer")
    return finals


def median(database: Database, look: Callable[[Session], object], times: int) -> float:
    taken = []
    for _ in range(times):
        with database.reading() as session:
            began = time.perf_counter()
            look(session)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description="Stale incidents over many final codes.")
    parser.add_argument("--codes", type=int, default=120_000, help="submitted codes, about")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--reworded", type=int, default=10, help="codes")
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    collect_seldom()  # as a server does
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        database = Database.at(url)
        stage = set_stage(database, url, rounds=asked.rounds, codes=asked.codes, merges=2)
        finals = settle_and_reword(database, url, stage, asked.reworded)

        def whole(session: Session) -> object:
            return stale_incidents(session, stage.lead, diff(session, stage.lead, None, None))

        count = median(database, lambda session: unreviewed(session, stage.lead), asked.times)
        listed = median(database, whole, asked.times)
        database.dispose()
    print(f"{finals:,} final codes of {asked.rounds} round(s), {asked.reworded} codes reworded, {asked.times} looks")
    print(f"how many are stale  median {count * 1000:5.0f} ms")
    print(f"the list, reasons   median {listed * 1000:5.0f} ms")


if __name__ == "__main__":
    main()
