"""Draft plans: who makes, sees and changes them; that they change nothing; and that applying is all or nothing."""

import pytest
from sqlalchemy import func, select

from app.codebook.actions import CodeText, edit_code, merge_codes, retire_code
from app.codebook.models import CodeRevision
from app.codebook.queries import whole_codebook
from app.coding.models import SubmittedCode
from app.curation import plan_actions as actions
from app.curation import plan_policy as policy
from app.curation.plan_actions import PlannedStep
from app.curation.plan_applying import apply_plan
from app.curation.plan_page import plan_page
from app.curation.plan_queries import comments_of, steps_of, visible_plan, visible_plans
from app.findings.history import history, lines
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers
from tests.curation.plan_tables import Table, make_table


@pytest.fixture
def table(session) -> Table:
    return make_table(session)


def revisions(table: Table) -> int:
    of_study = select(func.count()).select_from(CodeRevision).where(CodeRevision.study_id == table.lead.study.id)
    return table.session.scalars(of_study).one()


def merge(table: Table, *names: str, into: str = "", name: str = "", reason: str = "") -> PlannedStep:
    return PlannedStep("merge", table.ids(*names), into=table.id(into) if into else None, name=name, reason=reason)


def applies(table: Table, plan, **how):
    return apply_plan(table.session, table.lead, plan.id, seen_revision=plan.revision, **how)


def test_nothing_in_the_codebook_changes_until_a_plan_is_applied(table):
    before = revisions(table)
    plan = table.plans(
        merge(table, "Quota", "Quota limit", name="Limits"),
        PlannedStep("roll_up", (-1, table.id("Bad config")), into=table.above.id),
        merge(table, "Errors", into="Error rate", reason="They are the same."),
    )
    assert revisions(table) == before and not table.draft(plan).first_problem

    applies(table, plan, reason="The team agreed.")

    limits = table.now("Quota").merged_into_id
    assert table.now("Quota limit").merged_into_id == limits
    made = table.draft(plan).codebook.codes[limits]
    assert (made.name, made.parent_id, made.origin) == ("Limits", table.above.id, "curation")
    assert table.now("Bad config").parent_id == table.above.id
    assert table.now("Errors").merged_into_id == table.id("Error rate")
    assert plan.ending == "applied" and plan.applied_seq == table.draft(plan).codebook.codebook_seq
    assert steps_of(table.session, plan)[0][0].made_code_id == limits


def test_a_new_code_of_a_plan_gets_the_definition_that_was_drafted(table):
    steps = [
        PlannedStep("merge", table.ids("Quota", "Quota limit"), name="Limit", definition=" A limit of our own. "),
        PlannedStep("roll_up", (-1,), name="Used up", definition="There was too little of something."),
        PlannedStep("merge", table.ids("Errors"), into=table.id("Slow"), definition="Of nothing new."),
    ]
    applies(table, table.plans(*steps))
    codes = whole_codebook(table.session, table.lead.study.id).codes.values()
    said = {code.name: code.definition for code in codes if code.name in ("Limit", "Used up", "Slow")}
    assert said.pop("Slow") != "Of nothing new."
    assert said == {"Limit": "A limit of our own.", "Used up": "There was too little of something."}


def test_each_act_of_a_plan_says_which_step_of_which_plan_it_was(table):
    plan = table.plans(
        merge(table, "Quota", into="Quota limit", reason="One thing."), merge(table, "Errors", into="Slow")
    )
    applies(table, plan)
    reasons = table.session.scalars(
        select(CodeRevision.reason).where(CodeRevision.kind == "merged").order_by(CodeRevision.id)
    ).all()
    assert reasons == ["Plan “Fewer codes”, step 1: One thing.", "Plan “Fewer codes”, step 2"]
    told = lines(table.session, table.ada, history(table.session, table.ada, limit=5))
    assert (told[0].words, told[0].about, told[0].who) == ("applied the plan", "Fewer codes", table.lead.name)


def test_promise_8_what_was_submitted_keeps_its_codes_when_a_plan_is_applied(table):
    coding_round = table.round_of(1, purpose="calibration")
    table.says(table.ada, coding_round, 0, ["Quota"])
    makers.move_round(table.session, table.lead, coding_round, "settling")
    before = table.session.execute(select(SubmittedCode.id, SubmittedCode.code_id)).all()
    applies(table, table.plans(merge(table, "Quota", into="Quota limit")))
    assert table.session.execute(select(SubmittedCode.id, SubmittedCode.code_id)).all() == before


