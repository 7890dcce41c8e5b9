"""Runs of 100,000 incidents: `python -m bench.runs [--incidents 100000]`.

A study with two runs over the same incidents and their calls, made in SQL. Told are the medians of what a lead does and
sees of them on the real app: the pages, a tick of the event stream, steering, starting a third run, and the whole
ledger as a file with the memory that it takes.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.accounts.actions import start_sign_in
from app.accounts.viewer import COOKIE
from app.db.migrate import migrate
from app.db.session import Database
from app.export.ledger import FACTS, TEXTS, ledger_rows, reading_of
from app.export.streamed import rows_file
from app.main import create_app
from app.rounds.models import Round
from app.settings import Settings
from app.studies.models import Study
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.choosing import Choice
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.queries import counts_of
from app.suggestions.run_plan import RunPlan
from app.suggestions.runs import is_running
from app.suggestions.steering import cancel_run, retry_failed
from tests import makers
from tests.support.postgres import running_postgres

MODEL = {"llm_model": "small", "llm_base_url": "http://127.0.0.1:9/v1", "llm_api_key": "sk-none"}
SQL = """
INSERT INTO incidents (study_id, import_id, number, source, external_id, title, text, text_sha256)
SELECT i.study_id, i.import_id, i.number + n, i.source, 'MORE-' || n, 'Incident ' || n,
  i.text || ' It was number ' || n, md5(n::text)
FROM (SELECT * FROM incidents ORDER BY number DESC LIMIT 1) i, generate_series(1, %(more)s) n;
"""
IN_ROUND = """
INSERT INTO round_incidents (study_id, round_id, incident_id)
SELECT r.study_id, r.id, i.id FROM rounds r JOIN incidents i ON i.study_id = r.study_id
ON CONFLICT DO NOTHING;
"""
ASKED = """
INSERT INTO run_incidents (study_id, run_id, incident_id, state)
SELECT r.study_id, r.id, i.id, CASE WHEN i.number % 20 = 0 THEN 'failed' ELSE 'done' END
FROM suggestion_runs r JOIN incidents i ON i.study_id = r.study_id;
"""
CALLS = """
INSERT INTO model_calls (study_id, at, purpose, subject_kind, subject_id, attempt, outcome, system_prompt, user_prompt,
  prompt_sha256, model_asked, model_answered, raw_answer, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
  price_table, cost_usd, seconds)
SELECT r.study_id, now() - make_interval(secs => r.id % 100000), 'suggest', 'run_incident', r.id, 1,
  CASE WHEN r.state = 'done' THEN 'valid' ELSE 'failed' END, p.system, p.question || r.id, md5(r.id::text),
  'small', 'small', p.reply || r.id, 2500, 2000, 300, 0, 'bench', 0.001, 1.5
FROM run_incidents r CROSS JOIN (
  SELECT string_agg(md5(k::text), ' ') AS system, left(string_agg(md5((k * 3)::text), ' '), 1500) AS question,
    left(string_agg(md5((k * 5)::text), ' '), 500) AS reply
  FROM generate_series(1, 100) k) p;
"""
OFFERED = """
INSERT INTO suggestions (study_id, run_id, incident_id, dimension_id, model_call_id, ordinal, code_id, new_code_name,
  reasoning)
SELECT r.study_id, r.run_id, r.incident_id, d.dimension_id, c.id, d.place,
  CASE WHEN (r.incident_id + d.place) % 9 > 0
    THEN d.codes[1 + (r.incident_id + r.run_id * (r.incident_id % 4)) % 3] END,
  CASE WHEN (r.incident_id + d.place) % 9 = 0 THEN 'A new name ' || r.incident_id % 200 END, 'A reason of one line.'
FROM run_incidents r
JOIN model_calls c ON c.study_id = r.study_id AND c.subject_kind = 'run_incident' AND c.subject_id = r.id
CROSS JOIN (SELECT dimension_id, array_agg(code_id) AS codes, row_number() OVER (ORDER BY dimension_id)::int AS place
  FROM code_revisions GROUP BY dimension_id) d
