import pytest
from sqlalchemy import select

from app.adjudication import actions, queries
from app.adjudication.comparison import open_comparison
from app.adjudication.models import FinalCode
from app.codebook import actions as codebook
from app.coding.acts import apply_offered
from app.coding.models import SubmittedCode
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import Table, make_table


def finals(table: Table, *, at: int = 0, with_superseded: bool = False) -> list[tuple[int, str, int | None, str]]:
    """(dimension, state, code, basis) of one incident."""
    query = select(FinalCode).where(
        FinalCode.study_id == table.lead.study.id, FinalCode.incident_id == table.incidents[at].id
    )
    if not with_superseded:
        query = query.where(FinalCode.superseded_at.is_(None))
    rows = table.session.scalars(query.order_by(FinalCode.id)).all()
    return [(row.dimension_id, row.state, row.code_id, row.basis) for row in rows]


def kinds(table: Table) -> list[tuple[int, str]]:
    return [(each.dimension.id, each.kind) for each in queries.disagreements(table.session, table.coding_round)]


def test_unanimous_answers_finish_by_themselves(table):
    table.codes(table.ada, [table.config], [table.slow, table.down])
    table.codes(table.ben, [table.config], [table.down, table.slow])
    table.steps_to("settling")

    assert finals(table) == [
        (table.cause.id, "coded", table.config.id, "unanimous"),
        (table.symptom.id, "coded", table.slow.id, "unanimous"),
        (table.symptom.id, "coded", table.down.id, "unanimous"),
    ]
    assert kinds(table) == []


def test_unanimous_answers_without_a_code_finish_too(table):
    table.codes(table.ada, "not_enough_information", "none_applies")
    table.codes(table.ben, "not_enough_information", "none_applies")
    table.steps_to("settling")

    assert finals(table) == [
        (table.cause.id, "not_enough_information", None, "unanimous"),
        (table.symptom.id, "none_applies", None, "unanimous"),
    ]


def test_what_all_took_over_from_a_model_is_unanimous_after_suggestion(table):
    for coder, origin in ((table.ada, "accepted"), (table.ben, "revised")):
        assignment = table.assignment(coder)
        offer = {"dimension_id": table.cause.id, "code_id": table.config.id, "origin": origin}
        apply_offered(
            table.session,
            coder,
            assignment.id,
            makers.next_request(table.session, assignment, "apply_offered", **offer),
        )
        makers.act(table.session, coder, assignment, "submit", incomplete=True)
    table.steps_to("settling")

    assert finals(table) == [(table.cause.id, "coded", table.config.id, "unanimous_after_suggestion")]


def hands_in_again(table, coder, code):
    assignment = table.assignment(coder)
    makers.act(table.session, coder, assignment, "take_back")
    if code is not None:
        table.codes(coder, [code], "")
    else:
        makers.act(table.session, coder, assignment, "submit", incomplete=True)


@pytest.mark.parametrize(
    ("first", "looks", "basis"),
    [
        ("network", True, "unanimous_after_comparing"),
        ("config", True, "unanimous"),  # they agreed before anybody looked
        ("network", False, "unanimous"),  # Ben thought better of it alone
    ],
)
def test_what_coders_agree_on_only_once_they_compared_says_so(session, first, looks, basis):
    table = make_table(session, reveal="each_incident", code_sharing="shared")
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [getattr(table, first)], "")
    if looks:
        open_comparison(session, table.ben, table.assignment(table.ben).id)
    hands_in_again(table, table.ben, None if first == "config" else table.config)
    table.steps_to("settling")

    assert finals(table) == [(table.cause.id, "coded", table.config.id, basis)]


def test_an_answer_that_changed_after_a_round_was_opened_and_run_again_says_so(session, table):
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.network], "")
    table.steps_to("settling")
    table.opens(table.ben)
    table.steps_to("running", reason="Ben had missed a paragraph.")
    hands_in_again(table, table.ben, table.config)
    table.steps_to("settling")

    assert [final[3] for final in finals(table)] == ["unanimous_after_comparing"]


def test_one_own_code_among_taken_over_ones_is_plainly_unanimous(table):
    assignment = table.assignment(table.ada)
    offer = {"dimension_id": table.cause.id, "code_id": table.config.id, "origin": "accepted"}
    request = makers.next_request(table.session, assignment, "apply_offered", **offer)
    apply_offered(table.session, table.ada, assignment.id, request)
    makers.act(table.session, table.ada, assignment, "submit", incomplete=True)
    table.codes(table.ben, [table.config], "")
    table.steps_to("settling")

    assert finals(table) == [(table.cause.id, "coded", table.config.id, "unanimous")]


def test_what_just_one_coder_coded_is_final_as_single_coded(table):
    table.codes(table.ada, [table.config])
    table.steps_to("settling")

    assert {basis for *_, basis in finals(table)} == {"single_coder"}


def test_skipped_by_one_is_a_disagreement(table):
    table.codes(table.ada, [table.config])
    makers.act(table.session, table.ben, table.assignment(table.ben), "skip", reason="No cause in the text")
    table.steps_to("settling")

    assert kinds(table) == [(table.cause.id, "missing"), (table.symptom.id, "missing")]
    assert finals(table) == []


def test_a_dimension_left_open_by_one_is_a_disagreement(table):
    table.codes(table.ada, [table.config], "none_applies")
    table.codes(table.ben, [table.config], "")
    table.steps_to("settling")

    assert kinds(table) == [(table.symptom.id, "missing")]


