"""A call is written down before it leaves, at its most; what it cost after it; and nobody passes a cap or a gate."""

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.db.base import now
from app.db.session import Database
from app.ledger.accounts import Purse, account_of, hold_accounts
from app.ledger.actions import Asked, CallContext
from app.ledger.budget import spending
from app.ledger.gates import OPEN, Gate, hold_back
from app.ledger.models import CallUnderWay, ModelCall
from app.ledger.under_way import Begun, NotNow, begin, end, take_for_lost
from app.ledger.usage import most_tokens, within
from app.llm.port import Answer, Question
from app.llm.prices import Prices
from app.llm.problems import ModelBroken, ModelBusy, ModelTooSlow
from app.llm.scripted import ScriptedModel
from app.studies.models import Study
from tests import makers

QUESTION = within(Question("You code.", "A report of an incident.", {"type": "object"}, "codes"))
MODEL = ScriptedModel(name="small")
PRICES = Prices(Decimal(2), Decimal(1), Decimal(10))
MOST = most_tokens(QUESTION)


def context(study_id: int, subject_id: int = 1, **more: Any) -> CallContext:
    return CallContext(study_id, None, "suggest", "run_incident", subject_id, 1, **{"prices": PRICES, **more})


def begun(session: Session, about: CallContext, gate: Gate = OPEN) -> Begun | NotNow:
    return begin(session, about, QUESTION, MODEL, holder=uuid4(), lease_seconds=60, gate=gate)


def answered(read: int | None, written: int | None) -> Asked:
    told = Answer("{}", "small", dict(QUESTION.parameters), input_tokens=read, output_tokens=written)
    return Asked(QUESTION, MODEL, now(), 0.1, told)


@pytest.fixture
def study_id(session: Session) -> int:
    return makers.make_study(session).study.id


@pytest.mark.parametrize(("read", "written"), [(None, None), (-5, 3), (0, 3), (10**12, 5), (5, 10**12), (5, None)])
def test_usage_that_cannot_be_true_counts_at_the_most_that_it_can_have_cost(
    session: Session, study_id: int, read: int | None, written: int | None
) -> None:
    call = begun(session, context(study_id))
    assert isinstance(call, Begun) and call.reserved.tokens == MOST
    row = end(session, call, answered(read, written), outcome="valid")

    found = spending(session, study_id)
    assert (found.told, found.untold, found.reserved) == (0, MOST, 0)
    assert row is not None and row.input_tokens is None and row.output_tokens is None
    assert ("cannot be true" in row.problem) == (read is not None and written is not None)


def test_what_was_told_is_counted_and_the_rest_is_free_again(session: Session, study_id: int) -> None:
    purse = Purse("suggestion_run", 7)
    call = begun(session, context(study_id, purse=purse))
    assert isinstance(call, Begun)
    end(session, call, answered(100, 20), outcome="valid")

    found, of_run = spending(session, study_id), account_of(session, study_id, *("suggestion_run", 7))
    assert (found.told, found.untold, found.reserved) == (120, 0, 0)
    assert found.told_usd == Decimal("0.0004") and found.reserved_usd == 0
    assert of_run is not None and (of_run.input_tokens, of_run.output_tokens, of_run.calls) == (100, 20, 1)


def test_what_was_turned_away_costs_nothing_and_what_never_came_back_counts(session: Session, study_id: int) -> None:
    for subject, problem in enumerate((ModelBroken(), ModelBusy(), ModelTooSlow())):
        call = begun(session, context(study_id, subject))
        assert isinstance(call, Begun)
        end(session, call, Asked(QUESTION, MODEL, now(), 0.1, None, problem), outcome="failed")
    found = spending(session, study_id)
    assert (found.told, found.untold, found.reserved) == (0, MOST, 0)


def test_a_lost_call_is_a_row_of_the_ledger_and_its_late_answer_is_dropped(session: Session, study_id: int) -> None:
    call = begun(session, context(study_id))
    assert isinstance(call, Begun)
    [lost] = take_for_lost(session, study_id, "run_incident", [1])
    assert (lost.outcome, lost.user_prompt, lost.attempt) == ("lost", QUESTION.user, 1)
    assert end(session, call, answered(5, 5), outcome="valid") is None
    assert session.scalar(select(func.count()).select_from(ModelCall)) == 1
    assert spending(session, study_id).untold == MOST and take_for_lost(session, study_id, "run_incident", [1]) == []


def test_a_cap_in_dollars_needs_a_price(session: Session, study_id: int) -> None:
    session.execute(update(Study).where(Study.id == study_id).values(cost_cap_usd=1))
    refused = begun(session, context(study_id, prices=None))
    assert isinstance(refused, NotNow) and "not known" in refused.problem
    assert isinstance(begun(session, context(study_id)), Begun)


def test_promise_10_what_is_cached_is_reserved_too_where_it_is_the_dearer(session: Session, study_id: int) -> None:
    prices = Prices(Decimal(1), Decimal(1_000), Decimal(1))
    session.execute(update(Study).where(Study.id == study_id).values(cost_cap_usd=1))
    call = begun(session, context(study_id, prices=prices))
    assert isinstance(call, Begun) and call.reserved.dollars is not None
    told = Answer("{}", "small", dict(QUESTION.parameters), input_tokens=500, cached_tokens=500, output_tokens=1)
    row = end(session, call, Asked(QUESTION, MODEL, now(), 0.1, told), outcome="valid")

    assert row is not None and row.cost_usd is not None and row.cost_usd <= call.reserved.dollars
    assert spending(session, study_id).told_usd == row.cost_usd == Decimal("0.500001")