WHERE r.state = 'done';
"""
ACCOUNTS = """
INSERT INTO model_accounts (study_id, subject_kind, subject_id, calls, input_tokens, output_tokens, told_usd)
SELECT r.study_id, 'suggestion_run', r.run_id, count(*), sum(c.input_tokens), sum(c.output_tokens), sum(c.cost_usd)
FROM run_incidents r JOIN model_calls c ON c.subject_kind = 'run_incident' AND c.subject_id = r.id
GROUP BY r.study_id, r.run_id;
"""


@dataclass
class Stage:
    database: Database
    lead: Viewer
    coding_round: Round
    one: int
    other: int
    client: TestClient
    times: int

    def timed(self, name: str, act: Callable[[], object]) -> None:
        took = []
        for _ in range(self.times):
            began = time.perf_counter()
            act()
            took.append(time.perf_counter() - began)
        print(f"{name:44} {statistics.median(took) * 1000:9.1f} ms", flush=True)

    def page(self, name: str, path: str, **headers: str) -> None:
        def look() -> None:
            answer = self.client.get(f"/studies/{self.lead.study.slug}{path}", headers=headers)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])

        self.timed(name, look)

    def read(self, name: str, look: Callable[[Any], object]) -> None:
        def act() -> None:
            with self.database.reading() as session:
                look(session)

        self.timed(name, act)

    def acted(
        self, name: str, act: Callable[[Any], object], before: Callable[[Any], object] = lambda session: None
    ) -> None:
        """In a transaction that is undone afterwards, so that it can be repeated. before: not counted."""
        took = []
        for _ in range(self.times):
            with self.database.bind.connect() as connection, connection.begin() as begun:
                with Database(connection).transaction() as session:
                    before(session)
                    began = time.perf_counter()
                    act(session)
                    session.flush()
                    took.append(time.perf_counter() - began)
                begun.rollback()
        print(f"{name:44} {statistics.median(took) * 1000:9.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        stage = set_stage(url, asked.incidents, asked.times)
        number = stage.coding_round.number
        of_round = f"/rounds/{number}/suggestions"
        of_run = f"{of_round}/{stage.one}"
        with stage.database.reading() as session:
            run = session.get_one(SuggestionRun, stage.one)
            session.expunge(run)
        stage.read("counts_of a run", lambda session: counts_of(session, run))
        stage.page("run page", of_run)
        stage.page("run page, a late page of calls", f"{of_run}?calls={asked.incidents // 25 - 2}")
        stage.page("run page, fragment of how far it is", of_run, **{"HX-Request": "true"})
        stage.read("a tick of the event stream", lambda session: is_running(session, session.merge(stage.coding_round)))
        stage.page("list of runs of the round", of_round)
        stage.page("list of runs of the study", "/suggestions")
        stage.page("compose, with estimate and preview", f"{of_round}/new")
        stage.page("comparison of two runs", f"{of_round}/comparison?one={stage.one}&other={stage.other}")
        stage.page("ledger, newest", "/suggestions/ledger")
        stage.page("ledger of one run", f"/suggestions/ledger?run={stage.one}")
        stage.page("totals of the ledger", "/suggestions/ledger/totals")

        def all_wait(session: Any) -> None:
            session.execute(update(SuggestionRun).where(SuggestionRun.id == stage.other).values(state="running"))
            session.execute(update(RunIncident).where(RunIncident.run_id == stage.other).values(state="waiting"))

        plan = RunPlan("small", choice=Choice(which="all"))
        stage.acted("start a run of all", lambda session: ask_for_suggestions(session, *_who(session, stage), plan))
        stage.acted("ask again for what failed", lambda s: retry_failed(s, *_who(s, stage), stage.one))
        stage.acted("cancel, with all waiting", lambda s: cancel_run(s, *_who(s, stage), stage.other), all_wait)
        exported(stage)
        stage.database.dispose()


def _who(session: Any, stage: Stage) -> tuple[Viewer, Round]:
    return stage.lead, session.merge(stage.coding_round)


def exported(stage: Stage) -> None:
    """With what the process takes before and at most, as a worker that writes the file would."""
    for format in ("csv", "jsonl"):
        before, began = psutil.Process().memory_info().rss, time.perf_counter()
        most = Most()
        with stage.database.reading() as session:
            study = session.get_one(Study, stage.lead.study.id)
            rows = most.watched(
                ledger_rows(session, study, reading_of(session, study, None), LedgerFilter(), texts=True)
            )
            file = rows_file("ledger", format, (*FACTS, *TEXTS), rows)
        took = time.perf_counter() - began
        print(f"{f'export of the ledger, {format}':44} {took:9.1f} s, {file.size / 1e6:.0f} MB; memory "
              f"{before / 1e6:.0f} MB before, {most.first / 1e6:.0f} at the first row, {most.most / 1e6:.0f} MB most",
              flush=True)  # fmt: skip
        file.file.close()


class Most:
    """The most memory that the process takes while rows go by."""

    first = most = 0

    def watched(self, rows: Iterator[Any]) -> Iterator[Any]:
        for place, row in enumerate(rows):
            if place % 5_000 == 0:
                now = psutil.Process().memory_info().rss
                self.first, self.most = self.first or now, max(self.most, now)
            yield row


def set_stage(url: str, incidents: int, times: int) -> Stage:
    database = Database.at(url)
    with database.transaction() as session:
        lead = makers.make_study(session)
        coders = makers.make_coders(session, lead, 2)
        cause = makers.make_dimension(session, lead, "Cause")
        symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
        for dimension in (cause, symptom):
            for name in ("One", "Two", "Three"):
                makers.make_code(session, lead, dimension, f"{dimension.name} {name}")
        coding_round = makers.make_round(session, lead, coders, makers.make_incidents(session, lead, 5))
        runs = [
            SuggestionRun(
                study_id=lead.study.id, round_id=coding_round.id, asked_by=lead.member.id, source="model",
                model="small", codebook_seq=6, state="done",
            )
            for _ in range(2)
        ]  # fmt: skip
        session.add_all(runs)
        session.flush()
        one, other = (run.id for run in runs)
        assert lead.person is not None
        cookie = start_sign_in(session, lead.person, user_agent="bench", days=1)
        session.flush()
        session.expunge_all()
    began = time.perf_counter()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SQL, {"more": incidents - 5})
        for statement in (IN_ROUND, ASKED, CALLS, OFFERED, ACCOUNTS, "VACUUM ANALYZE"):
            connection.execute(statement)
    print(f"the stage took {time.perf_counter() - began:.0f} s", flush=True)
    client = TestClient(
        create_app(Settings(database_url=url, **MODEL), database), "http://localhost", follow_redirects=False
    )  # type: ignore[arg-type]
    client.headers["Cookie"] = f"{COOKIE}={cookie}"
    with database.reading() as session:
        assert len(session.scalars(select(SuggestionRun.id)).all()) == 2
    return Stage(database, lead, coding_round, one, other, client, times)


if __name__ == "__main__":
    main()
