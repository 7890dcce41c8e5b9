"""A ruling that makes a rule of a code: written by the lead with the ruling, proposed by anybody else."""

import pytest
from sqlalchemy import select

from app.adjudication import rule_lines
from app.adjudication.models import FinalCode, Ruling
from app.adjudication.rule_lines import RuleWords
from app.adjudication.ruling_models import RuleDecision, RulingRule
from app.codebook.actions import CodeText, edit_code
from app.codebook.queries import current_seq, visible_codebook
from app.codebook.revisions import ChangedMeanwhile
from app.codebook.rows import codebook_is_written
from app.problems import NotFound
from tests.adjudication.test_pages import ruling_form

LINE = "The push itself was wrong."


def code_now(table, code):
    return visible_codebook(table.session, table.lead.study.id, table.lead.member.id).codes[code.id]


def rule(table, **words):
    said = {"code_id": table.config.id, "kind": "use_when", "line": LINE, "example": (4, 11)}
    seen = current_seq(table.session, table.lead.study.id)
    return RuleWords(**{**said, "seen_seq": seen, **words})


def rewords(table, code, **texts):
    now = code_now(table, code)
    words = CodeText(**{**CodeText.of(now).__dict__, **texts})
    edit_code(
        table.session, table.lead.study.id, table.lead.member, code.id, words,
        seen_seq=now.codebook_seq, parent_id=now.parent_id, reason="Clearer",
    )  # fmt: skip


def test_the_leads_rule_goes_into_the_codebook_with_the_ruling(apart):
    apart.opens(apart.lead)

    ruling = apart.rules(apart.lead, apart.config, cause="definition_gap", rule=rule(apart))

    code = code_now(apart, apart.config)
    assert code.use_when == LINE
    assert [(e["kind"], e["text"], e["incident_id"]) for e in code.examples] == [
        ("typical", "gateway", apart.incident.id)
    ]
    rows = apart.session.scalars(select(RulingRule).where(RulingRule.ruling_id == ruling.id)).all()
    assert {(row.kind, row.text) for row in rows} == {("use_when", LINE), ("example", "gateway")}
    decided = apart.session.scalars(select(RuleDecision).where(RuleDecision.study_id == apart.lead.study.id)).all()
    assert {row.codebook_seq for row in decided} == {code.codebook_seq}


def test_a_new_line_comes_below_what_stands_there(apart):
    rewords(apart, apart.network, not_when="A cable was cut.")
    apart.opens(apart.lead)
    apart.rules(apart.lead, apart.config, rule=rule(apart, code_id=apart.network.id, kind="not_when", example=None))

    assert code_now(apart, apart.network).not_when == f"A cable was cut.\n{LINE}"


def test_a_line_that_stands_there_already_is_not_written_twice(apart):
    rewords(apart, apart.config, use_when=LINE)
    before = code_now(apart, apart.config).codebook_seq
    apart.opens(apart.lead)

    ruling = apart.rules(apart.lead, apart.config, rule=rule(apart, example=None))

    assert (code_now(apart, apart.config).use_when, code_now(apart, apart.config).codebook_seq) == (LINE, before)
    [drafted] = apart.session.scalars(select(RulingRule).where(RulingRule.ruling_id == ruling.id)).all()
    assert rule_lines.decision_on(apart.session, drafted).codebook_seq == before


def test_the_incident_that_gave_the_rule_is_not_stale_by_it(apart):
    apart.opens(apart.lead)
    apart.rules(apart.lead, apart.config, rule=rule(apart))

    final = apart.session.scalars(
        select(FinalCode).where(FinalCode.dimension_id == apart.cause.id, FinalCode.superseded_at.is_(None))
    ).one()
    assert final.codebook_seq >= code_now(apart, apart.config).codebook_seq


def test_of_an_adjudicator_it_is_a_proposal_until_the_lead_decides(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config, rule=rule(apart, example=None))
    assert code_now(apart, apart.config).use_when == ""
    [proposed] = apart.session.scalars(select(RulingRule).where(RulingRule.study_id == apart.lead.study.id)).all()

    seen = current_seq(apart.session, apart.lead.study.id)
    rule_lines.decide(apart.session, apart.lead, proposed.id, line="The push was wrong.", seen_seq=seen)

    assert code_now(apart, apart.config).use_when == "The push was wrong."
    with pytest.raises(rule_lines.DecidedMeanwhile):
        rule_lines.decide(apart.session, apart.lead, proposed.id, line=None)


