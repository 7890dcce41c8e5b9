"""Validity of recorded model runs over all 460 real cloud reports, beside another hand's figures.

    .venv/bin/python -m bench.validity_of_real_reports [--epsilon 0.15]

Every report is brought in, and what each of the 12 recorded runs answered is served by a local server as if live, to
workers as they really run. Three people code: one is the person whose labels the data holds; two are STAND-INS,
recorded runs of models of other makers, since the test of a model needs two people or more. What is compared is the
machinery; the figures say nothing of people. On a quarter of the reports the coders see the suggestions first: these
submissions are in no figure, and PPI++ takes these reports as known from the model alone.

The service and the symptom were asked of all reports, the root cause of the 95 of one cloud alone. Ends with 1 where a
report is not answered, or a figure lies farther than 1e-9 from that of tests/support/fitness_by_hand.py (numpy, scipy
and loops; nothing of app/methods). No interval is drawn by chance, so there is no looser bound.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from app.db.session import Database
from app.methods.fitness import SKILLED
from app.rounds.models import Round
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.choosing import Choice
from app.suggestions.models import SuggestionRun
from app.suggestions.queries import counts_of
from app.suggestions.run_plan import RunPlan
from app.suggestions.validity_page import ValidityAsked, validity_page
from tests import makers
from tests.conftest import make_database
from tests.support.endpoints import SECRET, make_endpoint
from tests.support.openai_server import OpenAIServer, Says
from tests.support.postgres import running_postgres
from tests.support.real_reports import (
    CAUSE,
    CLOUDS,
    FOLDER,
    HUMAN,
    SERVICE,
    SYMPTOM,
    ReportStudy,
    Said,
    item_in,
    make_report_study,
    ratings,
    reports,
    written,
)
from tests.support.workers import wait_until, working

MAKERS = ("claude", "gemini", "gpt")
STAND_INS = {"claude": "claude-4-0", "gemini": "gemini-2.5-0", "gpt": "gpt-4o-0"}  # for the runs of the other two
ANNOTATORS = {0.2: "experts", 0.15: "skilled", 0.1: "crowd"}


@dataclass
class Bench:
    database: Database
    said: Said
    epsilon: float
    base_url: str = ""
    api_key: str = ""
    studies: dict[int, ReportStudy] = field(default_factory=dict)  # by the id of a dimension that it asks
    served: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    apart: list[str] = field(default_factory=list)

    def recorded(self, request: Mapping[str, Any]) -> str:
        """By the model that is asked, and by the dimensions that the schema of the request names."""
        keys = request["response_format"]["json_schema"]["schema"]["properties"]
        study = self.studies[int(next(iter(keys))[1:])]
        model = request["model"]
        self.served[model] += 1
        return written(study.reply(self.said[model], item_in(request)))


def measure(bench: Bench, maker: str, told: Mapping[str, str], dimensions: Sequence[str]) -> None:
    """One study: all recorded runs of one maker, held against the person and the stand-ins of the two others."""
    models = sorted(name for name in bench.said if name.startswith(maker))
    raters = (HUMAN, *(STAND_INS[other] for other in MAKERS if other != maker))
    who = f"the person of the data, and as stand-ins {' and '.join(raters[1:])}"
    print(f"\n{maker}: {', '.join(dimensions)} of {len(told)} reports; coders: {who}", flush=True)
    began = time.monotonic()
    with bench.database.transaction() as session:
        lead = makers.make_study(session)
        study = make_report_study(
            session, lead, bench.said, told, raters=raters, models=models, dimensions=dimensions
        )  # fmt: skip
        bench.studies |= {dimension.id: study for dimension in study.dimensions.values()}
    runs = asked(bench, study, models)
    wait_until(lambda: all(is_over(bench, run_id) for run_id in runs.values()), 1800)
    in_runs, began = time.monotonic() - began, time.monotonic()
    arms: dict[str, str] = {}
    for rater in raters:
        with bench.database.transaction() as session:
            arms = study.code(session, rater, bench.said)
    with bench.database.transaction() as session:
        makers.move_round(session, lead, session.get_one(Round, study.coding_round.id), "settling")
    print(f"  answered by {len(runs)} runs in {in_runs:.0f} s, coded in {time.monotonic() - began:.0f} s", flush=True)
    blind = [item for item, arm in arms.items() if arm == "blind"]
    for model, run_id in runs.items():
        compare(bench, study, model, run_id, blind)


def asked(bench: Bench, study: ReportStudy, models: Sequence[str]) -> dict[str, int]:
    """A run a model, each by an endpoint of its own. Coders are offered the first; the others are only measured."""
    runs = {}
    for model in models:
        with bench.database.transaction() as session:
            here = {"base_url": bench.base_url, "key": bench.api_key, "most_at_once": 8}
            endpoint = make_endpoint(session, study.lead, name=model, model=model, **here)  # type: ignore[arg-type]
            plan = RunPlan(model, endpoint.id, choice=Choice(which="all"), is_offered=model == models[0])
            coding_round = session.get_one(Round, study.coding_round.id)
            runs[model] = ask_for_suggestions(session, study.lead, coding_round, plan).id
    return runs


def is_over(bench: Bench, run_id: int) -> bool:
    with bench.database.reading() as session:
        run = session.get_one(SuggestionRun, run_id)
        assert run.state != "paused", run.problem
        return run.state == "done"


def compare(bench: Bench, study: ReportStudy, model: str, run_id: int, blind: Sequence[str]) -> None:
    with bench.database.reading() as session:
        coding_round, run = session.get_one(Round, study.coding_round.id), session.get_one(SuggestionRun, run_id)
        states = dict(counts_of(session, run))
        page = validity_page(session, study.lead, coding_round, run_id, ValidityAsked(ANNOTATORS[bench.epsilon]))
    found = page.validity
    assert found is not None
    everybody = len(study.incidents)
    if (found.incidents, found.done, found.sentence) != (everybody, everybody, ""):
        bench.apart.append(f"{model}: of {everybody} reports {found.done} are answered, {states}. {found.sentence}")
        return
    for dimension in study.dimensions.values():
        one = found.of(dimension.id)
        theirs, apart = study.differences(one, bench.said, model, blind, epsilon=bench.epsilon)
        if one.answered != everybody:
            apart.append(f"answered: {one.answered} of {everybody}")
        bench.compared += len(theirs)
        bench.apart += [f"{model}, {dimension.name}: {each}" for each in apart]
        test = one.test
        assert test is not None
        human = f"alpha, {HUMAN} and the model"
        print(
            f"  {model:13} {dimension.name:22} reports {everybody}: model alone {one.answered}, agreement "
            f"{theirs['alpha, people: n']}, test {test.items}, PPI++ {one.labelled} + {one.predicted}; "
            f"alpha coders {theirs['alpha, people: value']:.3f}, person and model {theirs[f'{human}: value']:.3f} "
            f"[{theirs[f'{human}: low']:.3f}, {theirs[f'{human}: high']:.3f}]; omega {test.lost}/{test.tested}, "
            f"rho {theirs['test, advantage: value']:.3f}; {len(theirs)} figures, {len(apart)} differ",
            flush=True,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epsilon", type=float, default=SKILLED, choices=list(ANNOTATORS))
    parser.add_argument("--workers", type=int, default=2)
    asked_for = parser.parse_args()
    if not FOLDER.exists():
        sys.exit("shared/data/cloud-reports is not there.")
    said = ratings()
    told = {cloud: reports(said, cloud) for cloud in CLOUDS}
    every = {item: text for of in told.values() for item, text in of.items()}
    models = [name for name in said if name != HUMAN]
    print(f"{len(every)} reports, 1 person, {len(models)} recorded runs, {sum(not t.strip() for t in every.values())} "
          "reports without words of their own")  # fmt: skip
    unasked = [item for item in said[HUMAN][CAUSE] if item not in said[models[0]][CAUSE]]
    coded = sum(bool(said[HUMAN][CAUSE][item]) for item in unasked)
    print(
        f"The person labelled the root cause of {coded} more of {len(unasked)} reports for which no run was asked it."
    )
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        own = make_database(make_url(url), "real_reports", migrated=True).render_as_string(hide_password=False)
        bench = Bench(Database.at(own), said, asked_for.epsilon)
        settings = {"secret_key": SECRET, "worker_concurrency": 3, "llm_most_at_once": 16}
        with OpenAIServer(otherwise=Says(bench.recorded)) as server, working(own, settings, how_many=asked_for.workers):
            bench.base_url, bench.api_key = server.base_url, server.api_key
            for maker in MAKERS:
                measure(bench, maker, every, (SERVICE, SYMPTOM))
                measure(bench, maker, told["azure"], (CAUSE,))
    expected = Counter({model: len(every) + len(told["azure"]) for model in models})
    if bench.served != expected:
        bench.apart.append(f"served {dict(bench.served)}, not {dict(expected)}")
    print(f"\nserved {bench.served.total():,} answers of {len(bench.served)} runs; compared {bench.compared:,} "
          f"figures; {len(bench.apart)} differ by more than 1e-9")  # fmt: skip
    print(*bench.apart[:40], sep="\n")
    sys.exit(1 if bench.apart else 0)


if __name__ == "__main__":
    main()
