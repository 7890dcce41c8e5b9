"""What a plan would do: the same figures as the page of agreement makes, and counts that equal brute force."""

import random

import pytest
from sqlalchemy import select

from app.adjudication.actions import settle_unanimous
from app.adjudication.models import FinalCode
from app.agreement.figures import Row, round_figures
from app.agreement.post_hoc import Scored, counted_rows, first_codes, scored
from app.codebook.actions import merge_codes
from app.coding.models import SubmittedCode
from app.curation.plan_actions import PlannedStep
from app.curation.plan_applying import apply_plan
from app.curation.what_if import what_if
from app.rounds.actions import change_phase
from app.rounds.policy import StillBlind
from tests import makers
from tests.curation.plan_tables import CAUSES, IMPACTS, Table, make_table


@pytest.fixture
def table(session) -> Table:
    return make_table(session)


def coded_at_random(table: Table, seed: int, **plan: object):
    """Ten incidents with skips, second thoughts, silent answers and exposures."""
    chance = random.Random(seed)
    coding_round = table.round_of(10, **plan)
    for at in range(10):
        for coder in (table.ada, table.ben):
            assignment = makers.assignment_of(table.session, coder, coding_round, table.incidents[at])
            if chance.random() < 0.1:
                makers.act(table.session, coder, assignment, "skip", reason="unclear")
                if chance.random() < 0.5:
                    continue
                makers.act(table.session, coder, assignment, "take_back")
            elif chance.random() < 0.1:
                continue
            code = [chance.choice(("Quota", *CAUSES))]
            cause = chance.choice([code, code, code, "none_applies", "not_enough_information", []])
            impact = (
                chance.choice([chance.sample(IMPACTS, chance.randint(1, 3)), "none_applies", []])
                if cause
                else "none_applies"
            )
            table.says(coder, coding_round, at, cause, impact, exposed=chance.random() < 0.3)
            if chance.random() < 0.3:
                makers.act(table.session, coder, assignment, "take_back")
                table.says(coder, coding_round, at, "none_applies", chance.sample(IMPACTS, 1))
    makers.move_round(table.session, table.lead, coding_round, "settling")
    return coding_round


@pytest.mark.parametrize("seed", range(6))
def test_what_is_counted_is_what_the_page_of_agreement_counts(table, seed):
    coding_round = coded_at_random(table, seed, purpose=("reliability", "calibration")[seed % 2])
    dimensions = [table.cause.id, table.impact.id]
    rows = counted_rows(table.session, [coding_round], dimensions)
    there = {(row.dimension.id, row.kind): row for row in round_figures(table.session, coding_round).rows}

    found = {(row.dimension.id, row.kind): scored(row, lambda code_id: code_id) for row in rows}
    assert found.keys() == there.keys() and len(found) > 2
    for key, row in there.items():
        same_figures(found[key], row)


def same_figures(found: Scored, row: Row) -> None:
    report = row.report
    assert report is not None
    assert found.measures.alpha == (report.alpha_masi or report.alpha)
    assert (found.measures.percent, found.measures.jaccard) == (report.percent, report.alpha_jaccard)
    if found.measures.ac1 is not None:
        assert (found.measures.ac1, found.measures.kappa) == (report.ac1, report.light)
    assert (found.differing, found.left_out) == (row.differing, 0)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_foreseen_is_what_comes_of_applying(table, seed):
    coded_at_random(table, seed)
    coded_at_random(table, seed + 10, purpose="calibration")
    plan = table.plans(
        PlannedStep("merge", table.ids("Quota", "Quota limit"), name="Limits"),
        PlannedStep("roll_up", (-1, table.id("Node down")), into=table.above.id),
        PlannedStep("merge", table.ids("Errors"), into=table.id("Error rate")),
    )
    foreseen = table.what_if(plan)
    apply_plan(table.session, table.lead, plan.id, seen_revision=plan.revision)
    since = table.what_if(plan)

    assert len(foreseen.beside) >= 4 and any(each.now != each.then for each in foreseen.beside)
    for before, after in zip(foreseen.beside, since.beside, strict=True):
        assert alphas(after.now) == pytest.approx(alphas(before.then), abs=1e-12)
        if before.categories_then:
            assert alphas(after.categories_now) == pytest.approx(alphas(before.categories_then), abs=1e-12)


def alphas(found: Scored | None) -> list[float]:
    assert found is not None
    measured = (found.measures.alpha, found.measures.percent)
    return [each or 0.0 for one in measured for each in (one.value, one.low, one.high, one.n)] + [found.differing]


def test_figures_of_the_agreement_page_stay_what_they_were(table):
    coding_round = coded_at_random(table, 1)
    before = round_figures(table.session, coding_round).rows
    plan = table.plans(PlannedStep("merge", table.ids("Quota"), into=table.id("Quota limit")))
    apply_plan(table.session, table.lead, plan.id, seen_revision=plan.revision)
    assert [row.report for row in round_figures(table.session, coding_round).rows] == [row.report for row in before]
    (moved, *_) = table.what_if(plan).beside
    assert moved.as_coded is not None and moved.now is not None
    same_figures(moved.as_coded, before[0])


