"""The whole way: asked on the page, done by a worker, over HTTP, watched by a stream of a real server."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import URL

from app.accounts.actions import start_sign_in
from app.accounts.viewer import COOKIE
from app.adjudication.models import FinalCode
from app.db.session import Database
from app.jobs.running import run_waiting_jobs
from app.ledger.models import ModelCall
from app.settings import Settings
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.keeping import topic_of
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.web.push import notify
from app.worker import TASKS
from tests import makers
from tests.conftest import make_database
from tests.suggestions.conftest import Table, make_table
from tests.support.coding_replies import first_codes, invented_quote
from tests.support.openai_server import Broken, Busy, OpenAIServer, OutOfQuota, Says

CHECKOUT = Path(__file__).parents[2]
assert TASKS  # the tasks are known to the queue


@dataclass
class World:
    """A database of its own with one running round, committed."""

    database: Database
    url: str
    slug: str
    number: int
    round_id: int
    cookie: str
    table: Table

    @property
    def page(self) -> str:
        return f"/studies/{self.slug}/rounds/{self.number}/suggestions"

    def settings(self, server: OpenAIServer | None = None) -> Settings:
        model = {"llm_base_url": server.base_url, "llm_api_key": server.api_key, "llm_model": "small"} if server else {}
        return Settings(database_url=self.url, worker_concurrency=1, **model)

    def run(self) -> SuggestionRun:
        """The newest."""
        with self.database.reading() as session:
            newest = session.scalars(select(SuggestionRun).order_by(SuggestionRun.id.desc())).all()[0]
            session.expunge(newest)
            return newest


@pytest.fixture
def world(own_database: URL) -> Iterator[World]:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    yield world_in(database, url)
    database.dispose()


def world_in(database: Database, url: str) -> World:
    with database.transaction() as session:
        table = make_table(session, database)
        assert table.lead.person is not None
        cookie = start_sign_in(session, table.lead.person, user_agent="test", days=1)
        slug, coding_round = table.lead.study.slug, table.coding_round
        return World(database, url, slug, coding_round.number, coding_round.id, cookie, table)


def ask(world: World, *, model: str = "small") -> None:
    with world.database.transaction() as session:
        ask_for_suggestions(session, world.table.lead, session.merge(world.table.coding_round), model=model)


def run_until_it_rests(world: World, settings: Settings, seconds: float = 30) -> SuggestionRun:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        run_waiting_jobs(settings)
        run = world.run()
        if run.state != "running":
            return run
        time.sleep(0.2)
    raise AssertionError("the run did not rest")


def ledger(world: World) -> list[ModelCall]:
    with world.database.reading() as session:
        calls = list(session.scalars(select(ModelCall).order_by(ModelCall.id)))
        session.expunge_all()
        return calls


def test_busy_broken_malformed_and_valid_are_all_in_the_ledger(world: World) -> None:
    ask(world)
    moods = (Busy("0"), Broken(500), Says("Sorry, no JSON today"), Says(first_codes), Says(invented_quote))
    with OpenAIServer(*moods) as server:
        run = run_until_it_rests(world, world.settings(server))

    calls = ledger(world)
    assert run.state == "done"
    assert sorted(call.outcome for call in calls) == ["failed", "failed", "invalid", "valid", "valid"]
    assert len(server.taken) == 5
    for call in calls:
        sent = next(r for r in server.taken if r["messages"][1]["content"] in call.user_prompt)
        assert sent["messages"][0]["content"] == call.system_prompt
    answered = [call for call in calls if call.outcome != "failed"]
    assert all(call.model_answered == "small-2026-01-01" and call.input_tokens for call in answered)
    assert all(call.raw_answer for call in answered) and all(call.request_id for call in calls)
    with world.database.reading() as session:
        assert set(session.scalars(select(RunIncident.state))) == {"done"}
        statuses = {quote["status"] for one in session.scalars(select(Suggestion)) for quote in one.quotes}
        assert statuses == {"exact", "not_found"}
        left = session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"))
        assert left == 0


def test_without_quota_the_run_pauses_and_the_other_jobs_ask_nothing(world: World) -> None:
    ask(world)
    with OpenAIServer(OutOfQuota(), otherwise=Says(first_codes)) as server:
        run = run_until_it_rests(world, world.settings(server))

    assert run.state == "paused" and "quota" in run.problem
    assert len(ledger(world)) == 1


def test_a_mistake_of_ours_pauses_the_run_with_a_sentence(world: World) -> None:
    ask(world)
    with world.database.transaction() as session:
        session.execute(update(SuggestionRun).values(parameters={"max_completion_tokens": "many"}))
    with OpenAIServer(otherwise=Says(first_codes)) as server:
        run = run_until_it_rests(world, world.settings(server))

    assert run.state == "paused" and "A mistake in Tandem" in run.problem
    assert server.requests == [] and ledger(world) == []


def test_without_a_model_the_final_codes_of_similar_incidents_are_offered(world: World) -> None:
    table = world.table
    with world.database.transaction() as session:
        settled = makers.make_incidents(session, table.lead, 3)
        earlier = makers.make_round(session, table.lead, [table.ben], settled, phase="settling", coders_per_incident=1)
        running = makers.make_round(session, table.lead, [table.ben], settled[:1], coders_per_incident=1)
        for incident, code, coding_round in [
            (settled[0], table.network, earlier),
            (settled[1], table.network, earlier),
            (settled[2], table.config, running),
        ]:
            session.add(
                FinalCode(
                    study_id=table.lead.study.id, round_id=coding_round.id, incident_id=incident.id,
                    dimension_id=table.cause.id, state="coded", code_id=code.id, basis="single_coder", codebook_seq=1,
                )
            )  # fmt: skip
    ask(world, model="")
    environment = {**os.environ, "TANDEM_DATABASE_URL": world.url, "TANDEM_LLM_MODEL": ""}
    worker = subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], cwd=CHECKOUT, env=environment)
    try:
        deadline = time.monotonic() + 30
        while world.run().state != "done" and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)

    run = world.run()
    assert (run.state, run.source, run.model_member_id) == ("done", "similar_incidents", None)
    with world.database.reading() as session:
        offered = session.scalars(select(Suggestion)).all()
        session.expunge_all()
    assert {one.code_id for one in offered} == {table.network.id} and len(offered) == 2
    assert all("2 similar settled incidents have this code" in one.reasoning for one in offered)
    assert not any("INC-" in one.reasoning for one in offered)


def test_the_command_asks_and_stays_until_it_is_done(world: World) -> None:
    with OpenAIServer(otherwise=Says(first_codes)) as server:
        done = suggest(world, server, "--limit", "1")
        again = suggest(world, server, "--round", "9")

    assert done.returncode == 0, done.stderr
    assert "Asking small at 127.0.0.1" in done.stderr and "1 of 1 done" in done.stderr and done.stdout == ""
    assert again.returncode == 1 and "no round" in again.stderr


def test_the_command_ends_with_1_and_the_sentence_when_the_run_pauses(world: World) -> None:
    with OpenAIServer(otherwise=OutOfQuota()) as server:
        ended = suggest(world, server)

    assert ended.returncode == 1 and "no quota left" in ended.stderr


def suggest(world: World, server: OpenAIServer, *more: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "TANDEM_DATABASE_URL": world.url,
        "TANDEM_LLM_BASE_URL": server.base_url,
        "TANDEM_LLM_API_KEY": server.api_key,
        "TANDEM_LLM_MODEL": "small",
    }
    command = [sys.executable, "-m", "app.cli", "suggest", world.slug, "--round", str(world.number), *more]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)


class Served:
    """`uvicorn` in a process of its own, on the test's database."""

    def __init__(self, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        environment = {**os.environ, "TANDEM_DATABASE_URL": url}
        command = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, env=environment)
        self.url = url
        self.base = f"http://127.0.0.1:{self.port}"
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 90
        while True:
            try:
                httpx2.get(f"{self.base}/sign-in", timeout=5)
                return
            except httpx2.HTTPError:
                assert time.monotonic() < deadline and self.process.poll() is None
                time.sleep(0.1)


