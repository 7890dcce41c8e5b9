import pytest
from sqlalchemy import select

from app.adjudication import actions, policy, queries
from app.adjudication.disagreement_page import disagreement_page
from app.adjudication.models import FinalCode, Ruling
from app.coding.models import Memo
from app.problems import NotFound
from tests import makers


def current(table):
    rows = table.session.scalars(
        select(FinalCode).where(
            FinalCode.study_id == table.lead.study.id,
            FinalCode.dimension_id == table.cause.id,
            FinalCode.superseded_at.is_(None),
        )
    ).all()
    return [(row.state, row.code_id, row.basis, row.ruling_id) for row in rows]


def page_for(table, viewer, dimension=None):
    place = (table.incident.id, (dimension or table.cause).id)
    return disagreement_page(table.session, viewer, table.coding_round, *place)


def test_a_ruling_becomes_the_final_code(apart):
    apart.opens(apart.judge)

    ruling = apart.rules(apart.judge, apart.config)

    assert ruling.method == "adopted"
    assert current(apart) == [("coded", apart.config.id, "third_person", ruling.id)]
    assert queries.disagreements(apart.session, apart.coding_round, standing="open") == []
    assert len(queries.disagreements(apart.session, apart.coding_round, standing="ruled")) == 1


def test_a_code_that_no_coder_chose_can_be_ruled(apart):
    apart.opens(apart.judge)

    assert apart.rules(apart.judge, apart.human).method == "other"


def test_none_applies_can_be_ruled(apart):
    apart.opens(apart.judge)
    ruling = apart.rules(apart.judge, apart.config, state="none_applies", code_ids=[])

    assert current(apart) == [("none_applies", None, "third_person", ruling.id)]


def test_codes_of_several_coders_can_be_combined_under_a_main_one(table):
    table.codes(table.ada, "", [table.slow])
    table.codes(table.ben, "", [table.down])
    table.steps_to("settling")
    table.opens(table.judge, table.symptom)
    both = {"code_ids": [table.slow.id, table.down.id], "main_code_id": table.down.id}

    assert table.rules(table.judge, table.slow, table.symptom, **both).method == "combined"
    finals = table.session.scalars(select(FinalCode).where(FinalCode.study_id == table.lead.study.id)).all()
    assert {(row.code_id, row.is_main) for row in finals} == {(table.slow.id, False), (table.down.id, True)}


def test_with_a_coder_taking_part_the_basis_is_discussed(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config, participant_ids=[apart.ada.member.id])

    assert current(apart)[0][2] == "discussed"


def test_a_ruler_who_coded_the_incident_makes_it_discussed(session):
    lead = makers.make_study(session)
    ada = makers.make_member(session, lead)
    cause = makers.make_dimension(session, lead, "Root cause")
    codes = [makers.make_code(session, lead, cause, name) for name in ("Configuration", "Network")]
    [incident] = makers.make_incidents(session, lead, 1)
    coding_round = makers.make_round(session, lead, [lead, ada], [incident])
    for coder, code in zip((lead, ada), codes, strict=True):
        makers.code_and_submit(session, coder, makers.assignment_of(session, coder, coding_round), {cause.id: [code]})
    actions.change_phase(session, lead, coding_round.number, "settling")
    actions.open_answers(session, lead, coding_round, incident.id, cause.id)
    words = actions.RulingWords(state="coded", code_ids=[codes[0].id], cause="slip", reason="It says so.")
    actions.rule(session, lead, coding_round, incident.id, cause.id, words)

    assert session.scalars(select(FinalCode.basis).where(FinalCode.study_id == lead.study.id)).all() == ["discussed"]


def test_a_later_ruling_supersedes_the_former_and_both_stay_on_record(apart):
    apart.opens(apart.judge)
    first = apart.rules(apart.judge, apart.config)
    apart.opens(apart.lead)
    second = apart.rules(apart.lead, apart.human, seen_ruling_id=first.id)

    assert second.supersedes_id == first.id
    assert current(apart) == [("coded", apart.human.id, "third_person", second.id)]
    assert [shown.ruling.id for shown in page_for(apart, apart.lead).rulings] == [second.id, first.id]


def test_a_ruling_on_an_old_state_is_refused(apart):
    apart.opens(apart.judge)
    apart.opens(apart.lead)
    first = apart.rules(apart.judge, apart.config)

    with pytest.raises(policy.RuledMeanwhile):
        apart.rules(apart.lead, apart.human)
    assert [
        row.id for row in apart.session.scalars(select(Ruling).where(Ruling.round_id == apart.coding_round.id))
    ] == [first.id]


@pytest.mark.parametrize("who", ["ada", "ben", "reader"])
def test_who_neither_leads_nor_adjudicates_may_not_rule(apart, who):
    viewer = getattr(apart, who)
    apart.opens(viewer)

    with pytest.raises(policy.OthersRule):
        apart.rules(viewer, apart.config)