def test_the_cap_of_a_run_holds_beside_that_of_its_study(session: Session, study_id: int) -> None:
    purse = Purse("suggestion_run", 7, token_cap=MOST + 10)
    first = begun(session, context(study_id, 1, purse=purse))
    waits = begun(session, context(study_id, 2, purse=purse))
    assert isinstance(first, Begun) and isinstance(waits, NotNow) and waits.problem == ""
    end(session, first, answered(100, 20), outcome="valid")
    refused = begun(session, context(study_id, 2, purse=purse))
    assert isinstance(refused, NotNow) and "The run's cap" in refused.problem
    assert isinstance(begun(session, context(study_id, 2)), Begun)


def test_an_endpoint_has_so_many_places_for_everybody_together(session: Session, study_id: int) -> None:
    gate, elsewhere = Gate("endpoint:1", 2), makers.make_study(session).study.id
    calls = [begun(session, context(study, 1), gate) for study in (study_id, elsewhere)]
    full = begun(session, context(study_id, 2), gate)
    assert all(isinstance(call, Begun) for call in calls) and isinstance(full, NotNow) and not full.problem
    assert isinstance(calls[0], Begun)
    end(session, calls[0], answered(5, 5), outcome="valid")
    assert isinstance(begun(session, context(study_id, 2), gate), Begun)

    session.execute(update(CallUnderWay).values(leased_until=now()))  # whoever makes them gives no sign any more
    assert isinstance(begun(session, context(study_id, 3), gate), Begun)


def test_retry_after_holds_the_whole_endpoint_back(session: Session, study_id: int) -> None:
    gate = Gate("endpoint:1", 8)
    call = begun(session, context(study_id), gate)
    assert isinstance(call, Begun)
    busy = Asked(QUESTION, MODEL, now(), 0.1, None, ModelBusy(retry_after_seconds=30))
    end(session, call, busy, outcome="failed")
    later = begun(session, context(study_id, 2), gate)
    assert isinstance(later, NotNow) and 25 < later.seconds <= 30
    assert isinstance(begun(session, context(study_id, 2), Gate("endpoint:2", 8)), Begun)
    hold_back(session, gate, 5)
    again = begun(session, context(study_id, 3), gate)
    assert isinstance(again, NotNow) and again.seconds > 20  # a shorter wait shortens none


@pytest.mark.parametrize("seed", [1, 2])
def test_promise_10_eight_at_once_pass_no_cap_whatever_they_are_told(own_database: URL, seed: int) -> None:
    """Neither in tokens nor in dollars, at no moment, with usage right, missing or absurd, and workers killed."""
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        study_id = makers.make_study(session).study.id
        caps = {"token_cap": 12 * MOST, "cost_cap_usd": Decimal("1.1")}
        session.execute(update(Study).where(Study.id == study_id).values(caps))

    def work(worker: int) -> int:
        chance, made = random.Random(seed * 100 + worker), 0
        for turn in range(15):
            about = context(study_id, worker * 1000 + turn, purse=Purse("suggestion_run", worker % 2, 9 * MOST))
            with database.transaction() as session:
                call = begun(session, about)
            with database.reading() as session:
                found = spending(session, study_id)
                assert found.spent + found.reserved <= 12 * MOST and found.spent_usd + found.reserved_usd <= Decimal(
                    "1.1"
                )
            if not isinstance(call, Begun):
                continue
            made += 1
            with database.transaction() as session:
                if chance.random() < 0.1:
                    take_for_lost(session, study_id, "run_incident", [about.subject_id])
                else:
                    usage = chance.choice([(900, 60), (200, 8_000), (None, None), (10**12, 1), (-4, -4)])
                    end(session, call, answered(*usage), outcome="valid")
        return made

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(work, range(8)))
    with database.reading() as session:
        found, calls = spending(session, study_id), session.scalars(select(ModelCall)).all()
        for kind, keys in (("suggestion_run", (0, 1)), ("study", (study_id,))):
            rows = [account_of(session, study_id, kind, key) for key in keys]
            assert sum(one.calls for one in rows if one) == len(calls) == made > 8
        told = sum((c.input_tokens or 0) + (c.output_tokens or 0) for c in calls)
    assert found.reserved == 0 and found.told == told
    database.dispose()


def test_eight_at_once_make_the_first_accounts_of_a_study_and_none_waits_for_ever(own_database: URL) -> None:
    """Without an order, one who has made the account of a run waits for the study's, whose holder waits for it."""
    database = Database.at(own_database.render_as_string(hide_password=False), pool_size=8)
    for _ in range(25):
        with database.transaction() as session:
            study_id = makers.make_study(session).study.id
        together = Barrier(8)

        def holds(worker: int, study_id: int = study_id, together: Barrier = together) -> None:
            together.wait()
            with database.transaction() as session:
                hold_accounts(session, study_id, Purse("suggestion_run", worker % 2))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(holds, range(8)))  # a deadlock would be raised here
    database.dispose()