def test_a_code_is_taken_out_of_an_earlier_merger_with_what_came_along(table):
    lead, session, study_id = table.lead, table.session, table.lead.study.id
    other = makers.make_code(session, lead, table.cause, "Limits", is_category=True)
    below = makers.make_code(session, lead, table.cause, "Disk full", parent_id=table.above.id)
    merge_codes(session, study_id, lead.member, table.above.id, other.id, reason="r")
    merge_codes(session, study_id, lead.member, table.id("Quota"), table.id("Quota limit"), reason="r")
    plan = table.plans(PlannedStep("take_out", (table.above.id, table.id("Quota"))))

    applies(table, plan)

    codes = table.draft(plan).codebook.codes
    assert codes[table.above.id].is_active and codes[below.id].parent_id == table.above.id
    assert table.now("Quota").is_active and table.now("Quota").merged_into_id is None
    foreseen = table.draft(plan)
    assert all(each.problem for each in foreseen.steps)  # once applied it would make no sense a second time


def test_what_a_plan_foresees_is_what_applying_makes_of_the_tree(table):
    plan = table.plans(
        merge(table, "Quota", "Quota limit", name="Limits"),
        PlannedStep("roll_up", (-1, table.id("Node down")), name="Own capacity"),
        merge(table, "Bad config", into="Node down"),
    )
    foreseen = table.draft(plan).end
    by_name = {node.name: node for node in foreseen.values()}
    applies(table, plan)
    codes = table.draft(plan).codebook.codes

    def above(name: str) -> str | None:
        parent = by_name[name].parent
        return foreseen[parent].name if parent is not None else None

    assert {code.name: code.is_active for code in codes.values()} == {n: node.is_active for n, node in by_name.items()}
    assert {c.name: codes[c.parent_id].name if c.parent_id else None for c in codes.values()} == {
        name: above(name) for name in by_name
    }


@pytest.mark.parametrize(
    ("moves_on", "sentence"),
    [
        (lambda t: merge_codes(t.session, t.lead.study.id, t.lead.member, *t.ids("Quota", "Node down"), reason="r"),
         "Step 2 does not fit the codebook as it stands by now: “Quota” is merged into “Node down”. Nothing was"),
        (lambda t: retire_code(t.session, t.lead.study.id, t.lead.member, t.id("Quota limit"), reason="r"),
         "Step 2 does not fit the codebook as it stands by now: “Quota limit” is retired. Nothing was"),
        (lambda t: makers.make_code(t.session, t.lead, t.impact, "Worse"),
         "Step 1 does not fit the codebook as it stands by now: A code called “Worse” stands there already. Nothing"),
    ],
)  # fmt: skip
def test_a_codebook_that_moved_on_is_named_and_nothing_is_applied(table, moves_on, sentence):
    plan = table.plans(merge(table, "Errors", "Slow", name="Worse"), merge(table, "Quota", into="Quota limit"))
    moves_on(table)
    before = revisions(table)
    with pytest.raises(policy.StepDoesNotFit, match=sentence), table.session.begin_nested():
        applies(table, plan)
    assert revisions(table) == before and table.now("Errors").is_active
    table.session.refresh(plan)
    assert plan.ending is None


def test_a_codebook_that_moved_on_elsewhere_is_no_hindrance(table):
    plan = table.plans(merge(table, "Quota", into="Quota limit"))
    code = table.now("Node down")
    words = CodeText(code.name, "Another definition")
    edit_code(table.session, table.lead.study.id, table.lead.member, code.id, words, seen_seq=code.codebook_seq)
    applies(table, plan)
    assert not table.now("Quota").is_active


def test_nobody_applies_steps_that_they_did_not_see(table):
    plan = table.plans(merge(table, "Quota", into="Quota limit"))
    seen = plan.revision
    actions.add_step(table.session, table.lead, plan.id, merge(table, "Errors", into="Slow"))
    with pytest.raises(policy.PlanChanged):
        apply_plan(table.session, table.lead, plan.id, seen_revision=seen)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (lambda t: merge(t, "Quota", into="Errors"), "“Quota” and “Errors” answer different dimensions."),
        (lambda t: merge(t, "Quota", into="Quota"), "Choose the codes of this step."),
        (lambda t: merge(t, "Quota"), "Choose what the codes go into"),
        (lambda t: merge(t, "Quota", into="Node down", name="Both"), "Not both"),
        (lambda t: PlannedStep("merge", t.ids("Quota"), into=t.above.id), "the one cannot be merged into the other"),
        (lambda t: PlannedStep("roll_up", t.ids("Quota"), into=t.id("Node down")), "“Node down” is no category"),
        (lambda t: PlannedStep("take_out", t.ids("Quota")), "“Quota” is not merged into another code"),
        (lambda t: PlannedStep("split", t.ids("Quota")), "Choose what the step does."),
        (lambda t: merge(t, "Quota", name="x" * 121), "longer than 120 characters"),
        (lambda t: merge(t, "Quota", into="Node down", reason="x" * 5_001), "longer than 5,000 characters"),
    ],
)
def test_a_step_that_makes_no_sense_is_not_taken_into_the_plan(table, step, sentence):
    with pytest.raises(policy.Invalid, match=sentence):
        table.plans(step(table))


