"""What Tandem costs beside the model: `python -m bench.suggesting --incidents 10000 --workers 2`.

A run against a local server that answers at once, in a process of its own, by workers as they really run, on the
embedded Postgres with durable commits. Tells incidents a second, the CPU that workers, server and database took for one
incident (the server of the model counted apart), and the memory of the first worker at 1,000, 5,000 and 10,000 done.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select

from app.db.session import Database
from app.ledger.models import ModelCall
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.models import SuggestionRun
from app.suggestions.queries import counts_of
from tests import makers
from tests.conftest import make_database
from tests.suggestions.conftest import make_table
from tests.support.coding_replies import first_codes
from tests.support.openai_server import OpenAIServer, Says
from tests.support.postgres import running_postgres
from tests.support.workers import working

MARKS = (1_000, 5_000, 10_000)
TARGET = 50.0  # incidents a second on two cores


def serve(pipe: Any) -> None:
    """Answers at once, and keeps nothing of what it was sent."""
    with OpenAIServer(otherwise=Says(first_codes)) as server:
        server.requests = server.taken = Forgetful()  # type: ignore[assignment]
        pipe.send((server.base_url, server.api_key))
        pipe.recv()


class Forgetful(list[Any]):
    def append(self, _: Any) -> None:
        """What is kept would grow with every request."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=3, help="of each worker")
    asked = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    base_url, api_key = here.recv()
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder) / "data") as url:
        from sqlalchemy.engine import make_url

        own = make_database(make_url(url), "suggesting", migrated=True).render_as_string(hide_password=False)
        settings = {
            "llm_base_url": base_url, "llm_api_key": api_key, "llm_model": "small", "llm_most_at_once": 16,
            "worker_concurrency": asked.threads,
        }  # fmt: skip
        print(json.dumps(measured(own, settings, asked.incidents, asked.workers, server.pid or 0), indent=2))
    here.send("enough")
    server.join(5)


def measured(url: str, settings: dict[str, Any], incidents: int, how_many: int, server_pid: int) -> dict[str, Any]:
    database = Database.at(url)
    run_id = made(database, incidents)
    memory: dict[str, float] = {}
    with working(url, settings, how_many=how_many) as workers:
        first = psutil.Process(workers[0].pid)
        while done(database, run_id) == 0:
            time.sleep(0.05)
        began, at_first, cpu, of_server = (
            time.monotonic(),
            done(database, run_id),
            cpu_of(workers),
            server_cpu(server_pid),
        )
        now_done = at_first
        while now_done < incidents:
            time.sleep(0.5)
            now_done = done(database, run_id)
            for mark in MARKS:
                if now_done >= mark:
                    memory.setdefault(f"{mark:,} done", round(first.memory_info().rss / 2**20, 1))
        seconds, asked = time.monotonic() - began, now_done - at_first
        spent, served = cpu_of(workers) - cpu, server_cpu(server_pid) - of_server
    lanes = how_many * int(settings["worker_concurrency"])
    return {
        "incidents a second": round(asked / seconds, 1),
        "target": TARGET,
        "ms an incident outside the model, in a lane": round(1000 * (seconds * lanes / asked - in_calls(database)), 1),
        "CPU ms an incident: workers": round(1000 * spent / asked, 2),
        "CPU ms an incident: the model's server": round(1000 * served / asked, 2),
        "RSS of a worker, MiB": memory,
        "load": psutil.getloadavg(),
    }


def made(database: Database, incidents: int) -> int:
    with database.transaction() as session:
        table = make_table(session, database)
        listed = makers.make_incidents(session, table.lead, incidents, text=makers.TEXT * 12)
        plan = {"name": "Many", "arm": "on_request"}
        coding_round = makers.make_round(session, table.lead, [table.ada], listed, **plan)
        started = time.monotonic()
        run = ask_for_suggestions(session, table.lead, coding_round, model="small")
        print(f"asked for {incidents:,} in {time.monotonic() - started:.2f} s")
        return run.id


def done(database: Database, run_id: int) -> int:
    with database.reading() as session:
        return counts_of(session, session.get_one(SuggestionRun, run_id))["done"]


def in_calls(database: Database) -> float:
    with database.reading() as session:
        return float(session.scalars(select(func.avg(ModelCall.seconds))).one() or 0)


def cpu_of(workers: list[Any]) -> float:
    times = [psutil.Process(worker.pid).cpu_times() for worker in workers]
    return sum(each.user + each.system for each in times)


def server_cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
