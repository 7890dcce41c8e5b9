"""A run against a server that misbehaves in every way, by workers that are killed: it ends, and the ledger is right."""

import os
import signal
from collections import Counter

from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from app.db.session import Database
from app.ledger.budget import spending
from app.ledger.models import CallUnderWay, ModelCall
from app.studies.models import Study
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.models import CAME_TO_NOTHING, RunIncident, Suggestion, SuggestionRun
from app.suggestions.queries import counts_of, spent_of
from app.suggestions.steering import resume_run
from tests import makers
from tests.suggestions.conftest import Table, make_table
from tests.support.coding_replies import first_codes
from tests.support.moody import Moody
from tests.support.openai_server import OpenAIServer, Says, Slow
from tests.support.workers import started, wait_until, working

INCIDENTS = int(os.environ.get("TANDEM_TEST_INCIDENTS", "1000"))
CAP = 10**9


class Site:
    """A running run, committed, on a database of its own."""

    def __init__(self, url: URL, incidents: int) -> None:
        self.url = url.render_as_string(hide_password=False)
        self.database = Database.at(self.url)
        with self.database.transaction() as session:
            self.table: Table = make_table(session, self.database)
            made = makers.make_incidents(session, self.table.lead, incidents)
            self.coding_round = makers.make_round(
                session, self.table.lead, [self.table.ada], made, name="Many", arm="on_request"
            )
            session.execute(update(Study).where(Study.id == self.table.lead.study.id).values(token_cap=CAP))
            run = ask_for_suggestions(session, self.table.lead, self.coding_round, model="small")
            self.run_id = run.id

    def run(self) -> SuggestionRun:
        with self.database.reading() as session:
            run = session.get_one(SuggestionRun, self.run_id)
            session.expunge(run)
            return run

    def done(self) -> int:
        with self.database.reading() as session:
            return counts_of(session, session.get_one(SuggestionRun, self.run_id))["done"]

    def resume(self) -> None:
        with self.database.transaction() as session:
            resume_run(session, self.table.lead, session.merge(self.coding_round), self.run_id)

    def rests_or_resumes(self) -> bool:
        run = self.run()
        if run.state == "paused":
            assert "quota" in run.problem, run.problem
            self.resume()
        return run.state == "done"

    def calls(self) -> list[ModelCall]:
        with self.database.reading() as session:
            calls = list(session.scalars(select(ModelCall).order_by(ModelCall.id)))
            session.expunge_all()
            return calls


def settings_for(server: OpenAIServer, **more: object) -> dict[str, object]:
    model = {"llm_base_url": server.base_url, "llm_api_key": server.api_key, "llm_model": "small"}
    return {**model, "llm_first_wait_seconds": 0.1, "llm_most_at_once": 8, "worker_concurrency": 4, **more}


def check_accounts(site: Site) -> None:
    """The account says what the ledger adds up to, and nothing is under way or reserved any more."""
    calls = site.calls()
    with site.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CallUnderWay)) == 0
        found = spending(session, site.table.lead.study.id)
        spent = spent_of(session, session.get_one(SuggestionRun, site.run_id))
    assert found.reserved == 0 and found.spent <= CAP
    assert found.told == sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in calls)
    assert (spent.calls, spent.lost) == (len(calls), sum(call.outcome == "lost" for call in calls))


def check_nothing_is_paid_twice(calls: list[ModelCall]) -> None:
    answered: Counter[int | None] = Counter()
    for call in calls:
        assert not answered[call.subject_id], "asked again though its answer was stored"
        answered[call.subject_id] += call.outcome == "valid"


def test_a_thousand_incidents_come_through_whatever_the_endpoint_does(own_database: URL) -> None:
    site, moody = Site(own_database, INCIDENTS), Moody(seed=7, slow_seconds=4.0, quota_at=INCIDENTS // 2)
    with OpenAIServer(otherwise=moody, refused_parameters=["store"]) as server:
        with working(site.url, settings_for(server, llm_timeout_seconds=3), how_many=2):
            wait_until(site.rests_or_resumes, 400)
        requests = len(server.requests)

    with site.database.reading() as session:
        states = Counter(session.scalars(select(RunIncident.state)))
        suggested = set(session.scalars(select(Suggestion.incident_id)))
    assert set(states) <= {"done", *CAME_TO_NOTHING} and sum(states.values()) == INCIDENTS
    assert len(suggested) == states["done"] > INCIDENTS / 2
    assert {"refused", "filtered", "cut"} <= set(states) and set(moody.moods) >= {"out_of_quota", "garbled", "slow"}
    calls = site.calls()
    check_nothing_is_paid_twice(calls)
    check_accounts(site)
    assert sum(call.requests for call in calls) == requests
    assert len(calls) == moody.count
    told = {call.request_id: (call.input_tokens, call.output_tokens) for call in calls if call.input_tokens is not None}
    assert told == {key: moody.told[key] for key in told} and len(told) >= len(moody.told) - moody.moods["slow"]
    print(dict(states), dict(moody.moods))
    site.database.dispose()


def test_killed_workers_lose_nothing_and_what_is_repeated_because_of_it_is_counted(own_database: URL) -> None:
    site = Site(own_database, 60)
    with OpenAIServer(otherwise=Slow(0.3, Says(first_codes))) as server:
        settings = settings_for(server, stalled_job_seconds=2, stalled_job_check_seconds=0.5)
        with working(site.url, settings, how_many=2) as workers:
            for killed in range(3):
                wait_until(lambda killed=killed: site.done() > 8 * killed, 90)
                workers[0].send_signal(signal.SIGKILL)
                workers[0].wait()
                workers[0] = started(site.url, settings)
            wait_until(lambda: site.run().state == "done", 120)
        sent = [request["messages"][1]["content"] for request in server.requests]

    calls = site.calls()
    lost = [call for call in calls if call.outcome == "lost"]
    assert site.done() == 60 and sum(call.outcome == "valid" for call in calls) == 60
    assert len(calls) == 60 + len(lost)
    written = {call.user_prompt: call.outcome for call in calls}
    assert len(set(sent)) == len(sent) and set(sent) <= set(written)  # each that arrived is in the ledger, once
    assert {written[prompt] for prompt in set(written) - set(sent)} <= {"lost"}  # killed before it left
    check_nothing_is_paid_twice(calls)
    check_accounts(site)
    print(f"{len(sent)} requests, {len(calls)} calls, {len(lost)} lost")
    site.database.dispose()


def test_an_endpoint_gets_no_more_at_once_than_it_takes(own_database: URL) -> None:
    site, most = Site(own_database, 16), [0, 0]

    def counted(request: object) -> dict[str, object]:
        most[0] += 1
        most[1] = max(most[1], most[0])
        Slow(0.1, Says({})).respond({"messages": [], "model": ""})
        most[0] -= 1
        return first_codes(request)  # type: ignore[arg-type]

    server = OpenAIServer(otherwise=Says(counted))
    with server, working(site.url, settings_for(server, llm_most_at_once=2), how_many=2):
        wait_until(lambda: site.run().state == "done", 90)
    assert most[1] == 2
    site.database.dispose()
