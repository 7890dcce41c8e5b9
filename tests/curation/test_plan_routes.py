"""The pages of plans as forms without scripts and as htmx sends them."""

import re

import pytest

from app.codebook.actions import merge_codes, retire_code
from app.curation.plan_actions import PlannedStep
from app.curation.plan_queries import steps_of, visible_plans
from tests import makers
from tests.curation.plan_tables import Table, make_table
from tests.support.clients import HTMX, client_for

__all__ = ["client_for"]


@pytest.fixture
def table(session) -> Table:
    return make_table(session)


@pytest.fixture
def home(table) -> str:
    return f"/studies/{table.lead.study.slug}/codebook/plans"


def merging(table: Table, *names: str, into: str = "", **more: object) -> dict[str, object]:
    fields: dict[str, object] = {"kind": "merge", "dimension": table.cause.id, "codes": list(table.ids(*names))}
    return {**fields, "into": table.id(into) if into else "", **more}


def test_a_plan_is_made_filled_shared_said_to_and_applied_by_plain_forms(table, home, client_for):
    client = client_for(table.ada)
    made = client.post(home, data={"name": "Fewer causes"}, follow_redirects=False)
    assert made.status_code == 303
    address = made.headers["location"]
    added = client.post(f"{address}/steps", data=merging(table, "Quota", "Quota limit", name="Limits", reason="One."))
    assert added.status_code == 303
    assert "Merge <b>Quota</b>, <b>Quota limit</b> into <b>Limits</b>" in flat(client.get(address).text)
    assert client_for(table.lead).get(address).status_code == 404
    client.post(f"{address}/sharing", data={"sharing": "shared"})
    client.post(f"{address}/comments", data={"text": "What do you think?"})

    lead = client_for(table.lead)
    shown = lead.get(address)
    assert "What do you think?" in shown.text and "Apply the plan" in shown.text
    seen = re.search(r'name="seen_revision" value="(\d+)"', shown.text)
    assert seen
    applied = lead.post(f"{address}/application", data={"seen_revision": seen[1], "reason": "Agreed."})
    assert applied.status_code == 303 and f"Applied by {table.lead.name}: Agreed." in lead.get(address).text
    assert not table.draft(visible_plans(table.session, table.lead)[0]).codebook.codes[table.id("Quota")].is_active


def test_htmx_gets_the_plan_and_nothing_else(table, home, client_for):
    plan = table.plans()
    client = client_for(table.lead)
    address = f"{home}/{plan.id}"
    answer = client.post(f"{address}/steps", data=merging(table, "Quota", into="Node down"), headers=HTMX)
    assert (
        answer.status_code == 200 and answer.text.lstrip().startswith('<div id="plan"') and "<html" not in answer.text
    )
    second = client.post(f"{address}/steps", data=merging(table, "Bad config", into="Node down"), headers=HTMX)
    step = steps_of(table.session, plan)[0][1]
    seen = re.search(r'name="seen_revision" value="(\d+)"', second.text)
    assert seen
    moved = client.post(
        f"{address}/steps/{step.id}/moves", data={"to": "earlier", "seen_revision": seen[1]}, headers=HTMX
    )
    assert moved.status_code == 200 and steps_of(table.session, plan)[0][0].id == step.id
    left = client.post(f"{address}/steps/{step.id}/removal", headers=HTMX)
    assert left.status_code == 200 and len(steps_of(table.session, plan)[0]) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"codes": []}, "Choose the codes of this step."),
        ({"into": "", "name": ""}, "Choose what the codes go into, or give a new name."),
        ({"kind": "burn"}, "Choose what the step does."),
        ({"name": "x" * 121, "into": ""}, "longer than 120 characters"),
    ],
)
def test_what_is_wrong_with_a_step_stands_at_its_field_and_what_was_typed_stays(
    table, home, client_for, fields, sentence
):
    plan = table.plans()
    sent = merging(table, "Quota", into="Node down", reason="Because I say so") | fields
    answer = client_for(table.lead).post(f"{home}/{plan.id}/steps", data=sent)
    assert answer.status_code == 422 and sentence in answer.text
    assert "Because I say so" in answer.text and 'aria-invalid="true"' in answer.text
    assert steps_of(table.session, plan)[0] == []


def test_a_code_of_another_study_is_not_found(table, home, client_for, session):
    stranger = make_table(session)
    plan = table.plans()
    fields = merging(table, "Quota") | {"into": stranger.id("Quota")}
    assert client_for(table.lead).post(f"{home}/{plan.id}/steps", data=fields).status_code == 404
    assert client_for(stranger.lead).get(f"{home}/{plan.id}").status_code == 404


