"""Accept, change, reject: what was offered becomes the coder's own act, and the latest decision counts."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.codebook.queries import visible_codebook
from app.coding.acts import StaleAct
from app.coding.models import CodeApplication, Evidence, Submission
from app.coding.policy import ReadersDoNotCode
from app.db.session import Database
from app.problems import NotFound
from app.rounds.policy import RoundNotRunning
from app.studies.models import StudyEvent
from app.suggestions.deciding import Acting, Choice, decide
from app.suggestions.models import Suggestion, SuggestionDecision
from app.suggestions.offers import offers
from app.suggestions.opening import open_suggestions
from app.suggestions.policy import NoSuchDecision, NotAcceptable, NothingChosen, NotOpened, NotRejected, ReasonTooLong
from app.suggestions.queries import became
from app.suggestions.shown import ShownSuggestion
from tests import makers
from tests.suggestions.conftest import INVENTED, SAID, SECRET_NAME, Table, make_table


@pytest.fixture
def offered(table: Table) -> Table:
    """Ada has opened what the model says of her first incident."""
    table.ask()
    table.ada_opens()
    return table


def applied(table: Table) -> list[CodeApplication]:
    return list(table.session.scalars(select(CodeApplication).where(CodeApplication.assignment_id == table.adas.id)))


def decisions(table: Table) -> list[SuggestionDecision]:
    return list(table.session.scalars(select(SuggestionDecision).order_by(SuggestionDecision.id)))


def test_an_accepted_suggestion_is_applied_with_its_located_quotes(offered: Table) -> None:
    decided = offered.ada_decides(offered.of_cause(), "accept")

    (application,) = applied(offered)
    assert (application.code_id, application.origin) == (offered.network.id, "accepted")
    (decision,) = decisions(offered)
    assert (decision.decision, decision.code_id) == ("accepted", offered.network.id)
    assert decision.code_application_id == application.id
    assert not decided.taken_back


def test_promise_4_a_quote_the_text_does_not_hold_never_becomes_evidence(offered: Table) -> None:
    suggestion = offered.of_cause()
    assert [(entry["quote"], entry["status"], entry["start"]) for entry in suggestion.quotes] == [
        (SAID, "exact", 0),
        (INVENTED, "not_found", None),
    ]
    offered.ada_decides(suggestion, "accept")

    (evidence,) = offered.session.scalars(select(Evidence)).all()
    text = offered.incidents[0].text or ""
    assert text[evidence.start : evidence.end] == evidence.quote == SAID


def test_promise_4_every_located_quote_is_the_text_between_its_offsets(table: Table) -> None:
    """Also after an emoji, folded, in pieces and nearly alike."""
    quotes = [
        "for 40 minutes  after a bad",
        "502 😀 for … rolled the push back",
        "a bad confg push. We roled the push back",
    ]
    item = {"quotes": [{"paragraph": 1, "text": one} for one in quotes], "reasoning": "", "new_codes": []}
    table.ask(table.reply(**{f"d{table.cause.id}": item | {"codes": [f"c{table.network.id}"]}}), limit=1)

    text = table.incidents[0].text or ""
    entries = table.of_cause().quotes
    assert {entry["status"] for entry in entries} == {"folded", "pieces", "fuzzy"} and len(entries) == 4
    assert all(text[entry["start"] : entry["end"]] == entry["quote"] for entry in entries)


def test_an_accepted_new_code_is_coined_by_the_coder_as_a_suggestion(offered: Table) -> None:
    decided = offered.ada_decides(offered.of_symptom(), "accept")

    codebook = visible_codebook(offered.session, offered.lead.study.id, offered.ada.member.id)
    assert decided.answer is not None and decided.answer.code_id is not None
    code = codebook.codes[decided.answer.code_id]
    assert (code.name, code.origin, code.created_by) == (SECRET_NAME, "suggestion", offered.ada.member.id)


def test_a_suggestion_is_changed_to_another_code(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "change", code_id=offered.config.id)

    (application,), (decision,) = applied(offered), decisions(offered)
    assert (application.code_id, application.origin) == (offered.config.id, "revised")
    assert decision.decision == "changed"


def test_a_new_code_is_changed_to_a_name_of_the_coders_own(offered: Table) -> None:
    decided = offered.ada_decides(offered.of_symptom(), "change", name="Expired certificates")

    codebook = visible_codebook(offered.session, offered.lead.study.id, offered.ada.member.id)
    assert decided.answer is not None and decided.answer.code_id is not None
    assert codebook.codes[decided.answer.code_id].name == "Expired certificates"
    assert applied(offered)[0].origin == "revised"


def test_a_name_that_looks_like_one_that_is_there_is_that_code(offered: Table) -> None:
    """Letters made of two characters, and characters that nobody sees, make no second code and no refusal."""
    cafe = makers.make_code(offered.session, offered.lead, offered.symptom, "Caf\u00e9 slow")
    for name in ("CAFE\u0301 slow", "Caf\u00e9\u200b \u200dslow"):
        offered.ada_decides(offered.of_symptom(), "change", name=name)
        assert decisions(offered)[-1].code_id == cafe.id


def test_changing_to_what_was_offered_is_accepting(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "change", code_id=offered.network.id)

    assert decisions(offered)[0].decision == "accepted" and applied(offered)[0].origin == "accepted"


def test_a_rejected_suggestion_applies_nothing_and_keeps_the_reason(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "reject", reason="It was no network")
    offered.ada_decides(offered.of_cause(), "reject", reason="It was no network")

    (decision,) = decisions(offered)
    assert (decision.decision, decision.reason, decision.code_id) == ("rejected", "It was no network", None)
    assert applied(offered) == []


def test_a_rejection_is_an_act_that_is_undone_redone_and_taken_back(offered: Table) -> None:
    offered.ada_does("toggle_code", dimension_id=offered.cause.id, code_id=offered.config.id)
    offered.ada_decides(offered.of_cause(), "reject", reason="It was no network")
    assert (of_cause_shown(offered).decision, of_cause_shown(offered).reason) == ("rejected", "It was no network")

    offered.ada_does("undo")
    assert (of_cause_shown(offered).decision, of_cause_shown(offered).is_open) == ("", True)
    assert [one.code_id for one in applied(offered)] == [offered.config.id]  # and nothing else was undone
    offered.ada_does("redo")
    assert of_cause_shown(offered).reason == "It was no network"

    offered.ada_decides(offered.of_cause(), "reject", reason="It was the push")
    offered.ada_does("undo")
    assert of_cause_shown(offered).reason == "It was no network"
    offered.ada_does("redo")
    offered.ada_decides(offered.of_cause(), "restore")
    assert of_cause_shown(offered).decision == ""
    offered.ada_does("undo")
    assert of_cause_shown(offered).reason == "It was the push"
    assert [one.reason for one in decisions(offered)] == ["It was no network", "It was the push"]  # every one is kept


def test_promise_5_the_same_rejection_again_is_one_decision(offered: Table) -> None:
    acting, again = Acting(uuid4(), offered.newest_act()), Choice("reject", reason="No")
    for _ in range(2):
        decided = decide(offered.session, offered.ada, offered.adas.id, offered.of_cause().id, again, acting)
    assert decided.answer.repeated and len(decisions(offered)) == 1
    offered.ada_does("undo")
    late = decide(offered.session, offered.ada, offered.adas.id, offered.of_cause().id, again, acting)
    assert late.answer.repeated and len(decisions(offered)) == 1 and of_cause_shown(offered).is_open


def test_promise_6_a_rejection_on_an_old_state_is_refused_and_nothing_is_kept(offered: Table) -> None:
    before = offered.newest_act()
    makers.act(offered.session, offered.ada, offered.adas, "write_memo", text="In another tab")
    with pytest.raises(StaleAct), offered.session.begin_nested():
        decide(
            offered.session,
            offered.ada,
            offered.adas.id,
            offered.of_cause().id,
            Choice("reject"),
            Acting(uuid4(), before),
        )
    assert decisions(offered) == []


def test_what_is_not_rejected_is_not_taken_back_and_a_reason_has_an_end(offered: Table) -> None:
    with pytest.raises(NotRejected):
        offered.ada_decides(offered.of_cause(), "restore")
    with pytest.raises(ReasonTooLong):
        offered.ada_decides(offered.of_cause(), "reject", reason="x" * 501)


def test_the_latest_decision_counts_and_every_one_is_kept(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "reject")
    offered.ada_decides(offered.of_cause(), "accept")

    assert [one.decision for one in decisions(offered)] == ["rejected", "accepted"]
    kinds = select(StudyEvent.kind).where(StudyEvent.kind.like("suggestion.%")).order_by(StudyEvent.id)
    assert list(offered.session.scalars(kinds)) == [
        "suggestion.opened",
        "suggestion.opened",
        "suggestion.rejected",
        "suggestion.accepted",
    ]


def of_cause_shown(table: Table) -> ShownSuggestion:
    (shown,) = offers(table.session, table.ada, table.adas, table.coding_round, table.cause.id)[0].suggestions
    return shown


def test_what_was_taken_over_is_taken_away_and_brought_back_by_an_undo(offered: Table) -> None:
    offered.ada_decides(offered.of_symptom(), "accept")  # another one, which stays
    offered.ada_decides(offered.of_cause(), "reject")
    offered.ada_decides(offered.of_cause(), "accept")
    (application_id,) = (one.id for one in applied(offered) if one.code_id == offered.network.id)
    assert of_cause_shown(offered).is_applied

    offered.ada_does("toggle_code", dimension_id=offered.cause.id, code_id=offered.network.id)
    assert (of_cause_shown(offered).decision, of_cause_shown(offered).is_applied) == ("accepted", False)
    offered.ada_does("undo")
    assert (of_cause_shown(offered).application_id, of_cause_shown(offered).is_applied) == (application_id, True)
    assert not of_cause_shown(offered).may_be_decided
    offered.ada_does("redo")
    assert not of_cause_shown(offered).is_applied and of_cause_shown(offered).may_be_decided


def test_a_code_pressed_anew_is_the_coders_own_and_not_what_was_taken_over(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "accept")
    for _ in range(2):
        offered.ada_does("toggle_code", dimension_id=offered.cause.id, code_id=offered.network.id)

    assert [one.origin for one in applied(offered)] == ["own"]
    assert not of_cause_shown(offered).is_applied


def test_a_suggestion_is_taken_over_anew_and_each_decision_keeps_what_it_became(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "accept")
    (first,) = applied(offered)
    offered.ada_does("undo")
    offered.ada_decides(offered.of_cause(), "change", code_id=offered.config.id)
    (second,) = applied(offered)

    assert list(became(offered.session, offered.adas).values()) == [first.id, second.id]
    assert (of_cause_shown(offered).decision, of_cause_shown(offered).is_applied) == ("changed", True)


def test_the_same_act_again_changes_nothing(offered: Table) -> None:
    acting = Acting(uuid4(), offered.newest_act())
    suggestion = offered.of_cause()
    first = decide(offered.session, offered.ada, offered.adas.id, suggestion.id, Choice("accept"), acting)
    again = decide(offered.session, offered.ada, offered.adas.id, suggestion.id, Choice("accept"), acting)

    assert first.answer is not None and again.answer is not None
    assert first.answer.code_application_id == again.answer.code_application_id and again.answer.repeated
    assert len(decisions(offered)) == 1


def test_a_decision_on_an_old_state_is_refused(offered: Table) -> None:
    suggestion, before = offered.of_cause(), offered.newest_act()
    makers.act(offered.session, offered.ada, offered.adas, "write_memo", text="In another tab")

    with pytest.raises(StaleAct):
        decide(offered.session, offered.ada, offered.adas.id, suggestion.id, Choice("accept"), Acting(uuid4(), before))


def test_after_the_submission_taking_over_makes_a_draft_and_the_submission_stays(
    session: Session, database: Database
) -> None:
    table = make_table(session, database, arm="after")
    table.ask()
    table.ada_submits()
    table.ada_opens()
    before = table.newest_act()
    acting = Acting(uuid4(), before)
    decided = decide(session, table.ada, table.adas.id, table.of_cause().id, Choice("accept"), acting)

    assert decided.taken_back and decided.answer is not None and decided.answer.state == "draft"
    first = session.scalars(select(Submission).where(Submission.assignment_id == table.adas.id)).one()
    assert first.independent

    again = decide(session, table.ada, table.adas.id, table.of_cause().id, Choice("accept"), acting)
    assert again.answer is not None and again.answer.repeated and not again.taken_back
    makers.act(session, table.ada, table.adas, "submit", incomplete=True)
    rows = session.scalars(select(Submission).where(Submission.assignment_id == table.adas.id)).all()
    assert [(row.ordinal, row.independent) for row in rows] == [(1, True), (2, False)]

    late = decide(session, table.ada, table.adas.id, table.of_cause().id, Choice("accept"), acting)
    assert late.answer is not None and late.answer.repeated and not late.taken_back


def test_rejecting_after_the_submission_leaves_it_submitted(session: Session, database: Database) -> None:
    table = make_table(session, database, arm="after")
    table.ask()
    table.ada_submits()
    table.ada_opens()
    decided = table.ada_decides(table.of_cause(), "reject")

    assert not decided.taken_back and decided.answer.state == "submitted"
    assert makers.next_request(session, table.adas, "take_back").after_act_id == table.newest_act()


def test_what_was_not_opened_cannot_be_decided_about(table: Table) -> None:
    table.ask()
    with pytest.raises(NotOpened):
        table.ada_decides(table.of_cause(), "accept")
    table.ada_opens(table.symptom)
    with pytest.raises(NotOpened):
        table.ada_decides(table.of_cause(), "reject")


def test_another_coders_suggestion_and_assignment_are_not_found(offered: Table) -> None:
    acting = Acting(uuid4(), None)
    with pytest.raises(NotFound):
        decide(offered.session, offered.ben, offered.adas.id, offered.of_cause().id, Choice("accept"), acting)
    others = offered.suggestions(offered.incidents[1])[0]
    with pytest.raises(NotOpened):
        offered.ada_decides(others, "accept")


def test_a_code_id_that_nobody_knows_can_be_changed_but_not_accepted(table: Table) -> None:
    strange = {"quotes": [], "reasoning": "r", "codes": ["c999999"], "new_codes": []}
    table.ask(table.reply(**{f"d{table.cause.id}": strange}), limit=1)
    open_suggestions(table.session, table.ada, table.adas.id)

    with pytest.raises(NotAcceptable):
        table.ada_decides(table.of_cause(), "accept")
    table.ada_decides(table.of_cause(), "change", code_id=table.config.id)
    assert decisions(table)[0].decision == "changed"


def test_a_change_names_what_it_became(offered: Table) -> None:
    with pytest.raises(NothingChosen):
        offered.ada_decides(offered.of_cause(), "change")


def test_there_are_three_decisions(offered: Table) -> None:
    with pytest.raises(NoSuchDecision):
        offered.ada_decides(offered.of_cause(), "shrug")


def test_nothing_is_opened_or_decided_when_the_round_has_left_running(offered: Table) -> None:
    makers.move_round(offered.session, offered.lead, offered.coding_round, "settling")

    with pytest.raises(RoundNotRunning):
        offered.ada_decides(offered.of_cause(), "accept")
    with pytest.raises(RoundNotRunning):
        offered.ada_opens()


def test_who_became_a_reader_decides_nothing(offered: Table) -> None:
    offered.ada.member.role = "reader"
    with pytest.raises(ReadersDoNotCode):
        offered.ada_decides(offered.of_cause(), "accept")


def test_one_model_offer_is_one_row_for_both_coders_and_each_decides_alone(offered: Table) -> None:
    offered.ada_decides(offered.of_cause(), "accept")
    bens = makers.assignment_of(offered.session, offered.ben, offered.coding_round, offered.incidents[0])
    open_suggestions(offered.session, offered.ben, bens.id)
    decide(offered.session, offered.ben, bens.id, offered.of_cause().id, Choice("reject"), Acting(uuid4(), None))

    count = select(func.count()).select_from(Suggestion).where(Suggestion.dimension_id == offered.cause.id)
    assert offered.session.scalar(count) == 2  # one for each incident
    assert {(one.assignment_id, one.decision) for one in decisions(offered)} == {
        (offered.adas.id, "accepted"),
        (bens.id, "rejected"),
    }
