"""Poisoned incidents and a model that obeys them: nothing changes but what is suggested for these very incidents."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from app.codebook.queries import disclosed_codebook
from app.db.session import Database
from app.incidents.models import Incident
from app.jobs.running import run_waiting_jobs
from app.ledger.models import ModelCall
from app.settings import Settings
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.injection import instruction_like
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.prompt import incident_part
from app.suggestions.reply import LONGEST_DEFINITION, LONGEST_NAME, LONGEST_REASONING, MOST_NEW_CODES
from app.worker import TASKS
from tests import makers
from tests.conftest import make_database
from tests.suggestions.conftest import Table, make_table
from tests.support.coding_replies import first_codes
from tests.support.openai_server import OpenAIServer, Says
from tests.support.poisons import POISONS, TAG, obeying
from tests.support.whole_database import whole_database

assert TASKS
# Best effort: what the flags miss is told here, so that nobody takes them for a defence.
UNFLAGGED = {
    "link that carries data away",
    "quotes that are not there",
    "template injection",
    "SQL",
    "deep nesting",
    "characters that cannot be stored",
    "settings",
}
# Where a run writes. All else, settings and codebook and codings and exposures among it, is as it was.
WRITTEN = {
    "suggestion_runs",
    "run_incidents",
    "suggestions",
    "model_calls",
    "model_accounts",
    "calls_under_way",
    "model_gates",
    "sequences",
}


@dataclass
class Poisoned:
    table: Table
    server: OpenAIServer
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    incidents: list[Incident]
    calls: list[ModelCall]
    suggestions: list[Suggestion]
    states: dict[int, str]
    asked: dict[int, int]  # row of the run -> incident
    run: SuggestionRun


@pytest.fixture(scope="module")
def poisoned(server_url: URL, template_url: URL) -> Iterator[Poisoned]:
    """A whole run over clean and poisoned incidents, by a worker, over HTTP. The clean ones are half coded."""
    lent = make_database(server_url, "poisoned", template=template_url.database)
    url = lent.render_as_string(hide_password=False)
    database = Database.at(url)
    with OpenAIServer(otherwise=Says(obeying)) as server:
        with database.transaction() as session:
            table = make_table(session, database)
            made = [makers.make_incidents(session, table.lead, 1, text=poison.text)[0] for poison in POISONS]
            table.ada_submits()
            coding_round = makers.make_round(
                session, table.lead, [table.ada, table.ben], [*table.incidents, *made], arm="on_request"
            )
        before = whole_database(url)
        with database.transaction() as session:
            ask_for_suggestions(session, table.lead, session.merge(coding_round), model="small")
        endpoint = {"llm_base_url": server.base_url, "llm_api_key": server.api_key, "llm_model": "small"}
        run_waiting_jobs(Settings(database_url=url, worker_concurrency=4, **endpoint))
        after = whole_database(url)
        with database.reading() as session:
            found = Poisoned(
                table, server, before, after,
                incidents=list(session.scalars(select(Incident).order_by(Incident.id))),
                calls=list(session.scalars(select(ModelCall).order_by(ModelCall.id))),
                suggestions=list(session.scalars(select(Suggestion).order_by(Suggestion.id))),
                asked=dict(session.execute(select(RunIncident.id, RunIncident.incident_id)).all()),
                states={row.incident_id: row.state for row in session.scalars(select(RunIncident))},
                run=session.scalars(select(SuggestionRun)).one(),
            )  # fmt: skip
            session.expunge_all()
        yield found
    database.dispose()


def test_there_are_poisons_enough_and_most_are_flagged_to_the_reader() -> None:
    flagged = {poison.name for poison in POISONS if instruction_like(poison.text)}

    assert len(POISONS) >= 20 and len({poison.text for poison in POISONS}) == len(POISONS)
    assert {poison.name for poison in POISONS} - flagged == UNFLAGGED


def test_nothing_in_the_database_changed_but_what_a_run_writes(poisoned: Poisoned) -> None:
    changed = {name for name, rows in poisoned.after.items() if rows != poisoned.before[name]}

    assert poisoned.before.keys() == poisoned.after.keys()
    assert {name for name in changed if not name.startswith("procrastinate")} - WRITTEN == {
        "study_events",
        "memberships",
    }


def test_every_incident_ends_in_a_named_state(poisoned: Poisoned) -> None:
    assert poisoned.run.state == "done"
    assert len(poisoned.states) == len(poisoned.incidents) == len(POISONS) + 2
    assert "waiting" not in poisoned.states.values()


def test_the_clean_incidents_got_what_they_get_without_poison(poisoned: Poisoned) -> None:
    clean = [one.id for one in poisoned.incidents if not TAG.search(one.text or "")]
    request = next(r for r in poisoned.server.requests if not TAG.search(r["messages"][1]["content"]))
    wanted = first_codes(request)
    for incident_id in clean:
        got = {
            f"d{one.dimension_id}": (f"c{one.code_id}", one.reasoning, [quote["quote"] for quote in one.quotes])
            for one in poisoned.suggestions
            if one.incident_id == incident_id
        }
        assert got == {
            key: (part["codes"][0], part["reasoning"], [quote["text"] for quote in part["quotes"]])
            for key, part in wanted.items()
        }
        assert poisoned.states[incident_id] == "done"


def test_every_prompt_holds_its_own_incident_and_nothing_of_any_other(poisoned: Poisoned) -> None:
    texts = {one.id: one.text or "" for one in poisoned.incidents}
    systems = {request["messages"][0]["content"] for request in poisoned.server.requests}
    schemas = {json.dumps(r["response_format"]) for r in poisoned.server.requests if len(r["messages"]) == 2}
    for request in poisoned.server.requests:
        user = request["messages"][1]["content"]
        mark = user.removeprefix("<<<report ")[:16]
        assert any(mark not in text and incident_part(text, mark=mark) == user for text in texts.values())
        assert set(TAG.findall(json.dumps(request))) == set(TAG.findall(user))  # in a repair, too

    assert len(systems) == len(schemas) == 1
    assert not TAG.search(next(iter(systems)))


def test_what_is_suggested_is_of_the_codebook_or_a_new_name_and_belongs_to_the_incident_asked(
    poisoned: Poisoned,
) -> None:
    table = poisoned.table
    with table.database.reading() as session:
        codebook = disclosed_codebook(session, table.lead.study.id)
    appliable = {d.id: {code.id for code in codebook.appliable(d.id)} for d in codebook.dimensions}
    texts = {one.id: one.text or "" for one in poisoned.incidents}
    about = {call.id: call.subject_id for call in poisoned.calls}
    for one in poisoned.suggestions:
        assert one.code_id is None or one.code_id in appliable[one.dimension_id]
        assert poisoned.asked[about[one.model_call_id or 0] or 0] == one.incident_id
        assert len(one.new_code_name or "") <= LONGEST_NAME and len(one.new_code_definition) <= LONGEST_DEFINITION
        assert len(one.reasoning) <= LONGEST_REASONING
        for quote in one.quotes:
            if quote["start"] is not None:
                assert texts[one.incident_id][quote["start"] : quote["end"]] == quote["quote"]
    for incident in poisoned.incidents:
        for dimension_id in appliable:
            offered = [
                s for s in poisoned.suggestions if (s.incident_id, s.dimension_id) == (incident.id, dimension_id)
            ]
            assert sum(one.code_id is None for one in offered) <= MOST_NEW_CODES


def test_what_the_model_made_up_as_a_quote_has_no_place_in_the_text(poisoned: Poisoned) -> None:
    invented = [quote for one in poisoned.suggestions for quote in one.quotes if "another incident" in quote["quote"]]

    assert invented
    assert all(quote["status"] == "not_found" and quote["start"] is None for quote in invented)
