"""Promise 10: what leaves for a model is redacted when the study asks for it, can be seen before, and has a cap."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.db.session import Database
from app.ledger import budget
from app.ledger.models import ModelCall
from app.llm.openai_model import OpenAIModel
from app.llm.problems import ModelTooSlow
from app.methods.redaction import VERSION
from app.studies.models import Study, StudyEvent
from app.studies.settings_actions import ModelRules, rules_of, set_model_rules
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.attempts import TryAgainLater
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from tests import makers
from tests.suggestions.conftest import SAID, Table, make_table, words_of
from tests.support.coding_replies import first_codes
from tests.support.openai_server import OpenAIServer, Response, completion

SECRETS = ("hunter22", "ada@example.org", "10.1.2.3", "db-7.prod.internal", "Initech")
TEXT = (
    "Initech called: DB_PASSWORD=hunter22 was printed by db-7.prod.internal (10.1.2.3).\n"
    f"{SAID}, said ada@example.org. Then it was rolled back."
)


def rules(table: Table, *, redacts: bool = True, own_words: str = "Initech", token_cap: int | None = None) -> None:
    study = table.session.get_one(Study, table.lead.study.id)
    new = ModelRules(redacts, own_words, token_cap)
    set_model_rules(table.session, table.lead, new, seen=rules_of(study).fingerprint)


@pytest.fixture
def table(session: Session, database: Database) -> Table:
    return make_table(session, database, text=TEXT)


def everything_sent(table: Table) -> str:
    return "\n".join(words_of(question) for question in table.model.questions)


def test_promise_10_no_secret_leaves_when_the_study_asks_for_redaction(table: Table) -> None:
    makers.make_code(table.session, table.lead, table.cause, "Initech's pager", definition="Ask ada@example.org.")
    rules(table)
    run = table.ask()

    sent = everything_sent(table)
    assert run.redaction == VERSION and len(table.model.questions) == 2
    assert not [secret for secret in SECRETS if secret in sent]
    assert "DB_PASSWORD=<SECRET_" in sent and "rolled back" in sent and "s pager" in sent
    for call in table.calls():
        assert not [secret for secret in SECRETS if secret in call.user_prompt + call.system_prompt]


def test_promise_10_quotes_of_what_was_sent_stand_in_the_text_that_is_stored(table: Table) -> None:
    rules(table)
    table.ask(limit=1)
    [shown] = [line for line in table.model.questions[0].user.splitlines() if line.startswith("[1]")]
    quote = {"paragraph": 1, "text": shown.removeprefix("[1] ").split(" was printed")[0]}
    later = table.reply()
    later[f"d{table.cause.id}"]["quotes"] = [quote]
    table.ask(otherwise=later)

    found = [q for each in table.suggestions(table.incidents[1]) for q in each.quotes if q["start"] is not None]
    assert "Initech called: DB_PASSWORD=hunter22" in [q["quote"] for q in found]
    assert all(TEXT[q["start"] : q["end"]] == q["quote"] for q in found)


def test_promise_10_a_study_that_asks_for_redaction_later_is_heeded_at_once(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small")
    rules(table)
    table.model = type(table.model)(otherwise=table.reply(), name="small")
    table.work(run)

    assert run.redaction == "" and not [secret for secret in SECRETS if secret in everything_sent(table)]


def test_without_the_rule_texts_leave_as_they_are_stored(table: Table) -> None:
    table.ask(limit=1)
    assert all(secret in everything_sent(table) for secret in SECRETS)


def test_promise_10_the_lead_sees_exactly_what_would_leave(table: Table, client_for: Any) -> None:
    rules(table)
    address = f"/studies/{table.lead.study.slug}/settings/leaving"
    page = client_for(table.lead).get(f"{address}?incident={table.incidents[1].number}").text
    table.ask()

    call = table.calls()[1]
    mark = call.user_prompt.partition("<<<report ")[2][:16]
    shown = page.split('<pre class="prompt" tabindex="0">')[1].split("</pre>")[0]
    assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("0" * 16, mark) == call.user_prompt
    assert "hunter22" in page  # beside what is sent instead of it


def test_rules_are_the_leads_and_two_leads_do_not_overwrite_each_other(table: Table, client_for: Any) -> None:
    address = f"/studies/{table.lead.study.slug}/settings/leaving"
    lead = client_for(table.lead)
    seen = lead.get(address).text.split('name="seen" value="')[1].split('"')[0]
    form = {"seen": seen, "redacts": "yes", "own_words": " Initech \n\n Hooli", "cap": "5000"}
    form |= {"cost_cap": "12.50", "local_only": "yes"}

    assert client_for(table.ada).post(address, data=form).status_code == 403
    assert lead.post(address, data={**form, "cap": "many"}).status_code == 422
    assert lead.post(address, data={**form, "cap": "-1"}).status_code == 422
    for cost_cap in ("much", "-1", "1,50", "1e3", "NaN", "9999999"):
        refused = lead.post(address, data={**form, "cost_cap": cost_cap})
        assert refused.status_code == 422 and "A cap is dollars" in refused.text and 'value="5000"' in refused.text
    assert lead.post(address, data=form).status_code == 303
    assert lead.post(address, data={**form, "cap": ""}).status_code == 409
    study = table.session.get_one(Study, table.lead.study.id, populate_existing=True)
    assert rules_of(study) == ModelRules(True, "Initech\nHooli", 5000, Decimal("12.5"), True)
    assert lead.post(address, data={**form, "seen": rules_of(study).fingerprint}).status_code == 303, "12.5 is 12.50"
    settings = lead.get(address.removesuffix("/leaving")).text
    assert "At most $12.50 may be spent." in settings and "local models only" in settings
    kinds = table.session.scalars(select(StudyEvent.kind).where(StudyEvent.study_id == study.id)).all()
    assert kinds.count("study.model_rules") == 1


@dataclass
class Greedy:
    """Counts as much as an endpoint possibly can, and keeps the sum."""

    tokens: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Mapping[str, Any]) -> Response:
        answer = completion(request, json.dumps(first_codes(request)))
        assert not isinstance(answer.body, str)
        told = {
            "prompt_tokens": len(json.dumps(request["messages"], ensure_ascii=False).encode()),
            "completion_tokens": request["max_completion_tokens"],
        }
        with self.lock:
            self.tokens += sum(told.values())
        return Response(200, {**answer.body, "usage": {**told, "total_tokens": sum(told.values())}})


def worked(database: Database, model: OpenAIModel, run: SuggestionRun, incident_id: int) -> str:
    for _ in range(200):
        try:
            suggest_for_incident(database, model, study_id=run.study_id, run_id=run.id, incident_id=incident_id)
        except TryAgainLater:
            continue
        return "asked"
    return "waits"


@pytest.mark.parametrize("calls_that_fit", [0, 1, 3, 5])
def test_promise_10_eight_workers_at_once_do_not_pass_the_cap(own_database: URL, calls_that_fit: int) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    greedy = Greedy()
    with database.transaction() as session:
        table = make_table(session, database)
        makers.make_incidents(session, table.lead, 8)
        of_study = Study.id == table.lead.study.id
        incidents = [*table.incidents, *makers.make_incidents(session, table.lead, 8)]
        coding_round = makers.make_round(session, table.lead, [table.ada], incidents, name="Ten", arm="on_request")
        session.execute(update(Study).where(of_study).values(token_cap=10**9))
        run = ask_for_suggestions(session, table.lead, coding_round, model="small")
    with OpenAIServer(otherwise=greedy) as server:
        model = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small")
        assert worked(database, model, run, incidents[0].id) == "asked"
        one = greedy.tokens
        cap = one + calls_that_fit * (one + 6_000)  # a reservation is a little more than the dearest call
        with database.transaction() as session:
            session.execute(update(Study).where(of_study).values(token_cap=cap))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: worked(database, model, run, each.id), incidents[1:]))

    assert greedy.tokens <= cap
    with database.reading() as session:
        found = budget.spending(session, run.study_id)
        assert (found.told, found.reserved, found.untold) == (greedy.tokens, 0, 0)
        assert len(session.scalars(select(ModelCall.id)).all()) == len(server.taken) >= 1 + calls_that_fit
        paused = session.get_one(SuggestionRun, run.id)
        assert paused.state == "paused" and f"cap of {cap:,} tokens is reached" in paused.problem
    database.dispose()


def test_what_never_said_what_it_cost_counts_at_its_most(table: Table) -> None:
    rules(table, redacts=False, token_cap=10**6)
    run = table.ask(ModelTooSlow(), limit=1)
    [row] = table.rows(run)
    assert row.attempts == 1
    found = budget.spending(table.session, run.study_id)
    assert found.reserved == found.told == 0 and found.untold > budget.MOST_OUTPUT_TOKENS


def test_a_study_without_a_cap_limits_no_reply_and_is_counted_all_the_same(table: Table) -> None:
    table.ask()
    found, calls = budget.spending(table.session, table.lead.study.id), table.calls()
    assert found.told == sum(call.input_tokens + call.output_tokens for call in calls) and found.reserved == 0
    assert all("max_completion_tokens" not in question.parameters for question in table.model.questions)
    assert table.session.scalars(select(Suggestion.id)).all() and table.session.scalars(select(RunIncident.id)).all()


def test_a_text_that_holds_the_mark_of_the_preview_is_shown_all_the_same(table: Table, client_for: Any) -> None:
    makers.make_incidents(table.session, table.lead, 1, text=f"The id was {'0' * 40}.")
    address = f"/studies/{table.lead.study.slug}/settings/leaving?incident=3"
    page = client_for(table.lead).get(address)
    assert page.status_code == 200 and f"report {'0' * 41}&gt;" in page.text
