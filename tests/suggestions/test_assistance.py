"""What suggestions did to the people, on rounds small enough to count by hand."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import actions as adjudication
from app.adjudication.actions import RulingWords
from app.adjudication.settled import final_answers_of_round
from app.coding.exposures import declare_exposure
from app.coding.round_changes import NOBODY, remove_coder
from app.db.session import Database
from app.rounds.models import Assignment
from app.suggestions.assistance_page import ONLY_MEASURED, Assistance, assistance_of
from app.suggestions.assistance_shown import ArmShown, EqualShown, MeasureLine
from app.suggestions.final_source import read_final_answers_by
from app.web.pages import environment
from tests import makers
from tests.suggestions.assisted import Helped, make_helped
from tests.support.clients import ClientFor


def told(table: Helped, *, settle: bool = True) -> Assistance:
    if settle and table.coding_round.phase == "running":
        table.settle()
    assert table.run is not None
    table.session.expire_all()
    return assistance_of(table.session, table.lead, table.coding_round, table.run)


def line(arm: ArmShown, measure: str, name: str) -> MeasureLine:
    [found] = [each for one in arm.measures if one.name == measure for each in one.lines if each.name.startswith(name)]
    return found


def equal(found: Assistance) -> dict[str, EqualShown]:
    return {one.name: one for one in found.equal}


@pytest.fixture
def halves(session: Session, database: Database) -> Helped:
    """Twelve incidents, six blind and six on request; the network is offered everywhere."""
    table = make_helped(session, database, 12)
    table.asks()
    return table


def test_promise_1_nothing_of_it_is_told_while_the_round_runs(halves: Helped) -> None:
    halves.says(halves.ada, halves.incidents[0], [halves.config])
    found = told(halves, settle=False)
    assert "still running" in found.sentence
    assert found.decisions is None and found.effects is None and not found.equal and found.switching is None


def test_a_run_that_was_only_measured_did_nothing_to_anybody(halves: Helped) -> None:
    assert halves.run is not None
    halves.run.is_offered = False
    halves.session.flush()
    assert told(halves).sentence == ONLY_MEASURED


def test_decisions_are_counted_by_dimension_code_and_coder_with_n_and_interval(halves: Helped) -> None:
    one, two, three, four, *_ = halves.of_arm("on_request")
    ada, ben = halves.ada, halves.ben
    for who, incident in ((ada, one), (ben, one), (ada, two), (ada, three), (ada, four)):
        halves.opens(who, incident)
    cause = halves.cause.id
    halves.decides(ada, halves.offered(one, cause), one, "accept")
    halves.decides(ben, halves.offered(one, cause), one, "change", code_id=halves.config.id)
    halves.decides(ada, halves.offered(two, cause), two, "reject", reason="Not the cause")
    halves.decides(ada, halves.offered(three, cause), three, "reject", reason="  not the  cause. ")
    halves.decides(ada, halves.offered(three, halves.symptom.id), three, "accept")
    halves.decides(ben, halves.offered(one, halves.symptom.id), one, "change", code_id=halves.slow.id)
    found = told(halves).decisions
    assert found is not None
    by_dimension = {each.name: each for each in found.by_dimension}
    root = by_dimension["Root cause"]
    assert (root.n, root.accepted.value, root.changed.value, root.rejected.value) == (5, "20 %", "20 %", "40 %")
    assert root.accepted.interval == "[4, 62]" and root.undecided == 1 and root.taken_away == 0
    assert {each.name: each.n for each in found.by_coder} == {ada.member.name: 8, ben.member.name: 2}
    assert [(name, [(each.name, each.n) for each in its]) for name, its in found.by_code] == [
        ("Root cause", [("Network", 5)])
    ]
    assert found.reasons == [("Not the cause", 2)]
    new = found.new_codes
    assert new is not None and (new.n, new.accepted.value, new.to_known.value) == (5, "20 %", "20 %")
    assert new.undecided == 3


def test_what_was_taken_over_and_taken_away_again_is_not_counted_as_taken(halves: Helped) -> None:
    one = halves.of_arm("on_request")[0]
    halves.opens(halves.ada, one)
    halves.decides(halves.ada, halves.offered(one, halves.cause.id), one, "accept")
    hold = halves.hold(halves.ada, one)
    makers.act(halves.session, halves.ada, hold, "toggle_code", dimension_id=halves.cause.id, code_id=halves.network.id)
    found = told(halves).decisions
    assert found is not None
    root = {each.name: each for each in found.by_dimension}["Root cause"]
    assert (root.n, root.accepted.value, root.taken_away, root.undecided) == (1, "0 %", 1, 0)


def test_a_rejection_that_was_thought_over_is_undecided(halves: Helped) -> None:
    one = halves.of_arm("on_request")[0]
    halves.opens(halves.ada, one)
    suggestion = halves.offered(one, halves.cause.id)
    halves.decides(halves.ada, suggestion, one, "reject", reason="No")
    halves.decides(halves.ada, suggestion, one, "restore")
    found = told(halves).decisions
    assert found is not None and found.reasons == []
    assert (found.whole.n, found.whole.rejected.value, found.whole.undecided) == (2, "0 %", 2)


def test_nobody_opened_anything_is_said(halves: Helped) -> None:
    assert told(halves).decisions is None


def code_halves(table: Helped) -> None:
    """Blind: Ada says configuration, Ben turns with the incident. On request: Ada opens, and both say network, but
    on the last one."""
    for place, incident in enumerate(table.of_arm("blind")):
        table.says(table.ada, incident, [table.config])
        table.says(table.ben, incident, [table.config] if place % 2 else [table.network], [table.slow])
        table.worked(table.ada, incident, 100 + 10 * place)
    *most, last = table.of_arm("on_request")
    for place, incident in enumerate(most):
        table.opens(table.ada, incident)
        table.says(table.ada, incident, [table.network])
        table.says(table.ben, incident, [table.network])
        table.worked(table.ada, incident, 200 + 10 * place)
    table.says(table.ada, last, [table.config])
    table.says(table.ben, last, [table.config])


def test_the_effect_is_assisted_minus_blind_by_what_was_dealt(halves: Helped) -> None:
    code_halves(halves)
    found = told(halves).effects
    assert found is not None and not found.sentence
    assert (found.blind.incidents, found.blind.assignments) == (6, 12)
    [arm] = found.arms
    assert (arm.arm, arm.here.incidents, arm.pressed.value, arm.pressed.n) == ("on_request", 6, "42 %", 12)
    agreement = line(arm, "Agreement between coders", "Root cause").contrast
    assert agreement is not None and agreement.assisted.value == "1.00" and agreement.assisted.n == 6
    # Blind: three of six alike; configuration 9 times of 12, network 3: 1 - (3/6) / (2*9*3/(12*11)) = -.22
    assert agreement.blind.value == "−.22" and agreement.difference.value == "+1.22"
    codes = line(arm, "Codes of one coder on one incident", "All").contrast
    assert codes is not None and codes.blind.sentence and codes.assisted.sentence  # 1.5 and 1 on every incident
    assert "0.50 apart" in codes.difference.sentence
    time = line(arm, "Active time on one incident", "The whole").contrast
    assert time is not None and (time.assisted.value, time.blind.value) == ("3.7 min", "2.1 min")
    assert time.difference.value == "+1.6 min" and time.difference.side == 1
    assert arm.timed == (5, 6)


def test_answers_equal_to_the_suggestion_are_told_beside_those_who_never_saw_it(halves: Helped) -> None:
    code_halves(halves)
    lines = equal(told(halves))
    # Of symptoms a new code was offered, which nobody took: 12 more answers a side, none equal
    assert (lines["On request"].share.value, lines["On request"].share.n) == ("42 %", 24)
    assert (lines["Never (blind)"].share.value, lines["Never (blind)"].incidents) == ("12 %", 6)
    difference = lines["On request"].difference
    assert difference is not None and difference.value == "+29 points"
    assert lines["Never (blind)"].difference is None


def test_blind_is_only_who_had_been_shown_nothing(halves: Helped) -> None:
    """A coder who says that they knew what was suggested stands on neither side."""
    first = halves.of_arm("blind")[0]
    declare_exposure(halves.session, halves.lead.study.id, halves.ada.member.id, first.id, "Ben told me.")
    code_halves(halves)
    found = told(halves)
    assert found.effects is not None and found.effects.blind.exposed == 1
    assert equal(found)["Never (blind)"].share.n == 22


def test_who_declared_to_know_is_left_out_of_the_assisted_too(halves: Helped) -> None:
    first = halves.of_arm("on_request")[0]
    declare_exposure(halves.session, halves.lead.study.id, halves.ben.member.id, first.id, "Ada told me.")
    code_halves(halves)
    found = told(halves).effects
    assert found is not None and found.arms[0].here.exposed == 1 and found.blind.exposed == 0


def test_without_a_blind_share_no_effect_is_told_and_why(session: Session, database: Database) -> None:
    table = make_helped(session, database, 6, blind_share=0.0)
    table.asks()
    for incident in table.incidents:
        table.says(table.ada, incident, [table.network])
        table.says(table.ben, incident, [table.network])
    found = told(table)
    assert found.effects is not None and "Plan the next round with a blind share" in found.effects.sentence
    assert all(not arm.measures and arm.here.incidents == 6 for arm in found.effects.arms)
    assert not found.has_base and found.equal[0].difference is None


def test_a_blind_share_of_too_few_incidents_tells_no_effect(session: Session, database: Database) -> None:
    table = make_helped(session, database, 8)
    table.asks()
    for incident in table.incidents:
        table.says(table.ada, incident, [table.network])
        table.says(table.ben, incident, [table.network])
    found = told(table).effects
    assert found is not None and "only 4 of the incidents kept blind" in found.sentence


def test_incidents_of_one_coder_tell_no_effect(session: Session, database: Database) -> None:
    table = make_helped(session, database, 8, coders_per_incident=1)
    table.asks()
    found = told(table).effects
    assert found is not None and "several coders" in found.sentence and not found.arms


def test_a_round_that_is_blind_throughout_tells_no_effect(session: Session, database: Database) -> None:
    table = make_helped(session, database, 4, arm="blind")
    table.asks()
    found = told(table).effects
    assert found is not None and "all its incidents are blind" in found.sentence


def test_skips_and_what_was_not_handed_in_are_counted_apart(halves: Helped) -> None:
    code_halves(halves)
    one = halves.of_arm("on_request")[0]
    makers.act(halves.session, halves.ada, halves.hold(halves.ada, one), "take_back")
    makers.act(halves.session, halves.ada, halves.hold(halves.ada, one), "skip", reason="Too short")
    found = told(halves).effects
    assert found is not None
    here = found.arms[0].here
    assert (here.assignments, here.skipped, here.not_handed_in) == (12, 1, 0)


def after_table(session: Session, database: Database, **plan: object) -> Helped:
    table = make_helped(session, database, 4, **{"arm": "after", "blind_share": 0.0, **plan})
    table.asks()
    return table


def test_repeats_count_nowhere(session: Session, database: Database) -> None:
    """A second pass is there to see how steady a coder is; it would count a coder twice."""
    table = make_helped(session, database, 12, repeats=0.25)
    table.asks()
    code_halves(table)
    repeats = session.scalars(select(Assignment).where(Assignment.pass_ == 2)).all()
    assert repeats
    for again in repeats:
        coder = table.ada if again.member_id == table.ada.member.id else table.ben
        makers.code_and_submit(session, coder, again, {table.cause.id: [table.network]})
    found = told(table)
    assert found.effects is not None
    assert (found.effects.blind.assignments, found.effects.arms[0].here.assignments) == (12, 12)
    assert equal(found)["Never (blind)"].share.n == 24


def test_a_withdrawn_assignment_counts_nowhere(halves: Helped) -> None:
    one = halves.of_arm("on_request")[0]
    halves.opens(halves.ben, one)
    halves.decides(halves.ben, halves.offered(one, halves.cause.id), one, "accept")
    remove_coder(halves.session, halves.lead, halves.coding_round.number, halves.ben.member.id, pending_to=NOBODY)
    found = told(halves)
    assert found.decisions is None
    assert found.effects is not None and found.effects.blind.assignments == 6


def test_a_switch_is_told_from_the_own_answer_to_the_one_after_opening(session: Session, database: Database) -> None:
    table = after_table(session, database)
    one, two, three, _ = table.incidents
    ada, ben = table.ada, table.ben
    for incident in table.incidents:
        table.says(ada, incident, [table.config])
        table.says(ben, incident, [table.network])
    table.opens(ada, one)
    table.again(ada, one, table.network)  # toward
    table.opens(ada, two)
    table.opens(ben, two)
    table.again(ben, two, table.config)  # away
    table.again(ada, three, table.network)  # of their own, before anything was shown
    table.opens(ada, three)
    found = told(table).switching
    assert found is not None
    # Three dimensions of symptoms that were opened were kept: of each incident two answers
    by = {each.name: each for each in found.by_coder}
    mine = by[ada.member.name]
    assert (mine.switched.n, mine.switched.value, mine.toward.value, mine.away.value) == (6, "17 %", "17 %", "0 %")
    other = by[ben.member.name]
    assert (other.switched.n, other.switched.value, other.toward.value, other.away.value) == (2, "50 %", "0 %", "50 %")
    assert found.not_judged == 8 and mine.wrong.sentence and mine.wrong.n == 0


def test_what_was_seen_before_any_answer_is_no_switch(session: Session, database: Database) -> None:
    table = after_table(session, database)
    one = table.incidents[0]
    declare_exposure(session, table.lead.study.id, table.ada.member.id, one.id, "I have seen it.")
    table.says(table.ada, one, [table.config])
    table.opens(table.ada, one)
    found = told(table).switching
    assert found is not None and (found.cases, found.exposed_before) == (0, 2)


def test_no_switch_is_told_where_nobody_opened_after_an_answer(halves: Helped) -> None:
    code_halves(halves)
    assert told(halves).switching is None


def test_a_wrong_switch_is_told_by_a_ruling_and_not_by_what_the_coders_agree_on(
    session: Session, database: Database
) -> None:
    table = after_table(session, database)
    read_final_answers_by(final_answers_of_round)
    one, two, three, _ = table.incidents
    for incident in table.incidents:
        table.says(table.ada, incident, [table.config])
        table.says(table.ben, incident, [table.config if incident is one else table.network])
        table.opens(table.ada, incident)
    table.again(table.ada, one, table.network)
    table.opens(table.ben, three)
    table.again(table.ben, three, table.config)  # both say configuration now: it is final, and judges nobody
    judge = makers.make_member(session, table.lead, role="adjudicator")
    adjudication.change_phase(session, table.lead, table.coding_round.number, "settling")
    unjudged = told(table, settle=False)
    assert unjudged.switching is not None and not unjudged.has_finals
    assert unjudged.switching.not_judged == unjudged.switching.cases == 10

    for incident in (one, two):
        adjudication.open_answers(session, judge, table.coding_round, incident.id, table.cause.id)
        words = RulingWords("coded", "model_anchored", "The text says so.", [table.config.id])
        adjudication.rule(session, judge, table.coding_round, incident.id, table.cause.id, words)
    found = told(table, settle=False)
    assert found.switching is not None and found.has_finals
    whole = found.switching.whole
    assert (whole.wrong.n, whole.wrong.value, whole.wrong.interval) == (2, "50 %", "[9, 91]")
    assert whole.right.n == 0 and whole.right.sentence
    assert found.switching.not_judged == 8


def test_the_page_says_every_figure_with_its_interval_and_n(halves: Helped) -> None:
    code_halves(halves)
    found = told(halves)
    written = environment().get_template("suggestions/_assistance.html").render(assistance=found)
    assert "What the suggestions did to the people" in written and "Network" in written
    for cell in re.findall(r'<td class="number[^"]*" title=.*?</td>', written):
        assert re.search(r'class="interval">\[[^\]]+\]', cell), cell
    running = environment().get_template("suggestions/_assistance.html")
    assert "still running" in running.render(assistance=Assistance("This round is still running."))


def test_promise_1_a_coder_sees_their_own_switches_and_nobody_elses_once_the_round_is_open(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = after_table(session, database)
    one = table.incidents[0]
    for incident in table.incidents:
        table.says(table.ada, incident, [table.config])
        table.says(table.ben, incident, [table.network])
    table.opens(table.ada, one)
    table.again(table.ada, one, table.network)  # toward
    table.opens(table.ben, one)
    address = f"/studies/{table.lead.study.slug}/rounds/{table.coding_round.number}/switches"
    assert client_for(table.ada).get(address).status_code == 409

    table.settle()
    adas, bens = (client_for(who).get(address) for who in (table.ada, table.ben))
    assert adas.status_code == 200 and "50 %" in adas.text and table.ben.member.name not in adas.text
    assert "50 %" not in bens.text and "0 %" in bens.text and table.ada.member.name not in bens.text
    assert "you opened nothing of this run" in client_for(table.lead).get(address).text
