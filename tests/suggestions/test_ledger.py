"""The ledger page: every call, its words only after an opening, and totals that are the sums of its rows."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.coding.models import Exposure
from app.db.base import now
from app.ledger.actions import prompt_sha256
from app.ledger.models import ModelCall
from app.llm.problems import ModelUnreachable
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.ledger_queries import calls_page, totals
from tests import makers
from tests.suggestions.conftest import SAID, SECRET_REASON, Table, make_table
from tests.support.clients import ClientFor


def url(table: Table, rest: str = "") -> str:
    return f"/studies/{table.lead.study.slug}/suggestions/ledger{rest}"


def made_up(table: Table, how_many: int, **facts: object) -> list[ModelCall]:
    """Calls of no run, with costs and days of their own."""
    said: dict[str, object] = {
        "study_id": table.lead.study.id, "member_id": table.lead.member.id, "purpose": "probe", "outcome": "valid",
        "subject_kind": "endpoint", "subject_id": None, "attempt": 1, "system_prompt": "a", "user_prompt": "b",
        "prompt_sha256": prompt_sha256("a", "b"), "model_asked": "other", "input_tokens": 10, "output_tokens": 2,
        "seconds": 0.5,
    }  # fmt: skip
    calls = [
        ModelCall(
            **{"cost_usd": Decimal(day) / 1000 if day % 3 else None, "at": now() - timedelta(days=day), **said, **facts}
        )
        for day in range(how_many)
    ]
    table.session.add_all(calls)
    table.session.flush()
    return calls


def test_each_call_stands_in_the_list_and_on_its_own_page(table: Table, client_for: ClientFor) -> None:
    table.ask()
    lead, call = client_for(table.lead), table.calls()[0]

    listed = lead.get(url(table)).text
    page = lead.get(url(table, f"/{call.id}")).text

    assert f'aria-label="Call {call.id}"' in listed and "small" in listed and SECRET_REASON not in listed
    assert call.prompt_sha256 in page and "as it was stored" in page and SAID in page
    assert "temperature" in page and SECRET_REASON not in page


def test_a_prompt_that_is_not_what_its_hash_says_is_told(table: Table, client_for: ClientFor) -> None:
    run = table.ask()
    subject = {"subject_kind": "run_incident", "subject_id": table.rows(run)[0].id}
    altered = made_up(table, 1, **subject, purpose="suggest", prompt_sha256=prompt_sha256("a", "c"))[0]

    assert "altered since it was stored" in client_for(table.lead).get(url(table, f"/{altered.id}")).text


def test_promise_3_a_reply_is_in_the_ledger_only_after_a_post_that_kept_that_it_was_read(
    table: Table, client_for: ClientFor
) -> None:
    table.ask("no json", table.reply())
    lead = client_for(table.lead)
    first, repair = table.calls()[:2]
    repaired = lead.get(url(table, f"/{repair.id}")).text
    assert "no json" not in lead.get(url(table, f"/{first.id}")).text
    assert "no json" not in repaired and "opens together with the reply" in repaired

    answer = lead.post(url(table, f"/{repair.id}/openings"))

    assert (answer.status_code, answer.headers["location"]) == (303, url(table, f"/{repair.id}#said"))
    notes = {each.note for each in table.exposures(table.lead)}
    assert f"raw reply of model call {repair.id}" in notes
    assert "no json" in lead.get(url(table, f"/{repair.id}")).text
    assert "no json" not in lead.get(url(table, f"/{first.id}")).text


def test_promise_3_a_lead_who_codes_in_the_round_reads_no_reply_before_it_is_open(
    session: Session, database, client_for: ClientFor
) -> None:
    table = make_table(session, database, lead_codes=True)
    table.ask()
    lead, call = client_for(table.lead), table.calls()[0]

    assert lead.post(url(table, f"/{call.id}/openings")).status_code == 404
    assert "You code in this round" in lead.get(url(table, f"/{call.id}")).text
    taken = lead.post(f"/studies/{table.lead.study.slug}/export/ledger", data={"format": "jsonl", "texts": "yes"})
    assert SECRET_REASON not in taken.text and "codes in this round" in taken.text and SAID in taken.text
    assert table.exposures(table.lead) == []


def test_promise_3_examples_in_a_prompt_open_with_the_reply(table: Table, client_for: ClientFor) -> None:
    run = table.ask()
    run.example_incident_ids = [table.incidents[1].id]
    table.session.flush()
    lead, call = client_for(table.lead), table.calls()[0]

    assert SAID not in lead.get(url(table, f"/{call.id}")).text
    lead.post(url(table, f"/{call.id}/openings"))

    assert SAID in lead.get(url(table, f"/{call.id}")).text
    assert ("final_code", table.incidents[1].id) in {(e.kind, e.incident_id) for e in table.exposures(table.lead)}


@pytest.mark.parametrize("role", ["coder", "adjudicator", "reader"])
def test_promise_2_only_leads_see_the_ledger(table: Table, client_for: ClientFor, role: str) -> None:
    table.ask()
    client = client_for(makers.make_member(table.session, table.lead, role=role))
    call = table.calls()[0]

    for path in ("", "/totals", f"/{call.id}"):
        assert client.get(url(table, path)).status_code == 403
    assert client.post(url(table, f"/{call.id}/openings")).status_code == 403
    assert client.post(f"/studies/{table.lead.study.slug}/export/ledger").status_code == 403


def test_promise_12_a_call_of_another_study_is_not_found(table: Table, client_for: ClientFor) -> None:
    table.ask()
    stranger = makers.make_study(table.session)

    assert (
        client_for(stranger).get(f"/studies/{stranger.study.slug}/suggestions/ledger/{table.calls()[0].id}").status_code
        == 404
    )


def pages(table: Table, wanted: LedgerFilter) -> Iterator[int]:
    after: int | None = None
    while True:
        rows, after = calls_page(table.session, table.lead.study.id, wanted, after=after, limit=3)
        yield from (row.id for row in rows)
        if after is None:
            return


@pytest.mark.parametrize("order", ["newest", "dear"])
def test_paging_shows_each_call_once_in_order(table: Table, order: str) -> None:
    table.ask()
    made_up(table, 9)
    made_up(make_table(table.session, table.database), 2)

    found = list(pages(table, LedgerFilter(order=order)))

    calls = {call.id: call for call in table.calls() if call.study_id == table.lead.study.id}
    if order == "newest":
        assert found == sorted(calls, reverse=True)
    else:
        costs = {key: Decimal(-1) if call.cost_usd is None else call.cost_usd for key, call in calls.items()}
        assert found == sorted(calls, key=lambda key: (-costs[key], -key))


def test_each_filter_leaves_what_it_says(table: Table) -> None:
    run = table.ask("no json")
    made_up(table, 3)
    study_id, today = table.lead.study.id, now().date()

    def left(**narrowed: object) -> int:
        return len(calls_page(table.session, study_id, LedgerFilter(**narrowed))[0])  # type: ignore[arg-type]

    every = len(table.calls())
    assert left(run=run.id) == left(round=table.coding_round.number) == left(model="small") == every - 3
    assert left(run=run.id + 1) == left(round=99) == left(endpoint="1") == 0
    assert left(purpose="repair") == 1 and left(outcome="invalid") == 1 and left(troubled=True) == 1
    assert left(incident=table.incidents[0].label) + left(incident=str(table.incidents[1].number)) == every - 3
    assert left(since=today) == every - 2 and left(until=today - timedelta(days=1)) == 2
    assert left(until=date(2000, 1, 1)) == 0 and left(endpoint="server") == every


def taken(table: Table, client_for: ClientFor, **form: str) -> str:
    answer = client_for(table.lead).post(f"/studies/{table.lead.study.slug}/export/ledger", data=form)
    assert answer.status_code == 200
    return answer.text


def test_totals_are_the_sums_of_the_exported_rows_and_of_the_database_and_count_what_was_lost(
    table: Table, client_for: ClientFor
) -> None:
    table.ask("no json")
    made_up(table, 4)
    made_up(table, 1, requests=2)
    made_up(table, 1, outcome="lost", input_tokens=None, output_tokens=None, cost_usd=None)

    found = totals(table.session, table.lead.study.id, LedgerFilter())
    rows = list(csv.DictReader(io.StringIO(taken(table, client_for, format="csv"))))
    by_hand = table.session.execute(
        select(
            func.count(), func.sum(ModelCall.input_tokens), func.sum(ModelCall.cost_usd), func.sum(ModelCall.requests)
        )
    ).one()

    whole = found.whole
    assert (whole.calls, whole.input_tokens, whole.cost, whole.requests) == tuple(by_hand)
    assert whole.calls == len(rows) and whole.input_tokens == sum(int(row["input_tokens"] or 0) for row in rows)
    assert whole.cost == sum((Decimal(row["cost_usd"]) for row in rows if row["cost_usd"]), Decimal())
    assert whole.lost == 1 and whole.is_partial
    for kept in (found.by_run, found.by_model, found.by_purpose, found.by_outcome, found.by_day):
        assert sum(each.calls for each in kept.values()) == whole.calls
        assert sum(each.lost for each in kept.values()) == 1
        assert sum((each.cost or Decimal() for each in kept.values()), Decimal()) == whole.cost
    assert found.by_outcome["lost"].is_unknown and found.by_model["other"].is_partial
    page = client_for(table.lead).get(url(table, "/totals")).text
    assert "at least" in page and "lost on the way" in page


def test_what_failed_and_cost_nothing_makes_no_money_unknown(table: Table) -> None:
    table.ask(ModelUnreachable(), otherwise=ModelUnreachable())

    whole = totals(table.session, table.lead.study.id, LedgerFilter()).whole

    assert whole.calls and whole.cost is None and not whole.is_partial


def test_promise_1_decisions_are_counted_once_the_round_is_open(table: Table, client_for: ClientFor) -> None:
    table.ask()
    table.ada_opens()
    table.ada_decides(table.of_cause(), "accept")
    lead = client_for(table.lead)
    running = lead.get(url(table, "/totals")).text
    makers.move_round(table.session, table.lead, table.coding_round, "settling")

    opened = lead.get(url(table, "/totals")).text

    assert "Decisions by run" not in running and "has not ended" in running
    assert "Decisions by run" in opened and "has not ended" not in opened


@pytest.mark.parametrize("format", ["csv", "json", "jsonl"])
def test_promise_11_the_ledger_leaves_whole_and_the_same_the_second_time(
    table: Table, client_for: ClientFor, format: str
) -> None:
    table.ask("no json")
    first, second = (taken(table, client_for, format=format, texts="yes") for _ in range(2))

    assert first == second and SECRET_REASON in first and SAID in first
    if format == "csv":
        rows = list(csv.DictReader(io.StringIO(first)))
    else:
        rows = json.loads(first) if format == "json" else [json.loads(line) for line in first.splitlines()]
    assert [int(row["call"]) for row in rows] == [call.id for call in table.calls()]
    assert all(prompt_sha256(row["system_prompt"], row["user_prompt"]) == row["prompt_sha256"] for row in rows)


def test_promise_3_taking_replies_out_is_an_exposure_to_all_that_they_say(table: Table, client_for: ClientFor) -> None:
    table.ask()
    taken(table, client_for, format="csv")
    assert table.exposures(table.lead) == []

    taken(table, client_for, format="csv", texts="yes")
    taken(table, client_for, format="csv", texts="yes")

    shown = table.exposures(table.lead)
    every = {each.id for incident in table.incidents for each in table.suggestions(incident)}
    assert {each.subject_id for each in shown if each.subject_id} == every
    assert len(shown) == len(every) + len(table.calls())


def test_a_suggestion_leaves_with_what_each_coder_decided(table: Table, client_for: ClientFor) -> None:
    table.ask()
    table.ada_opens()
    table.ada_decides(table.of_cause(), "accept")
    path = f"/studies/{table.lead.study.slug}/export/suggestions"
    assert client_for(table.lead).post(path, data={"suggestions_format": "jsonl"}).status_code == 422
    makers.move_round(table.session, table.lead, table.coding_round, "settling")

    answer = client_for(table.lead).post(path, data={"suggestions_format": "jsonl"})

    rows = [json.loads(line) for line in answer.text.splitlines()]
    of_ada = [row for row in rows if row["coder"] == table.ada.name]
    assert {row["suggestion"] for row in rows} == {
        each.id for incident in table.incidents for each in table.suggestions(incident)
    }
    assert [(row["decision"], row["became"], row["stands"]) for row in of_ada if row["decision"]] == [
        ("accepted", "Network", True)
    ]
    assert all(row["shown_at"] for row in of_ada) and any(row["coder"] is None for row in rows)
    kinds = {
        each.kind for each in table.session.scalars(select(Exposure).where(Exposure.member_id == table.lead.member.id))
    }
    assert "suggestion" in kinds


def test_what_no_page_can_hold_is_no_mistake_of_the_server(table: Table, client_for: ClientFor) -> None:
    run = table.ask()
    lead, study = client_for(table.lead), f"/studies/{table.lead.study.slug}"
    huge = "9" * 30

    for path in (
        url(table, "?until=9999-12-31"), url(table, f"?round={2**31}"),
        url(table, "/totals?since=0001-01-01&until=9999-12-31"),
        f"{table.runs_url}/{run.id}?call={huge}", f"{study}/suggestions/templates?incident={2**31}",
    ):  # fmt: skip
        assert lead.get(path).status_code == 200, path