def test_a_step_counts_on_those_before_it_and_they_cannot_be_taken_from_under_it(table):
    plan = table.plans(merge(table, "Quota", "Quota limit", name="Limits"), PlannedStep("roll_up", (-1,), name="Own"))
    first, second = steps_of(table.session, plan)[0]
    with pytest.raises(policy.UnusableStep, match="“Quota” is merged into “Limits”"):
        actions.add_step(table.session, table.lead, plan.id, merge(table, "Quota", into="Node down"))
    with pytest.raises(policy.StepInUse, match="Step 2 uses the code"):
        actions.remove_step(table.session, table.lead, plan.id, first.id)
    with (
        pytest.raises(policy.StepDoesNotFit, match="In that order step 1 would make no sense"),
        table.session.begin_nested(),
    ):
        actions.move_step(table.session, table.lead, plan.id, second.id, earlier=True, seen_revision=plan.revision)
    actions.remove_step(table.session, table.lead, plan.id, second.id)
    actions.remove_step(table.session, table.lead, plan.id, first.id)
    assert steps_of(table.session, plan) == ([], {})


def test_a_new_name_that_stands_there_means_what_stands_there(table):
    plan = table.plans(merge(table, "Quota", "Quota limit", name="quota"))
    (row,), codes = steps_of(table.session, plan)
    assert (row.into_code_id, row.name, codes[row.id]) == (table.id("Quota"), "", [table.id("Quota limit")])


def test_steps_take_another_order_where_it_makes_sense(table):
    plan = table.plans(merge(table, "Quota", into="Node down"), merge(table, "Errors", into="Slow"))
    second = steps_of(table.session, plan)[0][1]
    seen = plan.revision
    actions.move_step(table.session, table.lead, plan.id, second.id, earlier=True, seen_revision=seen)
    assert steps_of(table.session, plan)[0][0].id == second.id
    with pytest.raises(policy.PlanChanged):
        actions.move_step(table.session, table.lead, plan.id, second.id, earlier=False, seen_revision=seen)


def test_a_private_plan_is_its_authors_alone_also_in_the_history(table):
    mine = table.plans(merge(table, "Quota", into="Node down"), by=table.ada)
    for other in (table.lead, table.ben):
        assert visible_plans(table.session, other) == []
        with pytest.raises(NotFound):
            visible_plan(table.session, other, mine.id)
        with pytest.raises(NotFound):
            actions.comment_on_plan(table.session, other, mine.id, "Hm")
        events = history(table.session, other, limit=50)
        assert not [each for each in events if each.kind.startswith("plan.")]
    assert [each.kind for each in history(table.session, table.ada, limit=2)] == ["plan.steps_added", "plan.made"]
    actions.share_plan(table.session, table.ada, mine.id, shared=True)
    assert visible_plans(table.session, table.ben) == [mine]


def test_promise_1_a_shared_plan_tells_and_steers_nobody_while_its_author_or_reader_codes(table):
    before = table.plans(merge(table, "Quota", into="Node down"), by=table.ada, shared=True)
    coding_round = table.round_of(1)
    outside = makers.make_member(table.session, table.lead)
    by_coder = table.plans(merge(table, "Errors", into="Slow"), by=table.ada, shared=True)
    by_lead = table.plans(merge(table, "Errors", into="Slow"), shared=True)
    actions.comment_on_plan(table.session, table.ada, before.id, "I take the first for both.")

    assert visible_plans(table.session, table.ben) == [before]
    assert visible_plans(table.session, table.lead) == visible_plans(table.session, outside) == [by_lead, before]
    assert comments_of(table.session, table.ben, before) == comments_of(table.session, table.lead, before) == []
    assert len(comments_of(table.session, table.ada, before)) == 1
    actions.add_step(table.session, table.ada, before.id, merge(table, "Errors", into="Slow"))
    assert visible_plans(table.session, table.ben) == []  # changed since the round began

    makers.move_round(table.session, table.lead, coding_round, "settling")
    assert visible_plans(table.session, table.ben) == [by_lead, by_coder, before]
    assert len(comments_of(table.session, table.ben, before)) == 1


