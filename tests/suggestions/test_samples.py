"""An incident that is asked about several times: each sample is a call, and every code says how many held it."""

import pytest

from app.llm.problems import ModelBroken, ReplyRefused
from app.llm.scripted import ScriptedModel, Step
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import RunIncident
from tests.suggestions.conftest import INVENTED, SAID, Table
from tests.suggestions.test_asking import UNTIL_FIRST_ANSWER, DyingDatabase, Killed, answered


def sampled(table: Table, *steps: Step, samples: int = 3) -> RunIncident:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    run.samples = samples
    table.model = ScriptedModel(*steps, name="small")
    table.work(run)
    return table.rows(run)[0]


def said(table: Table, *codes: object, quote: str = SAID, reason: str = "so") -> dict[str, object]:
    cause = {"quotes": [{"paragraph": 1, "text": quote}], "reasoning": reason, "new_codes": []}
    return table.reply(**{f"d{table.cause.id}": {**cause, "codes": [f"c{code.id}" for code in codes]}})  # type: ignore[attr-defined]


def test_suggestions_are_the_union_and_say_how_many_samples_held_them(table: Table) -> None:
    config, network = table.config, table.network
    row = sampled(
        table,
        said(table, config, quote=INVENTED, reason="first"),
        said(table, network, reason="second"),
        said(table, network, quote="for 40 minutes", reason="third"),
    )
    offered = [one for one in table.suggestions() if one.dimension_id == table.cause.id]
    assert [(one.code_id, one.held_by, one.samples) for one in offered] == [(network.id, 2, 3), (config.id, 1, 3)]
    assert [one.reasoning for one in offered] == ["second", "first"]
    assert [quote["quote"] for quote in offered[0].quotes] == [SAID, "for 40 minutes"]
    assert [(call.sample, call.attempt) for call in table.calls()] == [(1, 1), (2, 2), (3, 3)]
    assert [one.model_call_id for one in offered] == [table.calls()[1].id, table.calls()[0].id]
    assert (table.of_symptom().held_by, table.of_symptom().samples, row.state) == (3, 3, "done")


def test_quotes_of_several_samples_are_merged_the_located_first_and_three_at_most(table: Table) -> None:
    quotes = (INVENTED, SAID, "for 40 minutes", "a bad config push", SAID)
    sampled(table, *(said(table, table.network, quote=quote) for quote in quotes), samples=5)
    assert [quote["quote"] for quote in table.of_cause().quotes] == [SAID, "for 40 minutes", "a bad config push"]


def test_what_some_samples_answered_is_kept_when_others_come_to_nothing(table: Table) -> None:
    refused = ReplyRefused(answered("", refusal="No"))
    row = sampled(table, refused, said(table, table.network), refused)
    assert (row.state, row.attempts) == ("done", 3) and "1 of 3 askings" in row.problem
    assert (table.of_cause().held_by, table.of_cause().samples) == (1, 1)


def test_where_no_sample_was_answered_the_incident_says_why(table: Table) -> None:
    row = sampled(table, *[ReplyRefused(answered("", refusal="No"))] * 2, samples=2)
    assert row.state == "refused" and len(table.calls()) == 2


def test_a_sample_is_tried_again_by_itself_and_what_was_paid_for_is_read_again(table: Table) -> None:
    row = sampled(table, said(table, table.network), ModelBroken(), samples=2)
    assert (row.state, row.attempts) == ("waiting", 2)
    table.model = ScriptedModel(said(table, table.network), name="small")  # one question and no more
    share = {"study_id": row.study_id, "run_id": row.run_id, "incident_id": row.incident_id}
    suggest_for_incident(table.database, table.model, **share)
    table.session.expire_all()
    assert row.state == "done" and [call.sample for call in table.calls()] == [1, 2, 2]
    assert table.of_cause().held_by == 2


def test_a_killed_worker_leaves_the_samples_it_had(table: Table) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="small", limit=1)
    run.samples = 2
    table.session.flush()
    (row,) = table.rows(run)
    share = {"study_id": run.study_id, "run_id": run.id, "incident_id": row.incident_id}
    table.model = ScriptedModel(said(table, table.network), said(table, table.config), name="small")
    with pytest.raises(Killed):
        suggest_for_incident(DyingDatabase(table.database, UNTIL_FIRST_ANSWER), table.model, **share)
    suggest_for_incident(table.database, table.model, **share)
    table.session.expire_all()
    assert row.state == "done" and [(call.sample, call.outcome) for call in table.calls()] == [
        (1, "valid"),
        (2, "valid"),
    ]