class Stream:
    """Reads the events of a stream in the background."""

    def __init__(self, served: Served, world: World) -> None:
        self.events: list[str] = []
        self.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        self.connection.request("GET", f"{world.page}/progress", headers={"Cookie": f"{COOKIE}={world.cookie}"})
        self.answer = self.connection.getresponse()
        self.whole = ""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for line in self.answer:
                self.whole += line.decode()
                if line.startswith(b"event: "):
                    self.events.append(line.decode().removeprefix("event: ").strip())
        except (OSError, http.client.HTTPException):
            pass

    def wait_for(self, wanted: str, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while wanted not in self.events:
            assert time.monotonic() < deadline, self.whole
            time.sleep(0.05)

    def ends(self, seconds: float = 15) -> bool:
        self.thread.join(seconds)
        return not self.thread.is_alive()


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    made = Served(world.url)
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture(scope="module")
def kept(server_url: URL, template_url: URL) -> Iterator[Served]:
    """For those that leave the server as it was: each brings a study of its own."""
    url = make_database(server_url, "own_streams", template="tandem_template").render_as_string(hide_password=False)
    made = Served(url)
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture
def watched(kept: Served) -> Iterator[World]:
    database = Database.at(kept.url)
    yield world_in(database, kept.url)
    database.dispose()


def hint(world: World) -> None:
    with world.database.transaction() as session:
        notify(session, topic_of(world.round_id))


def test_promise_2_and_3_a_stream_says_that_something_changed_and_nothing_else(watched: World, kept: Served) -> None:
    ask(watched)
    stream = Stream(kept, watched)
    assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
    stream.wait_for("progress")
    with OpenAIServer(otherwise=Says(first_codes)) as server:
        run_until_it_rests(watched, watched.settings(server))

    stream.wait_for("ended")
    assert stream.ends()
    assert {line for line in stream.whole.split("\n") if line} <= {
        ": open", ": still here", "event: progress", "event: ended", "data: ",
    }  # fmt: skip


def test_a_stream_ends_at_sign_out(watched: World, kept: Served) -> None:
    ask(watched)
    stream = Stream(kept, watched)
    stream.wait_for("progress")
    httpx2.post(f"{kept.base}/sign-out", cookies={COOKIE: watched.cookie})

    assert stream.ends()
    assert stream.events[-1] == "ended"


def test_a_stream_ends_when_the_round_goes_on_to_its_next_phase(watched: World, kept: Served) -> None:
    ask(watched)
    stream = Stream(kept, watched)
    stream.wait_for("progress")
    with watched.database.transaction() as session:
        makers.move_round(session, watched.table.lead, session.merge(watched.table.coding_round), "settling")

    assert stream.ends()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_do_not_hold_up_the_shutdown(world: World, served: Served, how: signal.Signals) -> None:
    ask(world)
    streams = [Stream(served, world) for _ in range(2)]
    for stream in streams:
        stream.wait_for("progress")
    began = time.monotonic()
    served.process.send_signal(how)
    served.process.wait(10)

    assert time.monotonic() - began < 5
    assert all(stream.ends(5) and "ended" not in stream.events for stream in streams)


def test_streams_hold_no_pooled_connection(watched: World, kept: Served) -> None:
    """More streams than the pool has connections, and pages still come at once."""
    ask(watched)
    streams = [Stream(kept, watched) for _ in range(20)]
    for stream in streams:
        stream.wait_for("progress")
    hint(watched)
    answer = httpx2.get(f"{kept.base}{watched.page}", cookies={COOKIE: watched.cookie}, timeout=10)
    assert answer.status_code == 200

    with watched.database.reading() as session:
        listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        assert session.scalar(text(listening)) == 1
    assert not any("ended" in stream.events for stream in streams)
