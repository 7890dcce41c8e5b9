"""The whole way: a job of the queue, over HTTP, at endpoints with moods, and under a cap with many workers at once."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import URL

from app.curation import help_actions as actions
from app.curation.help_asking import give_help
from app.curation.help_material import leaves, of_dimension
from app.curation.help_models import CodebookHelp
from app.db.session import Database
from app.jobs.running import run_waiting_jobs
from app.ledger import budget
from app.ledger.models import ModelCall
from app.llm.openai_model import OpenAIModel
from app.settings import Settings
from app.studies.models import Study
from app.studies.viewer import Viewer
from app.suggestions.attempts import TryAgainLater
from app.worker import TASKS
from tests import makers
from tests.curation.help_world import World, make_world
from tests.support.openai_server import Broken, Busy, OpenAIServer, OutOfQuota, Response, Says, completion

assert TASKS  # the tasks are known to the queue


@dataclass
class Site:
    database: Database
    url: str
    world: World

    def settings(self, server: OpenAIServer) -> Settings:
        model = {"llm_base_url": server.base_url, "llm_api_key": server.api_key, "llm_model": "small"}
        return Settings(database_url=self.url, worker_concurrency=1, **model)

    def ask(self, kind: str) -> int:
        with self.database.transaction() as session:
            return ask(session, self.world.lead, self.world.cause.id, kind)

    def row(self, help_id: int) -> CodebookHelp:
        with self.database.reading() as session:
            found = session.get_one(CodebookHelp, help_id)
            session.expunge(found)
            return found

    def ledger(self) -> list[ModelCall]:
        with self.database.reading() as session:
            calls = list(session.scalars(select(ModelCall).order_by(ModelCall.id)))
            session.expunge_all()
            return calls


def ask(session: Any, lead: Viewer, dimension_id: int, kind: str) -> int:
    chosen = of_dimension(session, lead.study.id, dimension_id, kind)
    seen = leaves(session, lead.study.id, chosen).fingerprint
    return actions.ask(session, lead, chosen, model="small", seen=seen).id


@pytest.fixture
def site(own_database: URL) -> Iterator[Site]:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    with database.transaction() as session:
        world = make_world(session, database)
    yield Site(database, url, world)
    database.dispose()


def until_it_rests(site: Site, help_id: int, settings: Settings) -> CodebookHelp:
    for _ in range(20):
        run_waiting_jobs(settings)
        row = site.row(help_id)
        if row.state != "waiting":
            return row
        with site.database.transaction() as session:  # what is put off is due now
            session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    raise AssertionError("it did not rest")


def first_group(request: Mapping[str, Any]) -> dict[str, Any]:
    """What an endpoint that enforces the schema would say."""
    groups = request["response_format"]["json_schema"]["schema"]["properties"]["groups"]
    keys = groups["items"]["properties"]["codes"]["items"]["enum"]
    return {"groups": [{"codes": keys[:2], "reason": "They mean the same.", "keep": keys[1]}]}


def test_busy_broken_malformed_and_valid_are_all_in_the_ledger(site: Site) -> None:
    help_id = site.ask("near_duplicates")
    with OpenAIServer(Busy("0"), Broken(500), Says("Sorry, no JSON today"), Says(first_group)) as server:
        row = until_it_rests(site, help_id, site.settings(server))

    calls = site.ledger()
    assert (row.state, row.model_call_id) == ("done", calls[-1].id)
    assert [call.outcome for call in calls] == ["failed", "failed", "invalid", "valid"]
    assert [call.attempt for call in calls] == [1, 2, 3, 4] and len(server.taken) == 4
    for call, sent in zip(calls, server.taken, strict=True):
        assert sent["messages"][0]["content"] == call.system_prompt
        assert sent["messages"][1]["content"] in call.user_prompt
    assert calls[-1].model_answered == "small-2026-01-01" and calls[-1].input_tokens and calls[-1].request_id
    assert row.proposal is not None
    codes = site.world.codes
    assert row.proposal["items"][0] | {"reason": ""} == {
        "code_ids": [codes[0].id, codes[1].id], "keep_id": codes[1].id, "reason": "",
    }  # fmt: skip


def test_a_reply_that_stays_malformed_is_kept_and_nothing_proposed(site: Site) -> None:
    help_id = site.ask("categories")
    with OpenAIServer(otherwise=Says('{"categories": "none"}')) as server:
        row = until_it_rests(site, help_id, site.settings(server))
    assert (row.state, row.proposal) == ("failed", None) and "could not be read" in row.problem
    assert [(call.outcome, call.raw_answer) for call in site.ledger()] == [("invalid", '{"categories": "none"}')] * 2


def test_without_quota_it_ends_and_says_so(site: Site) -> None:
    help_id = site.ask("categories")
    with OpenAIServer(OutOfQuota()) as server:
        row = until_it_rests(site, help_id, site.settings(server))
    assert row.state == "failed" and "quota" in row.problem and len(site.ledger()) == 1


@dataclass
class Greedy:
    """Counts as much as an endpoint possibly can, and keeps the sum."""

    tokens: int = 0
    lock: Lock = field(default_factory=Lock)

    def respond(self, request: Mapping[str, Any]) -> Response:
        answer = completion(request, json.dumps(first_group(request)))
        assert not isinstance(answer.body, str)
        told = {
            "prompt_tokens": len(json.dumps(request["messages"], ensure_ascii=False).encode()),
            "completion_tokens": request["max_completion_tokens"],
        }
        with self.lock:
            self.tokens += sum(told.values())
        return Response(200, {**answer.body, "usage": {**told, "total_tokens": sum(told.values())}})


def worked(site: Site, model: OpenAIModel, help_id: int) -> None:
    for _ in range(200):
        try:
            give_help(site.database, model, study_id=site.world.lead.study.id, help_id=help_id)
        except TryAgainLater:
            continue
        return


@pytest.mark.parametrize("calls_that_fit", [0, 2, 5])
def test_promise_10_eight_askings_at_once_do_not_pass_the_cap(site: Site, calls_that_fit: int) -> None:
    greedy, world = Greedy(), site.world
    with site.database.transaction() as session:
        session.execute(update(Study).where(Study.id == world.lead.study.id).values(token_cap=10**9))
        help_ids = []
        for number in range(9):
            dimension = makers.make_dimension(session, world.lead, f"Question {number}")
            for name in ("One", "Other"):
                makers.make_code(session, world.lead, dimension, name)
            help_ids.append(ask(session, world.lead, dimension.id, "near_duplicates"))
    with OpenAIServer(otherwise=greedy) as server:
        model = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small")
        worked(site, model, help_ids[0])
        one = greedy.tokens
        cap = one + calls_that_fit * (one + 2_000)  # a reservation is a little more than the dearest call
        with site.database.transaction() as session:
            session.execute(update(Study).where(Study.id == world.lead.study.id).values(token_cap=cap))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda help_id: worked(site, model, help_id), help_ids[1:]))

    assert one and greedy.tokens <= cap
    rows = [site.row(help_id) for help_id in help_ids]
    assert sum(row.state == "done" for row in rows) == len(server.taken) >= 1 + calls_that_fit
    refused = [row for row in rows if row.state == "failed"]
    assert refused and all(f"cap of {cap:,} tokens is reached" in row.problem for row in refused)
    with site.database.reading() as session:
        found = budget.spending(session, world.lead.study.id)
    assert (found.told, found.reserved, found.untold) == (greedy.tokens, 0, 0)