def test_looking_for_codes_keeps_what_is_chosen_and_typed(table, home, client_for):
    plan = table.plans()
    query = {"find": "node", "codes": [table.id("Quota")], "dimension": table.cause.id, "name": "Halfway"}
    shown = client_for(table.lead).get(f"{home}/{plan.id}", params=query).text
    listed = re.findall(r'name="codes" value="(\d+)" id="[^"]*"( checked)?', shown)
    assert listed == [(str(table.id("Node down")), ""), (str(table.id("Quota")), " checked")]
    assert 'value="Halfway"' in shown and "3 codes not shown" in shown


def test_a_merged_code_is_taken_out_again_by_one_press(table, home, client_for):
    lead = table.lead
    merge_codes(table.session, lead.study.id, lead.member, *table.ids("Quota", "Node down"), reason="r")
    plan = table.plans()
    client = client_for(lead)
    assert "Take Quota out of Node down again" in client.get(f"{home}/{plan.id}").text
    fields = {"kind": "take_out", "dimension": table.cause.id, "codes": table.id("Quota")}
    client.post(f"{home}/{plan.id}/steps", data=fields)
    assert "Take <b>Quota</b> out of <b>Node down</b> again" in flat(client.get(f"{home}/{plan.id}").text)


def test_near_duplicates_are_added_by_one_press_and_then_proposed_no_more(table, home, client_for):
    makers.make_code(table.session, table.lead, table.cause, "Quotas")
    coding_round = table.round_of(1, purpose="calibration")
    table.says(table.ada, coding_round, 0, ["Quota"])
    table.codes["Quotas"] = next(c for c in table.draft(table.plans()).codebook.codes.values() if c.name == "Quotas")
    table.says(table.ben, coding_round, 0, ["Quotas"])
    makers.move_round(table.session, table.lead, coding_round, "settling")
    plan = table.plans()
    client = client_for(table.lead)
    near = f"{home}/{plan.id}/near-duplicates?dimension={table.cause.id}"

    shown = client.get(near).text
    assert "On 1 incident one coder gave the one and another the other." in flat(shown)
    fields = merging(table, "Quotas", into="Quota", from_near="1", reason="Nearly the same.")
    answer = client.post(f"{home}/{plan.id}/steps", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, near)
    assert "1 step in the plan; 0 pairs left here." in client.get(near).text
    by_script = client.post(f"{home}/{plan.id}/steps", data=fields, headers=HTMX)
    assert by_script.status_code == 422 and "“Quotas” is merged into “Quota”" in by_script.text


def test_a_plan_that_no_longer_fits_says_so_and_is_answered_409(table, home, client_for):
    plan = table.plans(PlannedStep("merge", table.ids("Quota"), into=table.id("Node down")))
    client = client_for(table.lead)
    retire_code(table.session, table.lead.study.id, table.lead.member, table.id("Quota"), reason="r")
    shown = client.get(f"{home}/{plan.id}").text
    assert "Does not fit the codebook as it stands: “Quota” is retired." in flat(shown)
    typed = {"seen_revision": plan.revision, "reason": "Coders mix them up."}
    answer = client.post(f"{home}/{plan.id}/application", data=typed)
    assert answer.status_code == 409 and "Step 1 does not fit the codebook" in answer.text
    assert 'value="Coders mix them up."' in answer.text


def test_the_same_form_sent_twice_is_one_step_and_one_comment(table, home, client_for):
    plan = table.plans()
    client = client_for(table.lead)
    for _ in range(2):
        client.post(f"{home}/{plan.id}/comments", data={"text": "Good", "form_key": "a"})
        client.post(f"{home}/{plan.id}/steps", data=merging(table, "Quota", into="Node down", form_key="b"))
    assert client.get(f"{home}/{plan.id}").text.count("<br>Good") == 1
    assert len(steps_of(table.session, plan)[0]) == 1


def test_figures_stand_with_interval_and_n_and_are_called_post_hoc(table, home, client_for):
    coding_round = table.round_of(4)
    for at, (mine, theirs) in enumerate(
        (("Quota", "Quota limit"), ("Quota", "Quota"), ("Node down", "Node down"), ("Bad config", "Quota"))
    ):
        table.says(table.ada, coding_round, at, [mine])
        table.says(table.ben, coding_round, at, [theirs])
    makers.move_round(table.session, table.lead, coding_round, "settling")
    plan = table.plans(PlannedStep("merge", table.ids("Quota limit"), into=table.id("Quota")), shared=True)
    for viewer in (table.lead, table.ada, makers.make_member(table.session, table.lead, role="reader")):
        shown = flat(client_for(viewer).get(f"{home}/{plan.id}").text)
        assert "post hoc" in shown and "Today’s codebook" in shown and "Under the plan" in shown
        row = shown[shown.index('<th scope="row">α</th>') :]
        row = row[: row.index("</tr>")]
        assert len(re.findall(r'class="figure">[−.\d]+</span> <span class="interval">\[[−.\d, ]+\]', row)) == 2
        assert '<td class="number">4</td>' in row


def flat(html: str) -> str:
    return " ".join(html.split())