def test_another_main_code_is_a_disagreement(table):
    for coder, main in ((table.ada, table.slow), (table.ben, table.down)):
        assignment = table.assignment(coder)
        for code in (table.slow, table.down):
            makers.act(table.session, coder, assignment, "toggle_code", dimension_id=table.symptom.id, code_id=code.id)
        makers.act(table.session, coder, assignment, "set_main", dimension_id=table.symptom.id, code_id=main.id)
        makers.act(table.session, coder, assignment, "submit", incomplete=True)
    table.steps_to("settling")

    assert kinds(table) == [(table.symptom.id, "main")]


def test_the_strongest_disagreement_comes_first_and_the_list_can_be_narrowed(session):
    table = make_table(session, incidents=3)
    table.codes(table.ada, [table.config], [table.slow], at=0)
    table.codes(table.ben, [table.config], [table.slow, table.down], at=0)
    table.codes(table.ada, [table.config], [table.slow], at=1)
    table.codes(table.ben, [table.network], [table.slow], at=1)
    table.codes(table.ada, [table.config], [table.slow], at=2)
    table.codes(table.ben, [table.config], [table.slow], at=2)
    table.steps_to("settling")

    found = queries.disagreements(session, table.coding_round)

    assert [(each.incident.number, each.dimension.name, each.strength) for each in found] == [
        (2, "Root cause", 1.0),
        (1, "Symptom", 0.5),
    ]
    assert found[0].coder_ids == (table.ada.member.id, table.ben.member.id)
    only_symptom = queries.disagreements(session, table.coding_round, dimension_id=table.symptom.id)
    assert [each.dimension.id for each in only_symptom] == [table.symptom.id]
    assert queries.disagreements(session, table.coding_round, standing="ruled") == []
    assert queries.queue(session, table.coding_round).agreed == 4


def test_reopening_withdraws_what_settled_by_itself_and_settling_again_takes_the_new_answers(table):
    table.codes(table.ada, [table.config], "")
    table.codes(table.ben, [table.config], "")
    table.steps_to("settling")
    table.steps_to("running", reason="Ben misread the incident")
    assert finals(table) == []

    ben = table.assignment(table.ben)
    makers.act(table.session, table.ben, ben, "take_back")
    toggle = {"dimension_id": table.cause.id, "code_id": table.network.id}
    makers.act(table.session, table.ben, ben, "toggle_code", **toggle)
    makers.act(table.session, table.ben, ben, "submit", incomplete=True)
    table.steps_to("settling")

    assert kinds(table) == [(table.cause.id, "apart")]
    assert finals(table) == []
    assert len(finals(table, with_superseded=True)) == 1
    reasons = [
        event.details["reason"]
        for event in table.session.scalars(select(StudyEvent).where(StudyEvent.kind == "final_codes.withdrawn"))
    ]
    assert reasons == ["Ben misread the incident"]


def test_a_ruling_stays_through_a_reopening(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.human)
    apart.steps_to("running", reason="One more look")
    apart.steps_to("settling")

    assert (apart.cause.id, "coded", apart.human.id, "third_person") in finals(apart)
    assert (apart.symptom.id, "none_applies", None, "unanimous") in finals(apart)


def test_a_later_round_supersedes_and_an_earlier_one_does_not(session):
    table = make_table(session)
    first = table.coding_round
    second = makers.make_round(session, table.lead, [table.ada, table.ben], table.incidents)
    for coding_round, code in ((first, table.config), (second, table.network)):
        table.coding_round = coding_round
        table.codes(table.ada, [code], "")
        table.codes(table.ben, [code], "")
    table.steps_to("settling")
    assert finals(table) == [(table.cause.id, "coded", table.network.id, "unanimous")]

    table.coding_round = first
    table.steps_to("settling")

    assert finals(table) == [(table.cause.id, "coded", table.network.id, "unanimous")]
    third = makers.make_round(session, table.lead, [table.ada], table.incidents, purpose="recoding")
    table.coding_round = third
    table.codes(table.ada, [table.human], "")
    table.steps_to("settling")
    assert finals(table) == [(table.cause.id, "coded", table.human.id, "single_coder")]


def test_promise_8_a_merge_leaves_what_was_submitted_and_what_is_final_as_it_was(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config)
    submitted = select(SubmittedCode.code_id).where(SubmittedCode.study_id == apart.lead.study.id)
    before = (sorted(apart.session.scalars(submitted)), finals(apart))

    codebook.merge_codes(
        apart.session, apart.lead.study.id, apart.lead.member, apart.config.id, apart.human.id, reason="The same"
    )

    assert (sorted(apart.session.scalars(submitted)), finals(apart)) == before
    assert kinds(apart) == [(apart.cause.id, "apart")]


def test_coders_whose_codes_are_merged_later_still_disagree_as_submitted(apart):
    codebook.merge_codes(
        apart.session, apart.lead.study.id, apart.lead.member, apart.config.id, apart.network.id, reason="The same"
    )

    assert kinds(apart) == [(apart.cause.id, "apart")]


def test_promise_7_settling_opening_ruling_commenting_and_reopening_are_recorded(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.human)
    actions.comment(
        apart.session, apart.ada, apart.coding_round, apart.incident.id, apart.cause.id, "I saw the push only."
    )
    apart.steps_to("running", reason="One more look")
    recorded = apart.session.scalars(
        select(StudyEvent).where(StudyEvent.study_id == apart.lead.study.id).order_by(StudyEvent.id)
    ).all()
    ours = [event for event in recorded if event.kind.split(".")[0] in ("final_codes", "answers", "ruling", "comment")]

    assert [(event.kind, event.member_id) for event in ours] == [
        ("final_codes.settled", apart.lead.member.id),
        ("answers.opened", apart.judge.member.id),
        ("ruling.made", apart.judge.member.id),
        ("comment.made", apart.ada.member.id),
        ("final_codes.withdrawn", apart.lead.member.id),
    ]
    assert {event.veiled_by_round_id for event in ours} == {apart.coding_round.id}
