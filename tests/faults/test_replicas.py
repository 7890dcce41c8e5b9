"""Two servers and two workers on one Postgres: none of them keeps anything of its own."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psycopg
import pytest
from sqlalchemy.engine import URL

from tests.support.coders import PASSWORD, CodersAtWork, SavedAct
from tests.support.coding_replies import first_codes
from tests.support.openai_server import Behaviour, Body, OpenAIServer, Response, Says, Slow
from tests.support.replicas import Replica, Watching, replicas, worker
from tests.support.seats import Seats, take_seats
from tests.support.whole_acts import half_acts, missing_acts

PATIENCE_SECONDS = 60
FILE = "id,title,body\n" + "".join(f"N-{n},Outage {n},Requests failed {n} minutes after the push.\n" for n in (1, 2, 3))


@dataclass
class Together:
    """How many calls it answers at the same time, at most."""

    then: Behaviour
    most: int = 0
    now: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Body) -> Response:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.then.respond(request)
        finally:
            with self.lock:
                self.now -= 1


@dataclass
class World:
    url: str
    seats: Seats
    settings: Mapping[str, str]
    model: OpenAIServer
    calls: Together
    one: Replica
    two: Replica

    def signed_in(self, replica: Replica) -> httpx2.Client:
        """The lead, as a browser at this replica."""
        browser = httpx2.Client(base_url=replica.address, timeout=30)
        answer = browser.post("/sign-in", data={"email": self.seats.lead, "password": PASSWORD})
        assert answer.status_code == 303
        return browser

    def at(self, replica: Replica, browser: httpx2.Client) -> httpx2.Client:
        """The same browser, sent to another replica by the load balancer."""
        return httpx2.Client(base_url=replica.address, timeout=30, cookies=dict(browser.cookies))

    @property
    def suggestions(self) -> str:
        return f"/studies/{self.seats.slug}/rounds/{self.seats.number}/suggestions"

    def count(self, question: str) -> int:
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            row = connection.execute(question).fetchone()
        assert row is not None
        return int(row[0])

    def done_runs(self) -> int:
        return self.count("SELECT count(*) FROM suggestion_runs WHERE state = 'done'")


@pytest.fixture
def world(own_database: URL, tmp_path: Path) -> Iterator[World]:
    url = own_database.render_as_string(hide_password=False)
    seats = take_seats(url, "shared", coders=4, incidents=8)
    calls = Together(Slow(1.0, Says(first_codes)))
    with OpenAIServer(otherwise=calls) as model:
        settings = {
            "TANDEM_DATABASE_URL": url,
            "TANDEM_LLM_BASE_URL": model.base_url,
            "TANDEM_LLM_API_KEY": model.api_key,
            "TANDEM_LLM_MODEL": "small",
            "TANDEM_WORKER_CONCURRENCY": "1",
            "TANDEM_STALLED_JOB_SECONDS": "4",
            "TANDEM_STALLED_JOB_CHECK_SECONDS": "1",
        }
        with replicas(tmp_path, settings) as (one, two):
            yield World(url, seats, settings, model, calls, one, two)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_sign_in_on_one_holds_on_the_other_and_so_does_a_sign_out(world: World) -> None:
    here = world.signed_in(world.one)
    there = world.at(world.two, here)
    home = f"/studies/{world.seats.slug}/"
    assert (here.get(home).status_code, there.get(home).status_code) == (200, 200)
    assert there.post("/sign-out").status_code == 303
    assert here.get(home).headers["location"].startswith("/sign-in")


def test_an_import_begun_on_one_is_mapped_and_imported_on_the_other(world: World) -> None:
    here = world.signed_in(world.one)
    there = world.at(world.two, here)
    home = f"/studies/{world.seats.slug}"
    address = here.post(f"{home}/imports", files={"file": ("more.csv", FILE.encode())}).headers["location"]
    assert "Which column is what?" in there.get(address).text
    assert there.post(f"{address}/mapping", data={"becomes-1": "title"}).status_code == 200
    assert there.post(f"{address}/rows").status_code == 303
    assert "3 incidents added" in here.get(address).text
    assert here.post(f"{address}/rows").status_code == 409
    assert "Outage 3" in here.get(f"{home}/incidents").text


def test_the_progress_of_a_run_that_two_workers_share_shows_on_both(world: World) -> None:
    here = world.signed_in(world.one)
    there = world.at(world.two, here)
    cookie = "; ".join(f"{name}={value}" for name, value in here.cookies.items())
    assert here.post(world.suggestions, data={}).status_code == 303
    streams = [Watching(each.address, f"{world.suggestions}/progress", cookie) for each in (world.one, world.two)]
    with worker(world.settings), worker(world.settings):
        wait_until(lambda: world.done_runs() == 1)
        for stream in streams:
            wait_until(lambda stream=stream: stream.events.count("progress") >= 4)
    assert world.calls.most == 2
    assert len(world.model.taken) == 8
    assert here.get(world.suggestions).text.count("8 of 8") == there.get(world.suggestions).text.count("8 of 8") >= 1


def test_what_a_killed_worker_was_asking_is_taken_up_by_the_other(world: World) -> None:
    assert world.signed_in(world.one).post(world.suggestions, data={}).status_code == 303
    with worker(world.settings) as killed:
        wait_until(lambda: world.calls.now == 1)
        killed.kill()
        killed.wait()
        assert world.count("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 1
        with worker(world.settings):
            wait_until(lambda: world.done_runs() == 1)
            at_work = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            wait_until(lambda: world.count(at_work) == 0)
    assert world.count("SELECT count(*) FROM run_incidents WHERE state = 'done'") == 8
    assert world.count("SELECT count(*) FROM model_calls WHERE outcome = 'valid'") == 8
    assert world.count("SELECT count(*) FROM model_calls WHERE outcome = 'lost'") == 1
    assert len(world.model.taken) == 9  # the reply that the killed worker did not live to hear was asked for again


def test_promise_5_a_rolling_restart_loses_nothing_and_answers_what_it_accepted(world: World) -> None:
    seats = world.seats
    coders = CodersAtWork(seats.coders([world.one.address, world.two.address]))
    coders.start()
    for replica in (world.one, world.two, world.one, world.two):
        saved = len(coders.saved())
        wait_until(lambda saved=saved: len(coders.saved()) >= saved + 20)
        replica.stop()
        saved = len(coders.saved())
        wait_until(lambda saved=saved: len(coders.saved()) >= saved + 20)  # with the other alone
        replica.start()
    coders.stop()
    assert coders.problems == []
    assert not [why for why in coders.failures() if why[0].isdigit()]  # nobody got an error for an answer
    acts = {act.act_id: act for act in coders.saved()}
    assert missing_acts(world.url, seats.study_id, acts) == []
    assert half_acts(world.url, seats.study_id, seats.takes_one) == []
    assert done_unanswered(world, acts) == []


def done_unanswered(world: World, acts: Mapping[str, SavedAct]) -> list[str]:
    """Acts that were saved by an attempt that got no answer: the attempt that was answered was sent later."""
    with psycopg.connect(world.url.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT act_id::text, extract(epoch FROM at) FROM acts").fetchall()
    return [act_id for act_id, at in rows if act_id not in acts or float(at) < acts[act_id].sent_at]