def test_a_declined_rule_changes_nothing(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config, rule=rule(apart, example=None))
    [proposed] = apart.session.scalars(select(RulingRule).where(RulingRule.study_id == apart.lead.study.id)).all()

    rule_lines.decide(apart.session, apart.lead, proposed.id, line=None, reason="It says so already.")

    assert code_now(apart, apart.config).use_when == ""
    assert rule_lines.decision_on(apart.session, proposed).codebook_seq is None


@pytest.mark.parametrize("who", ["judge", "ada", "reader"])
def test_only_leads_decide_on_a_rule(apart, who):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config, rule=rule(apart))
    rule_id = apart.session.scalars(select(RulingRule.id).where(RulingRule.study_id == apart.lead.study.id)).first()

    with pytest.raises(rule_lines.LeadsDecide):
        rule_lines.decide(apart.session, getattr(apart, who), rule_id, line=LINE)


def test_a_rule_of_a_reopened_round_is_not_found(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config, rule=rule(apart))
    rule_id = apart.session.scalars(select(RulingRule.id).where(RulingRule.study_id == apart.lead.study.id)).first()
    apart.steps_to("running", reason="One more look")

    with pytest.raises(NotFound):
        rule_lines.decide(apart.session, apart.lead, rule_id, line=LINE)


def test_where_the_code_was_reworded_meanwhile_nothing_is_written(apart):
    apart.opens(apart.lead)
    drafted = rule(apart)
    rewords(apart, apart.config, use_when="Somebody else's line.")

    with pytest.raises(ChangedMeanwhile), apart.session.begin_nested():
        apart.rules(apart.lead, apart.config, rule=drafted)

    assert apart.session.scalars(select(Ruling).where(Ruling.study_id == apart.lead.study.id)).all() == []
    assert apart.session.scalars(select(RulingRule).where(RulingRule.study_id == apart.lead.study.id)).all() == []
    codebook_is_written(apart.session)
    assert code_now(apart, apart.config).use_when == "Somebody else's line."


def test_the_page_shows_both_where_the_code_was_reworded_meanwhile(apart, client_for):
    browser = client_for(apart.lead)
    browser.post(apart.address() + "/openings")
    seen = current_seq(apart.session, apart.lead.study.id)
    rewords(apart, apart.config, use_when="Somebody else’s line.")
    wanted = ruling_form(apart, apart.config, cause="definition_gap")
    wanted |= {"needs_rule": "1", "rule_code": apart.config.id, "rule_kind": "use_when", "rule_line": LINE}

    answer = browser.post(apart.address() + "/rulings", data={**wanted, "rule_seen_seq": seen})

    assert answer.status_code == 409
    assert "Somebody else’s line." in answer.text and LINE in answer.text
    again = browser.post(
        apart.address() + "/rulings", data={**wanted, "rule_seen_seq": current_seq(apart.session, apart.lead.study.id)}
    )
    assert again.status_code == 303
    assert code_now(apart, apart.config).use_when == f"Somebody else’s line.\n{LINE}"


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"line": " ", "example": None}, rule_lines.NoRule),
        ({"kind": "sometimes"}, rule_lines.NoRule),
        ({"line": "x" * 2_001}, rule_lines.RuleTooLong),
        ({"example": (10**6, 10**6 + 3)}, rule_lines.NoSuchQuote),
        ({"example": (3, 3)}, rule_lines.NoSuchQuote),
        ({"code_id": None}, rule_lines.NoRuleCode),
        ({"code_id": 10**15}, NotFound),
    ],
)
def test_a_rule_must_be_whole(apart, words, refusal):
    apart.opens(apart.lead)

    with pytest.raises(refusal):
        apart.rules(apart.lead, apart.config, rule=rule(apart, **words))


def test_a_code_of_another_dimension_takes_no_rule_of_this_one(apart):
    apart.opens(apart.lead)

    with pytest.raises(NotFound):
        apart.rules(apart.lead, apart.config, rule=rule(apart, code_id=apart.slow.id))


def test_without_the_tick_no_rule_is_made(apart, client_for):
    browser = client_for(apart.lead)
    browser.post(apart.address() + "/openings")
    typed = ruling_form(apart, apart.config) | {"rule_code": apart.config.id, "rule_line": LINE}

    assert browser.post(apart.address() + "/rulings", data=typed).status_code == 303
    assert apart.session.scalars(select(RulingRule).where(RulingRule.study_id == apart.lead.study.id)).all() == []


def test_a_tick_without_a_line_is_said_at_the_line(apart, client_for):
    browser = client_for(apart.lead)
    browser.post(apart.address() + "/openings")
    typed = ruling_form(apart, apart.config) | {"rule_code": apart.config.id, "needs_rule": "1"}

    answer = browser.post(apart.address() + "/rulings", data=typed)

    assert answer.status_code == 422 and "Write the line, or take a quote" in answer.text
