"""What a run would take: by bytes where nothing is known, by the ledger where something is; sampled when large."""

from decimal import Decimal

from app.ledger.models import ModelCall, ModelEndpoint
from app.suggestions.choosing import Choice, chosen_incident_ids
from app.suggestions.estimate import MOST_MEASURED, Estimate, estimate_of
from app.suggestions.estimate_words import estimate_lines, how_estimated
from app.suggestions.preview import prompting_of
from app.suggestions.run_plan import RunPlan
from app.suggestions.sources import Source
from tests import makers
from tests.suggestions.conftest import Table

SERVER = Source("server", "This server’s model", "small", "http://127.0.0.1:9/v1")


def estimated(table: Table, source: Source = SERVER, **says: object) -> Estimate:
    plan = RunPlan(source.model, choice=Choice(which="all"), **says)  # type: ignore[arg-type]
    asked = chosen_incident_ids(table.session, table.coding_round, plan.choice)
    prompting = prompting_of(table.session, table.coding_round, plan, asked)
    return estimate_of(table.session, table.lead.study.id, plan, source, prompting, asked)


def entered(table: Table, **prices: Decimal) -> Source:
    endpoint = ModelEndpoint(
        study_id=table.lead.study.id, name="Ours", base_url="http://127.0.0.1:8/v1", model="small", most_at_once=4,
        added_by=table.lead.member.id, **prices,
    )  # fmt: skip
    table.session.add(endpoint)
    table.session.flush()
    return Source(str(endpoint.id), "Ours", "small", endpoint.base_url, endpoint)


def test_without_calls_the_tokens_come_of_bytes_and_money_and_time_are_unknown(table: Table) -> None:
    found = estimated(table, samples=3)
    prompting = prompting_of(table.session, table.coding_round, RunPlan("small"), [])
    (sent,) = prompting.sent(makers.TEXT)
    each = sent.prompt_bytes + sent.schema_bytes

    assert (found.incidents, found.calls, found.measured, found.learnt) == (2, 6, 2, 0)
    assert abs(found.input_tokens.low - 6 * each / 5) <= 1 and abs(found.input_tokens.high - 6 * each / 3) <= 1
    lines = dict(estimate_lines(found))
    assert lines["Cost"].startswith("unknown") and lines["Time"].startswith("unknown")
    assert "3 to 5 bytes" in how_estimated(found)


def test_entered_prices_make_dollars_of_the_tokens(table: Table) -> None:
    found = estimated(table, entered(table, input_price=Decimal(2), output_price=Decimal(10)))

    assert found.dollars is not None
    low = Decimal(2 * found.input_tokens.low + 10 * found.output_tokens.low) / 1_000_000
    assert abs(found.dollars[0] - low) < Decimal("0.0001") and found.dollars[1] > found.dollars[0]
    assert found.passes(100, Decimal("0.0001")) == ["100 tokens", "$0.0001"]
    assert found.passes(10**9, Decimal(100)) == []


def test_calls_of_the_same_model_teach_tokens_and_seconds(table: Table) -> None:
    source = entered(table)
    for place in range(6):
        table.session.add(
            ModelCall(
                study_id=table.lead.study.id, purpose="suggest", subject_kind="run_incident", subject_id=place + 1,
                attempt=1, outcome="valid", system_prompt="s" * 900, user_prompt="u" * 100, prompt_sha256="x",
                model_asked="small" if place < 5 else "other", input_tokens=500, output_tokens=50, seconds=3.0,
            )
        )  # fmt: skip
    table.session.flush()
    found = estimated(table, source, samples=4)
    (sent,) = prompting_of(table.session, table.coding_round, RunPlan("small"), []).sent(makers.TEXT)

    assert found.learnt == 5 and found.input_tokens.low == found.input_tokens.high
    assert abs(found.input_tokens.low - 8 * sent.prompt_bytes / 2) <= 1  # two bytes a token
    assert found.output_tokens == (400, 400)
    assert found.seconds == 6.0 and dict(estimate_lines(found))["Time"] == "about 6 s, 4 at once"


def test_of_many_incidents_some_are_measured_and_it_says_so(table: Table) -> None:
    incidents = makers.make_incidents(table.session, table.lead, MOST_MEASURED + 50)
    many = makers.make_round(table.session, table.lead, [table.ada, table.ben], incidents)
    table.coding_round = many
    found = estimated(table)

    assert (found.incidents, found.measured, found.is_sampled) == (MOST_MEASURED + 50, MOST_MEASURED, True)
    assert "200 incidents, evenly spread" in how_estimated(found)
