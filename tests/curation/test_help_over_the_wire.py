"""The whole way: a job of the queue, over HTTP, at endpoints with moods, and under a cap with many workers at once."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
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
from app.ledger.endpoint_actions import retire_endpoint
from app.ledger.models import ModelCall
from app.llm.openai_model import OpenAIModel
from app.settings import Settings
from app.studies.models import Study
from app.studies.viewer import Viewer
from app.suggestions.attempts import TryAgainLater
from app.suggestions.sources import SERVER, Source
from app.worker import TASKS
from tests import makers
from tests.curation.help_world import World, make_world
from tests.support.endpoints import make_endpoint, settings_with
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

    def ask(self, kind: str, source: Source | None = None) -> int:
        with self.database.transaction() as session:
            return ask(session, self.world.lead, self.world.cause.id, kind, source)

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


def ask(session: Any, lead: Viewer, dimension_id: int, kind: str, source: Source | None = None) -> int:
    chosen = of_dimension(session, lead.study.id, dimension_id, kind)
    seen = leaves(session, lead.study.id, chosen).fingerprint
    return actions.ask(session, lead, chosen, source or Source(SERVER, "", "small"), seen=seen).id


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


def entered(site: Site, server: OpenAIServer, **more: Any) -> Source:
    """A model of the study at this server, whose key is sealed, and which costs a dollar a million tokens."""
    priced = {"input_price": Decimal(1), "output_price": Decimal(1), "key": server.api_key}
    with site.database.transaction() as session:
        lead, plan = site.world.lead, {**priced, **more}
        found = make_endpoint(session, lead, base_url=server.base_url, model="theirs", **plan)
        session.expunge(found)
    return Source(str(found.id), found.name, found.model, found.base_url, found)


def of_study(site: Site, **rules: Any) -> None:
    with site.database.transaction() as session:
        session.execute(update(Study).where(Study.id == site.world.lead.study.id).values(**rules))


def test_a_model_of_the_study_is_asked_with_its_own_key_and_prices(site: Site) -> None:
    """The settings of the server name no model at all."""
    with OpenAIServer(otherwise=Says(first_group)) as server:
        help_id = site.ask("near_duplicates", entered(site, server))
        row = until_it_rests(site, help_id, settings_with(database_url=site.url, worker_concurrency=1))
    (call,) = site.ledger()
    assert row.state == "done" and (call.endpoint_id, call.model_asked) == (row.endpoint_id, "theirs")
    assert call.endpoint_id is not None and call.address == server.base_url
    assert call.cost_usd == Decimal((call.input_tokens or 0) + (call.output_tokens or 0)) / 10**6


def test_promise_10_its_dollars_count_towards_the_cap_of_the_study(site: Site) -> None:
    of_study(site, cost_cap_usd=Decimal("0.001"))
    with OpenAIServer(otherwise=Says(first_group)) as server:
        help_id = site.ask("near_duplicates", entered(site, server))
        row = until_it_rests(site, help_id, settings_with(database_url=site.url, worker_concurrency=1))
    assert row.state == "failed" and "cap of $0.00 is reached" in row.problem and not server.taken
    with OpenAIServer(otherwise=Says(first_group)) as server:
        unpriced = entered(site, server, name="Unpriced", input_price=None, output_price=None)
        row = until_it_rests(
            site, site.ask("categories", unpriced), settings_with(database_url=site.url, worker_concurrency=1)
        )
    assert row.state == "failed" and "what this model costs is not known" in row.problem and not server.taken


def test_a_model_that_was_retired_or_whose_key_is_sealed_by_another_says_so(site: Site) -> None:
    with OpenAIServer(otherwise=Says(first_group)) as server:
        source = entered(site, server)
        sealed = site.ask("near_duplicates", source)
        other = settings_with("another secret that is long enough", database_url=site.url, worker_concurrency=1)
        assert "TANDEM_SECRET_KEY is not what it was" in until_it_rests(site, sealed, other).problem
        retired = site.ask("categories", source)
        with site.database.transaction() as session:
            retire_endpoint(session, site.world.lead, source.endpoint_id or 0)
        row = until_it_rests(site, retired, settings_with(database_url=site.url, worker_concurrency=1))
    assert "was retired" in row.problem and not server.taken
