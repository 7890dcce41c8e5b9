"""How long a validity page takes, without and with the database. Ends with 1 where it takes a second of the processor.

    .venv/bin/python -m bench.validity_speed

Counting alone: 5,000 incidents, four coders, five dimensions, as plain arrays; three take one code of 20, two sets of
them. The page: 1,000 incidents coded by two of five coders in five dimensions that take sets, on a Postgres of its own;
everything that the page tells, from a session that has read nothing, figures not kept. The least of three runs.
"""

import csv
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, insert, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.agreement.bring_in import RatingsPlan, bring_in_ratings
from app.agreement.ratings_columns import RatingColumns
from app.codebook.queries import visible_codebook
from app.codebook.tree import DimensionEntry
from app.db.session import Database
from app.methods.agreement.tables import order_of
from app.methods.alternative_annotator import alike_by, alternative_annotator
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.choosing import Choice
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.run_plan import RunPlan
from app.suggestions.validity_counted import Rated, alpha_of_rated, beside_of, shares_of
from app.suggestions.validity_page import ValidityAsked, validity_page
from tests import makers
from tests.conftest import make_database
from tests.support.postgres import running_postgres

INCIDENTS, CODERS, CODES, RUNS = 5_000, 4, 20, 3
PAGE_INCIDENTS, PAGE_CODERS, MOST_SECONDS = 1_000, 5, 1.0


def drawn(*, sets: bool, seed: int) -> Rated:
    rng = np.random.default_rng(seed)
    if sets:
        every = {frozenset(rng.choice(CODES, size=rng.integers(0, 4), replace=False).tolist()) for _ in range(400)}
        values: tuple[Any, ...] = tuple(sorted(every, key=order_of))
    else:
        values = tuple(range(CODES))
    truth = rng.integers(0, len(values), size=(INCIDENTS, 1))
    other = rng.integers(0, len(values), size=(INCIDENTS, CODERS + 1))
    said = np.where(rng.random((INCIDENTS, CODERS + 1)) < 0.7, truth, other)
    return Rated(
        incidents=np.arange(INCIDENTS),
        members=tuple(range(CODERS)),
        cells=said[:, :CODERS],
        model=said[:, CODERS],
        values=values,
        labelled=rng.random(INCIDENTS) < 0.3,
        weights=None,
    )


def count(rated: Rated, dimension: DimensionEntry) -> None:
    alpha_of_rated(rated, rated.cells, rated.members, dimension)
    list(beside_of(rated, dimension))
    alike = alike_by(rated.values, sets=dimension.takes_many)
    alternative_annotator(rated.cells, rated.model, rated.members, alike=alike, epsilon=0.15)
    list(shares_of(rated))


def least(rated: Rated, dimension: DimensionEntry) -> tuple[float, float]:
    found = []
    for _ in range(RUNS):
        clock, processor = time.perf_counter(), time.process_time()
        count(rated, dimension)
        found.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(one for one, _ in found), min(one for _, one in found)


def coded_page(database: Database) -> tuple[Viewer, int]:
    """People's ratings come in as a file, which is the quickest way to many; what the model said is written at once."""
    rng = np.random.default_rng(3)
    names = [f"Dimension {n}" for n in range(5)]
    with database.transaction() as session:
        lead = makers.make_study(session)
        asked = {name: makers.make_dimension(session, lead, name, takes="many") for name in names}
        made = makers.make_incidents(session, lead, PAGE_INCIDENTS)
        rows = io.StringIO()
        writer = csv.writer(rows)
        writer.writerow(("item", "rater", "dimension", "code"))
        for one in made:
            for coder in rng.choice(PAGE_CODERS, size=2, replace=False):
                for name in names:
                    for code in rng.choice(CODES, size=rng.integers(1, 4), replace=False):
                        writer.writerow((one.external_id, f"Coder {coder}", name, f"Code {code}"))
        columns = RatingColumns("item", "rater", "code", "dimension")
        plan = RatingsPlan("Coded", columns, sets=True, independent=True)
        done = bring_in_ratings(session, lead, rows.getvalue().encode(), plan, file_name="ratings.csv")
        coding_round = round_by_number(session, lead.study.id, done.round_number)
        how = RunPlan("small", choice=Choice(which="all"), is_offered=False)
        run = ask_for_suggestions(session, lead, coding_round, how)
        session.flush()
        answer(session, lead, run, [one.id for one in made], [one.id for one in asked.values()], rng)
    return lead, run.id


def answer(
    session: Session, lead: Viewer, run: SuggestionRun, incidents: list[int], dimensions: list[int], rng: Any
) -> None:
    codebook = visible_codebook(session, lead.study.id, lead.member.id)
    codes = {key: [code.id for code in codebook.codes.values() if code.dimension_id == key] for key in dimensions}
    of_run = {"study_id": run.study_id, "run_id": run.id, "ordinal": 1}
    rows = [
        {**of_run, "incident_id": one, "dimension_id": key, "code_id": int(rng.choice(codes[key]))}
        for one in incidents
        for key in dimensions
    ]
    session.execute(insert(Suggestion), rows)
    session.execute(update(RunIncident).where(RunIncident.run_id == run.id).values(state="done", changed_at=func.now()))


def seconds_of_page(database: Database, lead: Viewer, run_id: int, asked: ValidityAsked) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    with database.reading() as session:
        run = session.get_one(SuggestionRun, run_id)
        page = validity_page(session, lead, session.get_one(Round, run.round_id), run_id, asked)
    taken = time.process_time() - processor, time.perf_counter() - clock
    assert page.validity is not None and page.validity.first == 2 * PAGE_INCIDENTS, page.sentence
    assert all(each.of.answered == PAGE_INCIDENTS and len(each.with_people) == PAGE_CODERS for each in page.dimensions)
    return taken


def main() -> None:
    whole = [0.0, 0.0]
    for seed, takes in enumerate(("one", "one", "one", "many", "many")):
        dimension = DimensionEntry(seed, "", "", takes, False, "open", seed, "active", 1)
        processor, clock = least(drawn(sets=takes == "many", seed=seed), dimension)
        whole = [whole[0] + processor, whole[1] + clock]
        print(f"{takes:5} {1000 * processor:7.0f} ms of the processor {1000 * clock:7.0f} ms")
    print(f"all   {1000 * whole[0]:7.0f} ms of the processor {1000 * whole[1]:7.0f} ms")
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        database = Database.at(make_database(make_url(url), "validity", migrated=True).render_as_string(False))
        lead, run_id = coded_page(database)
        asked = [ValidityAsked(name) for name in ("experts", "skilled", "crowd")]  # each is counted anew
        taken = [seconds_of_page(database, lead, run_id, each) for each in asked]
    processor, clock = (min(each) for each in zip(*taken, strict=True))
    print(f"page  {1000 * processor:7.0f} ms of the processor {1000 * clock:7.0f} ms")
    sys.exit(0 if processor < MOST_SECONDS else 1)


if __name__ == "__main__":
    main()