def test_what_it_touches_equals_brute_force_step_by_step_and_in_all(table):
    for seed in (1, 2):
        coding_round = coded_at_random(table, seed)
        settle_unanimous(table.session, table.lead, coding_round)
    of_one_mind = table.round_of(1, purpose="calibration")
    for coder in (table.ada, table.ben):
        table.says(coder, of_one_mind, 0, ["Quota"], ["Errors", "Slow"])
    makers.move_round(table.session, table.lead, of_one_mind, "settling")
    settle_unanimous(table.session, table.lead, of_one_mind)
    merge_codes(
        table.session, table.lead.study.id, table.lead.member, *table.ids("Bad config", "Quota"), reason="earlier"
    )
    plan = table.plans(
        PlannedStep("merge", table.ids("Quota"), into=table.id("Quota limit")),
        PlannedStep("merge", table.ids("Quota limit"), into=table.id("Node down")),
        PlannedStep("merge", table.ids("Errors", "Slow"), into=table.id("Error rate")),
        PlannedStep("take_out", table.ids("Bad config")),
    )
    given = table.session.scalars(select(SubmittedCode.code_id)).all()
    final = table.session.scalars(select(FinalCode.code_id).where(FinalCode.superseded_at.is_(None))).all()
    named = [("Quota", "Bad config"), ("Quota", "Bad config", "Quota limit"), ("Errors", "Slow"), ("Bad config",)]

    found = table.what_if(plan)

    for step, names in zip(found.by_step, named, strict=True):
        assert step.submitted == sum(code_id in table.ids(*names) for code_id in given) > 0
        assert step.finals == sum(code_id in table.ids(*names) for code_id in final)
    every = table.ids("Quota", "Bad config", "Quota limit", "Errors", "Slow")
    assert found.altogether.submitted == sum(code_id in every for code_id in given)
    assert found.altogether.finals == sum(code_id in every for code_id in final) > 0


def test_answers_in_which_several_codes_become_one_are_counted(table):
    coding_round = table.round_of(3, purpose="calibration")
    table.says(table.ada, coding_round, 0, impact=["Errors", "Error rate"])
    table.says(table.ben, coding_round, 0, impact=["Errors", "Slow"])
    table.says(table.ada, coding_round, 1, impact=["Errors", "Error rate", "Slow"])
    table.says(table.ben, coding_round, 1, impact=["Error rate"])
    makers.move_round(table.session, table.lead, coding_round, "settling")
    plan = table.plans(
        PlannedStep("merge", table.ids("Errors"), into=table.id("Error rate")),
        PlannedStep("merge", table.ids("Slow"), into=table.id("Error rate")),
    )
    found = table.what_if(plan)
    assert [step.one for step in found.by_step] == [2, 2] and found.altogether.one == 3


def test_promise_1_what_is_coded_in_a_running_round_is_neither_scored_nor_counted(table):
    coding_round = table.round_of(2)
    plan = table.plans(PlannedStep("merge", table.ids("Quota"), into=table.id("Quota limit")), by=table.ada)
    table.says(table.ben, coding_round, 0, ["Quota"])
    drafted = makers.assignment_of(table.session, table.ben, coding_round, table.incidents[1])
    own = makers.assignment_of(table.session, table.ada, coding_round, table.incidents[1])
    cause = {"dimension_id": table.cause.id, "code_id": table.id("Quota")}
    makers.act(table.session, table.ben, drafted, "toggle_code", **cause)

    found = table.what_if(plan, seen_by=table.ada)
    assert (found.beside, found.altogether.submitted, found.altogether.drafts, found.running) == ([], 0, 0, 1)
    makers.act(table.session, table.ada, own, "toggle_code", **cause)
    assert table.what_if(plan, seen_by=table.ada).altogether.drafts == 1  # their own
    assert table.what_if(plan, seen_by=table.lead).altogether.drafts == 0
    with pytest.raises(StillBlind):
        first_codes(table.session, [coding_round], [table.cause.id])

    makers.move_round(table.session, table.lead, coding_round, "settling")
    found = table.what_if(plan, seen_by=table.ada)
    assert (len(found.beside), found.altogether.submitted, found.altogether.drafts) == (1, 1, 2)
    change_phase(table.session, table.lead, coding_round.number, "running", reason="Reopened")
    found = table.what_if(plan, seen_by=table.lead)
    assert (found.beside, found.altogether.submitted, found.altogether.drafts) == ([], 0, 0)


def test_proposed_codes_have_no_figure_until_they_are_pooled_and_a_plan_may_pool_them(table):
    coding_round = table.round_of(2)
    made = []
    for coder, name in ((table.ada, "Disk"), (table.ben, "Disks")):
        for at in (0, 1):
            assignment = makers.assignment_of(table.session, coder, coding_round, table.incidents[at])
            if at == 0:
                of = {"dimension_id": table.cause.id, "name": name}
                made.append(makers.act(table.session, coder, assignment, "create_code", **of).code_id)
            else:
                of = {"dimension_id": table.cause.id, "code_id": table.id("Quota")}
                makers.act(table.session, coder, assignment, "toggle_code", **of)
            makers.act(table.session, coder, assignment, "submit", incomplete=True)
    makers.move_round(table.session, table.lead, coding_round, "settling")

    (waits,) = table.what_if(table.plans(PlannedStep("merge", table.ids("Quota"), into=table.id("Node down")))).beside
    assert (waits.now, waits.then, waits.waits_now, waits.waits_then) == (None, None, 2, 2)
    (pooled,) = table.what_if(table.plans(PlannedStep("merge", (made[0],), into=made[1]))).beside
    assert (pooled.now, pooled.waits_then) == (None, 0)
    assert pooled.then is not None and pooled.then.measures.alpha.value == 1.0


def test_rounds_are_chosen_by_their_numbers(table):
    first, second = coded_at_random(table, 1), coded_at_random(table, 2)
    draft = table.draft(table.plans(PlannedStep("merge", table.ids("Quota"), into=table.id("Node down"))))
    only = what_if(table.session, table.lead, draft, rounds=[second.number])
    assert only.rounds == [second] and {each.row.coding_round.id for each in only.beside} == {second.id}
    assert what_if(table.session, table.lead, draft).rounds == [second, first]
