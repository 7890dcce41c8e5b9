"""The figures of one large round from the database: `python -m bench.figures` prints how long a look takes.

A round of about a million submitted codes, of four coders in a question that takes one code and one that takes several,
out of 20 codes each. Looked at: for the first time in a process, when nothing changed, and after one more submission.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from sqlalchemy.orm import Session

from app.agreement.page import agreement_page
from app.collecting import collect_seldom
from app.db.migrate import migrate
from app.db.session import Database
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from bench.what_if import Stage, set_stage
from tests.support.postgres import running_postgres

ONE_MORE = """
WITH former AS (
    SELECT s.* FROM submissions s WHERE s.ordinal = 1 ORDER BY s.id OFFSET %(at)s LIMIT 1
), handed AS (
    INSERT INTO submissions (study_id, assignment_id, round_id, incident_id, member_id, ordinal, kind, independent,
                             codebook_seq)
    SELECT study_id, assignment_id, round_id, incident_id, member_id, 2, kind, independent, codebook_seq FROM former
    RETURNING *
), answered AS (
    INSERT INTO submitted_answers (study_id, submission_id, round_id, incident_id, dimension_id, member_id, state)
    SELECT handed.study_id, handed.id, handed.round_id, handed.incident_id, dimensions.id, handed.member_id, 'coded'
    FROM handed JOIN dimensions ON dimensions.study_id = handed.study_id
    RETURNING *
)
INSERT INTO submitted_codes (study_id, answer_id, submission_id, round_id, incident_id, dimension_id, member_id,
                             code_id, origin)
SELECT answered.study_id, answered.id, answered.submission_id, answered.round_id, answered.incident_id,
       answered.dimension_id, answered.member_id,
       (SELECT min(code_id) FROM code_revisions r WHERE r.dimension_id = answered.dimension_id), 'own'
FROM answered
"""


def looked(database: Database, stage: Stage) -> float:
    def look(session: Session) -> Round:
        coding_round = round_by_number(session, stage.lead.study.id, 1)
        agreement_page(session, stage.lead, coding_round)
        return coding_round

    began = time.perf_counter()
    with database.reading() as session:
        look(session)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Figures of a large round.")
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    collect_seldom()  # as a server does
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        database = Database.at(url)
        stage = set_stage(database, url, rounds=1, codes=asked.codes, merges=2, of_a_dimension=20)
        plain = url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            cold = looked(database, stage)
            same = [looked(database, stage) for _ in range(asked.times)]
            after = []
            for at in range(asked.times):
                connection.execute(ONE_MORE, {"at": at})
                after.append(looked(database, stage))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        database.dispose()
    print(f"{stage.codes:,} submitted codes of one round, {asked.times} looks")
    print(f"first look                 {cold:6.2f} s, {grown:.0f} MiB more at the most")
    print(f"nothing changed     median {statistics.median(same):6.2f} s")
    print(f"one more submission median {statistics.median(after):6.2f} s")


if __name__ == "__main__":
    main()
