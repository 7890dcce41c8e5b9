"""What a plan would do, over many submitted codes: `python -m bench.what_if` prints medians of several looks.

The stage: closed rounds of incidents that several coders coded in two questions, one that takes one code and one that
takes several, out of codes of which few are used much and many seldom. The plan merges codes pairwise.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.codebook.tree import DimensionEntry
from app.coding.models import SubmittedCode
from app.collecting import collect_seldom
from app.curation.plan_actions import PlannedStep, make_plan
from app.curation.plan_models import CodebookPlan
from app.curation.plan_page import plan_page
from app.curation.plan_queries import opened
from app.curation.what_if import what_if
from app.db.migrate import migrate
from app.db.session import Database
from app.studies.viewer import Viewer
from tests.makers import make_code, make_coders, make_dimension, make_incidents, make_round, make_study
from tests.support.postgres import running_postgres

COLUMNS = {
    "submissions": ("id", "study_id", "assignment_id", "round_id", "incident_id", "member_id", "ordinal", "kind",
                    "independent", "codebook_seq"),
    "submitted_answers": ("id", "study_id", "submission_id", "round_id", "incident_id", "dimension_id", "member_id",
                          "state"),
    "submitted_codes": ("study_id", "answer_id", "submission_id", "round_id", "incident_id", "dimension_id",
                        "member_id", "code_id", "is_main", "origin"),
}  # fmt: skip
SEQ = 1


@dataclass(frozen=True)
class Stage:
    lead: Viewer
    plan: CodebookPlan
    codes: int


def set_stage(
    database: Database, url: str, *, rounds: int, codes: int, merges: int, of_a_dimension: int = 100
) -> Stage:
    """codes: how many submitted codes there are about; per incident four coders give one code and two on average.

    of_a_dimension: how many codes can be chosen from.
    """
    with database.transaction() as session:
        lead = make_study(session)
        coders = make_coders(session, lead, 4)
        cause, impact = make_dimension(session, lead), make_dimension(session, lead, takes="many")
        of = {each.id: [make_code(session, lead, each).id for _ in range(of_a_dimension)] for each in (cause, impact)}
        incidents = make_incidents(session, lead, codes // (12 * rounds))
        made = [make_round(session, lead, coders, incidents, purpose="calibration") for _ in range(rounds)]
        steps = [
            PlannedStep("merge", (ids[2 * at + 1],), into=ids[2 * at])
            for ids in of.values()
            for at in range(merges // 2)
        ]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET session_replication_role = replica")  # the keys fit by how they are made
        for coding_round in made:
            fill(connection, coding_round.id, (cause, impact), of)
        connection.execute("UPDATE rounds SET phase = 'closed'")
        for table in COLUMNS:
            if table != "submitted_codes":
                connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    with database.transaction() as session:
        plan = make_plan(session, lead, "Halve the codes", steps)
        there = session.scalars(select(func.count()).select_from(SubmittedCode)).one()
    return Stage(lead, plan, there)


def fill(
    connection: psycopg.Connection[tuple[int, ...]],
    round_id: int,
    dimensions: Sequence[DimensionEntry],
    of: dict[int, list[int]],
) -> None:
    """Coders agree on two of three incidents about."""
    chance = random.Random(round_id)
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    meant: dict[tuple[int, int], list[int]] = {}
    (next_submission,), (next_answer,) = (
        connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone() or (1,)
        for table in ("submissions", "submitted_answers")
    )
    for assignment_id, study_id, incident_id, member_id in connection.execute(
        "SELECT id, study_id, incident_id, member_id FROM assignments WHERE round_id = %s ORDER BY id", [round_id]
    ).fetchall():
        at = (round_id, incident_id)
        rows["submissions"].append(
            (next_submission, study_id, assignment_id, *at, member_id, 1, "submitted", True, SEQ)
        )
        for dimension in dimensions:
            many = chance.choice((1, 2, 2, 3)) if dimension.takes_many else 1
            weights = [1 / (place + 1) for place in range(len(of[dimension.id]))]
            drawn = list(dict.fromkeys(chance.choices(of[dimension.id], weights, k=many)))
            given = meant.setdefault((incident_id, dimension.id), drawn) if chance.random() < 2 / 3 else drawn
            place = (*at, dimension.id, member_id)
            rows["submitted_answers"].append((next_answer, study_id, next_submission, *place, "coded"))
            rows["submitted_codes"] += [
                (study_id, next_answer, next_submission, *place, code_id, False, "own") for code_id in given
            ]
            next_answer += 1
        next_submission += 1
    for table, columns in COLUMNS.items():
        with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows[table]:
                copy.write_row(row)


class Look(NamedTuple):
    """seconds: by the clock. own: of this process alone, which a busy machine cannot stretch."""

    seconds: float
    own: float


def looks(database: Database, stage: Stage, times: int) -> tuple[list[Look], list[Look]]:
    """The what-if alone, and all that the page shows of it, each in a session of its own."""

    def foreseen(session: Session) -> None:
        found = what_if(session, stage.lead, opened(session, stage.plan))
        assert found.beside and all(each.now and each.then for each in found.beside)

    def shown(session: Session) -> None:
        plan_page(session, stage.lead, stage.plan)

    return [_timed(database, foreseen) for _ in range(times)], [_timed(database, shown) for _ in range(times)]


def _timed(database: Database, look: Callable[[Session], None]) -> Look:
    with database.reading() as session:
        began, own = time.perf_counter(), time.process_time()
        look(session)
        return Look(time.perf_counter() - began, time.process_time() - own)


def main() -> None:
    parser = argparse.ArgumentParser(description="What-if of a plan over many submitted codes.")
    parser.add_argument("--codes", type=int, default=104_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--merges", type=int, default=50)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--collect-often", action="store_true", help="look for garbage as CPython does by itself")
    asked = parser.parse_args()
    if not asked.collect_often:
        collect_seldom()  # as a server does
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        migrate(url)
        database = Database.at(url)
        stage = set_stage(database, url, rounds=asked.rounds, codes=asked.codes, merges=asked.merges)
        alone, page = looks(database, stage, asked.times)
        database.dispose()
    print(
        f"{stage.codes:,} submitted codes in {asked.rounds} closed rounds, {asked.merges} merges, {asked.times} looks"
    )
    for words, seen in (("what-if", alone), ("the page of the plan, before it is drawn", page)):
        median, own = (statistics.median(getattr(each, name) for each in seen) for name in ("seconds", "own"))
        slowest = max(each.seconds for each in seen)
        print(f"{words:42} median {median:5.2f} s ({own:.2f} s of it in this process), slowest {slowest:5.2f} s")


if __name__ == "__main__":
    main()