def test_who_has_not_opened_the_answers_may_not_rule(apart):
    with pytest.raises(policy.NotOpened):
        apart.rules(apart.judge, apart.config)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"reason": "  "}, policy.NoReason),
        ({"reason": "x" * 5_001}, policy.TooLong),
        ({"cause": ""}, policy.NoCause),
        ({"cause": "boredom"}, policy.NoSuchChoice),
        ({"method": "dice"}, policy.NoSuchChoice),
        ({"code_ids": []}, policy.NoAnswer),
        ({"state": "guessed"}, policy.NoAnswer),
        ({"state": "none_applies"}, policy.CodesOrState),
        ({"main_code_id": 1}, policy.MainNotChosen),
        ({"code_ids": [10**15]}, NotFound),
        ({"participant_ids": [10**15]}, NotFound),
    ],
)
def test_a_ruling_must_be_whole(apart, words, refusal):
    apart.opens(apart.judge)

    with pytest.raises(refusal):
        apart.rules(apart.judge, apart.config, **words)


def test_one_code_only_where_the_dimension_takes_one(apart):
    apart.opens(apart.judge)

    with pytest.raises(policy.OneCodeOnly):
        apart.rules(apart.judge, apart.config, code_ids=[apart.config.id, apart.network.id])


def test_a_code_of_another_dimension_is_not_found(apart):
    apart.opens(apart.judge)

    with pytest.raises(NotFound):
        apart.rules(apart.judge, apart.slow)


def test_a_category_cannot_be_final(apart):
    category = makers.make_code(apart.session, apart.lead, apart.cause, "Change", is_category=True)
    apart.opens(apart.judge)

    with pytest.raises(policy.CodeNotUsable):
        apart.rules(apart.judge, category)


def test_what_the_coders_agree_on_cannot_be_ruled(apart):
    apart.opens(apart.judge)

    with pytest.raises(policy.NothingToSettle):
        apart.rules(apart.judge, apart.slow, apart.symptom)


def test_nothing_is_ruled_in_a_running_round(apart):
    apart.opens(apart.judge)
    apart.steps_to("running", reason="One more look")

    with pytest.raises(NotFound):
        apart.rules(apart.judge, apart.config)


def test_nothing_is_ruled_in_a_closed_round(apart):
    apart.opens(apart.judge)
    apart.steps_to("closed", reason="Nobody is left to ask.")

    with pytest.raises(policy.NotSettling):
        apart.rules(apart.judge, apart.config)


def test_what_nobody_answered_is_not_found(apart):
    third = makers.make_dimension(apart.session, apart.lead, "Detection")

    with pytest.raises(NotFound):
        apart.opens(apart.judge, third)


def test_comments_are_for_those_who_code(apart):
    place = (apart.coding_round, apart.incident.id, apart.cause.id)

    with pytest.raises(policy.ReadersDoNotComment):
        actions.comment(apart.session, apart.reader, *place, "I think so too.")
    with pytest.raises(policy.NoComment):
        actions.comment(apart.session, apart.ada, *place, "  ")
    with pytest.raises(policy.TooLong):
        actions.comment(apart.session, apart.ada, *place, "x" * 5_001)
    apart.steps_to("running", reason="One more look")
    with pytest.raises(NotFound):
        actions.comment(apart.session, apart.ada, *place, "Too early.")


def test_a_comment_and_a_ruling_made_after_the_opening_need_another_one(apart):
    apart.opens(apart.ada)
    apart.opens(apart.judge)
    actions.comment(apart.session, apart.ben, apart.coding_round, apart.incident.id, apart.cause.id, "Look at line 2.")
    apart.rules(apart.judge, apart.config)

    seen = page_for(apart, apart.ada)
    assert (seen.is_opened, seen.hidden, seen.comments, seen.rulings) == (True, 2, (), ())

    apart.opens(apart.ada)
    seen = page_for(apart, apart.ada)
    assert (seen.hidden, len(seen.comments), len(seen.rulings)) == (0, 1, 1)


def test_a_private_memo_is_its_authors_alone_and_a_shared_one_needs_the_opening(apart):
    for coder, sharing in ((apart.ada, "private"), (apart.ben, "shared")):
        assignment = apart.assignment(coder)
        memo = Memo(
            study_id=apart.lead.study.id, member_id=coder.member.id, assignment_id=assignment.id, sharing=sharing,
            incident_id=apart.incident.id, subject_kind="incident", text=f"A {sharing} thought",
        )  # fmt: skip
        apart.session.add(memo)
    apart.session.flush()
    assert [answer.memos for answer in page_for(apart, apart.judge).answers] == []

    apart.opens(apart.judge)

    shown = [memo.text for answer in page_for(apart, apart.judge).answers for memo in answer.memos]
    assert shown == ["A shared thought"]
