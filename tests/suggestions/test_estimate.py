"""What a run would take: by bytes where nothing is known, by the ledger where something is; sampled when large."""

from decimal import Decimal

from app.ledger.budget import Spending
from app.ledger.models import ModelCall, ModelEndpoint
from app.suggestions.choosing import Choice, chosen_incident_ids
from app.suggestions.estimate import MOST_MEASURED, Estimate, estimate_of
from app.suggestions.estimate_words import beyond_words, estimate_lines, how_estimated
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


def test_a_run_that_may_not_fit_is_told_of_its_own_caps_and_of_what_the_study_has_left(table: Table) -> None:
    found = estimated(table, entered(table, input_price=Decimal(2), output_price=Decimal(10)))
    high, dear = found.tokens.high, found.dollars[1] if found.dollars else Decimal()

    def told(token_cap: int | None = None, own: Decimal | None = None, **study: object) -> list[str]:
        return beyond_words(found, token_cap=token_cap, cost_cap=own, left=Spending(**study))  # type: ignore[arg-type]

    assert told() == told(high, dear, cap=high, cost_cap=dear) == told(cap=high + 50, told=30, reserved=20) == []
    (own,) = told(token_cap=high - 1)
    assert f"own cap of {high - 1:,} tokens" in own and "pauses there" in own
    (tokens,) = told(cap=high + 50, told=30, untold=1, reserved=20)
    assert f"left of the study’s cap, {high - 1:,} tokens" in tokens
    spent = {"told_usd": Decimal(1), "untold_usd": Decimal("0.5"), "reserved_usd": Decimal("0.5")}
    assert told(cost_cap=dear + 2, **spent) == []
    (dollars,) = told(cost_cap=Decimal(2), **spent)
    assert "left of the study’s cap, $0.00" in dollars


def test_a_cap_in_dollars_without_a_price_is_said_before_the_run_pauses_for_it(table: Table) -> None:
    found = estimated(table)
    (sentence,) = beyond_words(found, token_cap=None, cost_cap=None, left=Spending(cost_cap=Decimal(5)))
    assert "is not known" in sentence and "before its first call" in sentence
