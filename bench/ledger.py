"""How long the ledger takes at 100,000 calls and more: `python -m bench.ledger [--calls 120000]`.

A page of the newest, a deep one, the dearest, one run, what was not read whole, the totals, and the whole export.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.migrate import migrate
from app.db.session import Database
from app.export.ledger import ledger_file
from app.ledger.models import ModelCall
from app.studies.models import Study
from app.suggestions.ledger_filter import DEAR, LedgerFilter
from app.suggestions.ledger_queries import calls_page, totals
from app.suggestions.models import SuggestionRun
from tests import makers
from tests.support.postgres import running_postgres

RUNS = 7
INCIDENTS = 1_000
ASKED = """
INSERT INTO run_incidents (study_id, run_id, incident_id, state)
SELECT r.study_id, r.id, i.id, 'done' FROM suggestion_runs r JOIN incidents i ON i.study_id = r.study_id
"""
CALLS = """
INSERT INTO model_calls (study_id, at, purpose, subject_kind, subject_id, attempt, outcome, system_prompt, user_prompt,
  prompt_sha256, model_asked, model_answered, parameters, raw_answer, input_tokens, cached_tokens, output_tokens,
  reasoning_tokens, price_table, cost_usd, seconds)
SELECT r.study_id, now() - make_interval(mins => %(calls)s - n), 'suggest', 'run_incident', r.id, 1,
  CASE WHEN n %% 50 = 0 THEN 'failed' WHEN n %% 97 = 0 THEN 'lost' ELSE 'valid' END, p.system, p.question || n,
  md5(n::text) || md5(n::text), 'model-' || n %% 3, 'model-' || n %% 3, '{"temperature": 0}', p.reply || n, 2500, 2000,
  300, 0, 'bench', CASE WHEN n %% 10 = 0 THEN NULL ELSE (n %% 977) / 100000.0 END, 1.5
FROM generate_series(1, %(calls)s) n
JOIN (SELECT study_id, id, row_number() OVER (ORDER BY id) - 1 AS place FROM run_incidents) r ON r.place = n %% %(rows)s
CROSS JOIN (
  SELECT string_agg(md5(k::text), ' ') AS system, left(string_agg(md5((k * 3)::text), ' '), 2500) AS question,
    left(string_agg(md5((k * 5)::text), ' '), 700) AS reply
  FROM generate_series(1, 250) k
) p
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="The ledger of a large study.")
    parser.add_argument("--calls", type=int, default=120_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        database = Database.at(url)
        study_id, run_id = set_stage(database, url, asked.calls)
        with database.reading() as session:
            low = session.scalar(select(func.min(ModelCall.id))) or 0
        looks: dict[str, Callable[[Session], object]] = {
            "newest": lambda session: calls_page(session, study_id, LedgerFilter()),
            "deep page": lambda session: calls_page(session, study_id, LedgerFilter(), after=low + 1_000),
            "dearest": lambda session: calls_page(session, study_id, LedgerFilter(order=DEAR)),
            "dearest, deep": lambda session: calls_page(session, study_id, LedgerFilter(order=DEAR), after=low + 1_000),
            "one run": lambda session: calls_page(session, study_id, LedgerFilter(run=run_id)),
            "one incident": lambda session: calls_page(session, study_id, LedgerFilter(incident="INC-7")),
            "not read whole": lambda session: calls_page(session, study_id, LedgerFilter(troubled=True)),
            "totals": lambda session: totals(session, study_id, LedgerFilter()),
            "totals of a run": lambda session: totals(session, study_id, LedgerFilter(run=run_id)),
        }
        for name, look in looks.items():
            took = [timed(database, look) for _ in range(asked.times)]
            print(f"{name:20} {statistics.median(took) * 1000:9.1f} ms")
        began = time.perf_counter()
        with database.reading() as session:
            study = session.get_one(Study, study_id)
            file = ledger_file(session, study, None, LedgerFilter(), format="jsonl", texts=True)
        print(f"{'export, with texts':20} {time.perf_counter() - began:9.1f} s, {file.size / 1e6:.0f} MB")
        file.file.close()
        database.dispose()


def set_stage(database: Database, url: str, calls: int) -> tuple[int, int]:
    with database.transaction() as session:
        lead = makers.make_study(session)
        coders = makers.make_coders(session, lead, 2)
        makers.make_dimension(session, lead, "Cause")
        coding_round = makers.make_round(session, lead, coders, makers.make_incidents(session, lead, INCIDENTS))
        runs = [
            SuggestionRun(
                study_id=lead.study.id, round_id=coding_round.id, asked_by=lead.member.id, source="model",
                model=f"model-{number % 3}", codebook_seq=1, state="done",
            )
            for number in range(RUNS)
        ]  # fmt: skip
        session.add_all(runs)
        session.flush()
        study_id, run_id = lead.study.id, runs[3].id
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(ASKED)
        connection.execute(CALLS, {"calls": calls, "rows": RUNS * INCIDENTS})
        connection.execute("VACUUM ANALYZE")
    return study_id, run_id


def timed(database: Database, look: Callable[[Session], object]) -> float:
    began = time.perf_counter()
    with database.reading() as session:
        look(session)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
