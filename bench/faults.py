"""What a kill costs: `python -m bench.faults --rounds 20 --acts 2000 --coders 4 --seed 1`.

Simulated coders save acts at a real Tandem with its embedded Postgres, and a lead asks a model for suggestions, while
server, worker and Postgres are killed (SIGKILL) at random moments. Promised: no acknowledged act is missing, no act is
half there, every job ends. Prints a table and, with --json, one JSON document. Exit 1 when the promise breaks.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from tests.support.coders import CodersAtWork, SimulatedCoder
from tests.support.coding_replies import first_codes
from tests.support.installation import PARTS, Installation
from tests.support.openai_server import OpenAIServer, Says, Slow
from tests.support.seats import Seats, take_seats
from tests.support.whole_acts import half_acts, missing_acts

INCIDENTS = 40
ASKINGS = 4  # of the model, in each round
MODEL_SECONDS = 0.5
JOBS_END_SECONDS = 120
STALLED = {"TANDEM_STALLED_JOB_SECONDS": "6", "TANDEM_STALLED_JOB_CHECK_SECONDS": "2"}
UNENDED = (
    "SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) "
    "+ (SELECT count(*) FROM run_incidents WHERE study_id = %(study)s AND state <> 'done') "
    "+ (SELECT count(*) FROM suggestion_runs WHERE study_id = %(study)s AND state <> 'done')"
)
ASKED = "SELECT count(*) FROM run_incidents WHERE study_id = %(study)s"
COLUMNS = ("round", "acts", "server", "worker", "postgres", "again", "missing", "half", "jobs", "unended", "seconds")


@dataclass(frozen=True)
class Plan:
    """acts: saved in each round. pause: the mean number of seconds between two kills."""

    rounds: int
    acts: int
    coders: int
    seed: int
    pause: float


@dataclass
class Round:
    """again: attempts that were not answered, or by an outage only. jobs: incidents that the model was asked about."""

    number: int
    seed: int
    acts: int = 0
    faults: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    again: int = 0
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    jobs: int = 0
    unended: int = 0
    problems: list[str] = field(default_factory=list)
    longest_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def is_kept(self) -> bool:
        return not (self.missing or self.half or self.unended or self.problems or self.errors)

    def row(self) -> tuple[object, ...]:
        faults = [self.faults[part] for part in PARTS]
        lost = (len(self.missing), len(self.half), self.jobs, self.unended)
        return (self.number, self.acts, *faults, self.again, *lost, round(self.seconds))


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    plan, file = _asked()
    done: list[Round] = []
    print("".join(f"{name:>9}" for name in COLUMNS), flush=True)

    def tell(latest: Round) -> None:
        done.append(latest)
        print("".join(f"{cell:>9}" for cell in latest.row()), flush=True)
        for wrong in (*latest.problems, *latest.errors[:5], *latest.missing[:5], *latest.half[:5]):
            print(f"    {wrong}", flush=True)
        if file is not None:
            file.write_text(_document(plan, done) + "\n")  # so far: a run of hours may be cut short

    with tempfile.TemporaryDirectory(prefix="tandem-faults-") as folder:
        fault_rounds(Path(folder), plan, tell)
    print(_document(plan, done) if file is None else json.dumps(_summary(plan, done)))
    return 0 if all(each.is_kept for each in done) else 1


def _summary(plan: Plan, rounds: list[Round]) -> dict[str, object]:
    return {
        "plan": asdict(plan),
        "rounds": len(rounds),
        "acts": sum(each.acts for each in rounds),
        "faults": {part: sum(each.faults[part] for each in rounds) for part in PARTS},
        "missing": sum(len(each.missing) for each in rounds),
        "half": sum(len(each.half) for each in rounds),
        "jobs": sum(each.jobs for each in rounds),
        "unended": sum(each.unended for each in rounds),
        "longest_seconds": max((each.longest_seconds for each in rounds), default=0.0),
        "is_kept": all(each.is_kept for each in rounds),
    }


def _document(plan: Plan, rounds: list[Round]) -> str:
    return json.dumps({**_summary(plan, rounds), "each": [asdict(each) for each in rounds]}, indent=2)


def fault_rounds(folder: Path, plan: Plan, tell: Callable[[Round], None]) -> list[Round]:
    """All on one installation, each round in a study of its own."""
    with OpenAIServer(otherwise=Slow(MODEL_SECONDS, Says(first_codes))) as model:
        named = {"TANDEM_LLM_BASE_URL": model.base_url, "TANDEM_LLM_API_KEY": model.api_key}
        tandem = Installation(folder, {**named, "TANDEM_LLM_MODEL": "small", **STALLED})
        done = []
        try:
            for number in range(1, plan.rounds + 1):
                done.append(fault_round(tandem, Round(number, plan.seed + number), plan))
                tell(done[-1])
        finally:
            tandem.stop()
    return done


def fault_round(tandem: Installation, result: Round, plan: Plan) -> Round:
    began = time.monotonic()
    chance = random.Random(result.seed)
    url = tandem.postgres.url()
    seats = take_seats(url, f"round-{result.number}", coders=plan.coders, incidents=INCIDENTS)
    at_work = CodersAtWork(seats.coders([tandem.address], seed=result.seed), acts=plan.acts)
    lead = seats.lead_at([tandem.address])
    lead.sign_in()
    at_work.start()
    asked = 0
    while at_work.are_at_work():
        asked = _ask_model(lead, seats, result, asked, len(at_work.saved()) * ASKINGS // plan.acts + 1)
        part = _next_part(result, chance)
        time.sleep(chance.uniform(0, 2 * plan.pause))
        if at_work.are_at_work() and tandem.kill(part):
            result.faults[part] += 1
    at_work.wait()
    _ask_model(lead, seats, result, asked, ASKINGS)  # coders may be faster than the pauses between kills
    _weigh(tandem, result, seats, at_work)
    result.seconds = time.monotonic() - began
    return result


def _ask_model(lead: SimulatedCoder, seats: Seats, result: Round, asked: int, due: int) -> int:
    """How often the lead has asked then: each time for as many incidents, spread over the acts of the round."""
    for _ in range(asked, min(due, ASKINGS)):
        limit = {"limit": str(INCIDENTS // ASKINGS)}
        answer = lead.ask("POST", f"/studies/{seats.slug}/rounds/{seats.number}/suggestions", limit)
        if answer.status != 303:
            result.problems.append(f"asking for suggestions: {answer.status} {answer.body[:200]}")
    return max(asked, min(due, ASKINGS))


def _next_part(result: Round, chance: random.Random) -> str:
    """At random among those that had the fewest so far."""
    fewest = min(result.faults[part] for part in PARTS)
    return chance.choice([part for part in PARTS if result.faults[part] == fewest])


def _weigh(tandem: Installation, result: Round, seats: Seats, at_work: CodersAtWork) -> None:
    saved = at_work.saved()
    result.acts = len(saved)
    result.again = len(at_work.failures())
    result.errors = [why for why in at_work.failures() if why.startswith("5") and not why.startswith("503")]
    result.problems = list(at_work.problems)
    result.longest_seconds = max((act.acknowledged_at - act.first_sent_at for act in saved), default=0.0)
    result.unended = _unended_jobs(tandem, seats)
    url = tandem.postgres.url()
    result.jobs = _count(url, ASKED, seats)
    result.missing = missing_acts(url, seats.study_id, [act.act_id for act in saved])
    result.half = half_acts(url, seats.study_id, set(seats.takes_one))


def _unended_jobs(tandem: Installation, seats: Seats) -> int:
    """How many there still are after all have had the time to end."""
    deadline = time.monotonic() + JOBS_END_SECONDS
    left = -1
    while time.monotonic() < deadline:
        try:
            left = _count(tandem.postgres.url(), UNENDED, seats)
        except psycopg.OperationalError:
            left = -1  # Postgres is on its way back
        if left == 0:
            return 0
        time.sleep(0.5)
    return abs(left)


def _count(url: str, question: str, seats: Seats) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(question, {"study": seats.study_id}).fetchone()
    assert row is not None
    return int(row[0])


def _asked() -> tuple[Plan, Path | None]:
    words = argparse.ArgumentParser(prog="python -m bench.faults", description=(__doc__ or "").partition("\n\n")[2])
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--acts", type=int, default=2000, help="saved in each round")
    words.add_argument("--coders", type=int, default=4)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--pause", type=float, default=6.0, help="mean seconds between two kills")
    words.add_argument("--json", type=Path, help="write the document there instead of printing it")
    asked = vars(words.parse_args())
    document = asked.pop("json")
    return Plan(**asked), document


if __name__ == "__main__":
    sys.exit(main())
