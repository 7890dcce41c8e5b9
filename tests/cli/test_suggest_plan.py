"""What is said to `tandem suggest` becomes the plan that the page makes, and what cannot be had is a sentence."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.cli.suggest_plan import CostCapUnreadable, Said, leading, wanted_plan
from app.db.session import Database
from app.ledger.endpoint_problems import OnlyLocalModels
from app.problems import NotFound, Problem
from app.suggestions.choosing import Choice
from app.suggestions.prompt_templates import add_template
from app.suggestions.run_plan import CostCapNotUsable, NoBatches, NoSuchTemplate, RunPlan, check_plan
from tests.suggestions.conftest import Table, make_table
from tests.support.endpoints import make_endpoint

NOTHING = Said(None, False, "", "", "", "", None, 0, "", False, None, 0, 1, None, "", False)


@pytest.fixture
def table(session: Session, database: Database) -> Table:
    return make_table(session, database)


def plan_of(table: Table, **said: object) -> RunPlan:
    plan, _ = wanted_plan(table.session, table.lead.study, replace(NOTHING, **said))
    check_plan(table.session, table.coding_round, plan)
    return plan


def test_every_option_stands_in_the_plan(table: Table) -> None:
    endpoint = make_endpoint(table.session, table.lead, name="Ours", takes_batches=True)
    template = add_template(table.session, table.lead, name="", instructions="Say what the report says.")
    table.session.flush()
    plan = plan_of(
        table, endpoint="Ours", every=True, cohort="GenAI", service="chat", severity="2", words="gateway", sample=1,
        seed=7, limit=9, batch=True, template=1, samples=3, token_cap=1_000, cost_cap="12.50", only_measure=True,
    )  # fmt: skip

    assert (plan.model, plan.endpoint_id, plan.prompt_template_id) == ("small", endpoint.id, template.id)
    assert plan.choice == Choice("all", "gateway", "GenAI", "chat", "2", 1, 7, 9)
    assert (plan.mode, plan.samples, plan.token_cap, plan.cost_cap_usd) == ("batch", 3, 1_000, Decimal("12.50"))
    assert not plan.is_offered


def test_the_models_of_the_study_come_before_similar_incidents(table: Table) -> None:
    assert plan_of(table).model == ""
    make_endpoint(table.session, table.lead, name="Ours")
    assert plan_of(table).model == "small"
    assert plan_of(table, endpoint="similar").model == ""


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"endpoint": "Theirs"}, NotFound),
        ({"template": 4}, NoSuchTemplate),
        ({"batch": True}, NoBatches),
        ({"cost_cap": "a lot"}, CostCapUnreadable),
        *(({"cost_cap": each}, CostCapNotUsable) for each in ("nan", "inf", "0", "-1", "1e9")),
    ],
)
def test_what_cannot_be_had_is_a_sentence(table: Table, said: dict[str, object], problem: type[Problem]) -> None:
    make_endpoint(table.session, table.lead, name="Ours")
    with pytest.raises(problem):
        plan_of(table, **said)


def test_promise_10_a_study_that_keeps_to_local_models_asks_no_other(table: Table) -> None:
    make_endpoint(table.session, table.lead, name="Far", base_url="https://models.example.org/v1")
    table.lead.study.local_models_only = True
    with pytest.raises(OnlyLocalModels):
        plan_of(table, endpoint="Far")


def test_the_operator_acts_as_the_first_lead(table: Table) -> None:
    assert leading(table.session, table.lead.study.slug).member.id == table.lead.member.id