def test_promise_1_nobody_tells_a_coder_of_a_running_round_by_steps_in_their_plan(table):
    plan = table.plans(merge(table, "Quota", into="Node down"), by=table.ada, shared=True)
    coding_round = table.round_of(1)
    step = merge(table, "Errors", into="Slow", reason="I always take the first.")
    for change in (
        lambda: actions.add_step(table.session, table.lead, plan.id, step),
        lambda: actions.add_steps(table.session, table.lead, plan.id, [step]),
        lambda: actions.remove_step(table.session, table.lead, plan.id, steps_of(table.session, plan)[0][0].id),
    ):
        with pytest.raises(policy.AuthorWouldBeTold):
            change()
    actions.drop_plan(table.session, table.lead, plan.id, reason="I take both for the same.")
    assert plan_page(table.session, table.ada, plan).ending_reason == ""
    assert plan_page(table.session, table.lead, plan).ending_reason == "I take both for the same."

    makers.move_round(table.session, table.lead, coding_round, "settling")
    assert plan_page(table.session, table.ada, plan).ending_reason == "I take both for the same."
    again = table.plans(merge(table, "Quota", into="Node down"), by=table.ada, shared=True)
    assert actions.add_step(table.session, table.lead, again.id, step).position == 2


def test_promise_1_a_code_that_is_its_authors_alone_is_in_no_plan(table):
    coding_round = table.round_of(1)
    assignment = makers.assignment_of(table.session, table.ada, coding_round)
    made = makers.act(
        table.session, table.ada, assignment, "create_code", dimension_id=table.cause.id, name="Only mine"
    ).code_id
    for who in (table.ada, table.lead):
        with pytest.raises(NotFound):
            table.plans(PlannedStep("merge", (made,), into=table.id("Quota")), by=who)
    plan = table.plans(merge(table, "Quota", "Node down", name="Only mine"))  # refusing the name would tell
    assert applies(table, plan).ending == "applied"


def test_readers_make_no_plans_and_coders_change_their_own_only(table):
    reader = makers.make_member(table.session, table.lead, role="reader")
    shared = table.plans(merge(table, "Quota", into="Node down"), shared=True)
    with pytest.raises(policy.ReadersDoNotPlan):
        table.plans(by=reader)
    with pytest.raises(policy.ReadersDoNotPlan):
        actions.comment_on_plan(table.session, reader, shared.id, "Hm")
    for act in (
        lambda: actions.add_step(table.session, table.ada, shared.id, merge(table, "Errors", into="Slow")),
        lambda: actions.share_plan(table.session, table.ada, shared.id, shared=False),
        lambda: actions.drop_plan(table.session, table.ada, shared.id, reason=""),
    ):
        with pytest.raises(policy.OthersPlan):
            act()
    own = table.plans(merge(table, "Quota", into="Node down"), by=table.ada, shared=True)
    with pytest.raises(policy.LeadApplies):
        apply_plan(table.session, table.ada, own.id, seen_revision=own.revision)
    actions.comment_on_plan(table.session, table.ada, shared.id, "Good")
    applies(table, own)
    assert not table.now("Quota").is_active


def test_a_plan_that_has_ended_stays_as_it_is(table):
    empty = table.plans()
    with pytest.raises(policy.NothingPlanned):
        applies(table, empty)
    actions.drop_plan(table.session, table.lead, empty.id, reason="Not worth it")
    for act in (
        lambda: actions.add_step(table.session, table.lead, empty.id, merge(table, "Errors", into="Slow")),
        lambda: actions.comment_on_plan(table.session, table.lead, empty.id, "Hm"),
        lambda: applies(table, empty),
    ):
        with pytest.raises(policy.PlanEnded):
            act()
    assert empty.ending_reason == "Not worth it"


def test_promise_7_everything_done_to_a_plan_is_in_the_events(table):
    plan = table.plans(merge(table, "Quota", into="Node down"), merge(table, "Errors", into="Slow"))
    first, second = steps_of(table.session, plan)[0]
    actions.move_step(table.session, table.lead, plan.id, second.id, earlier=True, seen_revision=plan.revision)
    actions.remove_step(table.session, table.lead, plan.id, first.id)
    actions.share_plan(table.session, table.lead, plan.id, shared=True)
    actions.comment_on_plan(table.session, table.lead, plan.id, "Good")
    applies(table, plan)
    of_plans = select(StudyEvent.kind).where(StudyEvent.kind.startswith("plan.")).order_by(StudyEvent.id)
    assert table.session.scalars(of_plans).all() == [
        "plan.made", "plan.steps_added", "plan.step_moved", "plan.step_removed", "plan.shared", "plan.commented",
        "plan.applied",
    ]  # fmt: skip
