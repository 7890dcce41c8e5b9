"""What suggestions did to the people, over many incidents: `python -m bench.assistance` prints medians.

The stage: one round past its coding, four coders on each incident in two questions, a third of it blind and the rest on
request; half of its assignments opened what a run offered, and most of these decided about it.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from sqlalchemy.orm import Session

from app.db.migrate import migrate
from app.db.session import Database
from app.rounds.models import Round
from app.studies.viewer import Viewer
from app.suggestions.assistance_page import assistance_of
from app.suggestions.models import SuggestionRun
from bench.what_if import COLUMNS, fill
from tests.makers import make_code, make_coders, make_dimension, make_incidents, make_round, make_study
from tests.support.postgres import running_postgres

OFFERED = """
INSERT INTO run_incidents (study_id, run_id, incident_id, state)
SELECT study_id, %(run)s, incident_id, 'done' FROM round_incidents WHERE round_id = %(round)s;
INSERT INTO suggestions (study_id, run_id, incident_id, dimension_id, ordinal, code_id)
SELECT DISTINCT ON (study_id, incident_id, dimension_id) study_id, %(run)s, incident_id, dimension_id, 1, code_id
FROM submitted_codes ORDER BY study_id, incident_id, dimension_id, id;
INSERT INTO exposures (study_id, member_id, incident_id, kind, subject_id)
SELECT s.study_id, a.member_id, s.incident_id, 'suggestion', s.id
FROM suggestions s JOIN assignments a USING (study_id, incident_id) WHERE a.arm <> 'blind' AND a.id %% 2 = 0;
INSERT INTO suggestion_decisions (study_id, suggestion_id, assignment_id, member_id, decision, reason)
SELECT s.study_id, s.id, a.id, a.member_id, 'rejected', 'reason ' || a.id %% 7
FROM suggestions s JOIN assignments a USING (study_id, incident_id) WHERE a.arm <> 'blind' AND a.id %% 4 = 0;
INSERT INTO assignment_work (study_id, assignment_id, state, active_seconds)
SELECT study_id, id, 'submitted', 60 + id %% 200 FROM assignments;
"""


def set_stage(database: Database, url: str, incidents: int) -> tuple[Viewer, int, int]:
    """The lead, the round and its run."""
    with database.transaction() as session:
        lead = make_study(session)
        coders = make_coders(session, lead, 4)
        asked = (make_dimension(session, lead), make_dimension(session, lead, takes="many"))
        of = {each.id: [make_code(session, lead, each).id for _ in range(50)] for each in asked}
        made = make_incidents(session, lead, incidents)
        coding_round = make_round(session, lead, coders, made, arm="on_request", blind_share=1 / 3)
        run = SuggestionRun(
            study_id=lead.study.id, round_id=coding_round.id, asked_by=lead.member.id, source="model", codebook_seq=1
        )
        session.add(run)
        session.flush()
        round_id, run_id = coding_round.id, run.id
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET session_replication_role = replica")
        fill(connection, round_id, asked, of)
        for statement in OFFERED.split(";\n"):
            if statement.strip():
                connection.execute(statement, {"run": run_id, "round": round_id})
        connection.execute("UPDATE rounds SET phase = 'settling'")
        for table in COLUMNS:
            if table != "submitted_codes":
                connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return lead, round_id, run_id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        database = Database.at(url)
        lead, round_id, run_id = set_stage(database, url, asked.incidents)
        taken = []
        for _ in range(asked.times):
            with database.reading() as session:
                began = time.perf_counter()
                look(session, lead, round_id, run_id)
                taken.append(time.perf_counter() - began)
        print(f"{asked.incidents:,} incidents, four coders: {statistics.median(taken):.2f} s, first {taken[0]:.2f} s")
        database.dispose()


def look(session: Session, lead: Viewer, round_id: int, run_id: int) -> None:
    found = assistance_of(session, lead, session.get_one(Round, round_id), session.get_one(SuggestionRun, run_id))
    assert found.decisions and found.effects and found.effects.arms and not found.effects.sentence


if __name__ == "__main__":
    main()
