"""What is done in a meeting, and what is refused."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.adjudication import meeting_actions, meeting_votes, policy
from app.adjudication.actions import RulingWords
from app.adjudication.known import known_of_incidents
from app.adjudication.meeting_models import Meeting, MeetingItem, MeetingPresence, MeetingScribe
from app.adjudication.meeting_policy import (
    MeetingRuns,
    MovedOn,
    NoMeeting,
    NotAbleToRule,
    NothingOpen,
    NotTheScribe,
    NotWaiting,
    OthersHold,
    ScribeChanged,
    ScribeStays,
    VoteWords,
)
from app.adjudication.meeting_queries import items_of, presences, scribe_now, scribes
from app.adjudication.models import FinalCode, RulingParticipant
from app.adjudication.queries import standing_rulings
from app.db.base import now
from app.problems import NotFound
from app.studies.models import StudyEvent
from app.studies.viewer import StudyClosed
from tests import makers
from tests.adjudication.meeting_table import MeetingTable, make_meeting_table, under_way


@pytest.fixture
def meeting(session: Session) -> MeetingTable:
    return under_way(session)


@pytest.fixture
def before(session: Session) -> MeetingTable:
    return make_meeting_table(session)


def kinds(meeting: MeetingTable) -> list[str]:
    events = select(StudyEvent.kind).where(StudyEvent.kind.startswith("meeting.")).order_by(StudyEvent.id)
    return list(meeting.session.scalars(events))


def test_whoever_starts_a_meeting_is_its_scribe_and_has_the_strongest_at_hand(before):
    started = before.starts(before.table.judge)

    assert scribe_now(before.session, started).member_id == before.table.judge.member.id
    assert [each.member_id for each in presences(before.session, started)] == [before.table.judge.member.id]
    assert before.item.key == (before.table.incidents[0].id, before.table.cause.id)
    assert kinds(before) == [
        "meeting.started",
        "meeting.joined",
        "meeting.scribe_changed",
        "meeting.taken_up",
    ]


def test_a_meeting_may_be_about_one_dimension(before):
    with pytest.raises(NothingOpen):
        before.starts(before.table.judge, dimension_id=before.table.symptom.id)

    assert before.starts(before.table.judge, dimension_id=before.table.cause.id).dimension_id == before.table.cause.id


def test_where_nothing_is_open_no_meeting_starts(apart):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config)

    with pytest.raises(NothingOpen):
        MeetingTable(apart).starts(apart.judge)


def test_only_who_may_rule_starts_one(before):
    for viewer in (before.table.ada, before.table.reader):
        with pytest.raises(policy.OthersRule):
            before.starts(viewer)


def test_promise_1_no_meeting_on_a_running_round(table):
    with pytest.raises(NotFound):
        MeetingTable(table).starts(table.judge)


def test_no_meeting_starts_on_a_closed_round(before):
    before.table.steps_to("closed", reason="Enough")

    with pytest.raises(policy.NotSettling):
        before.starts(before.table.judge)


def test_a_round_has_one_meeting_at_a_time(meeting):
    with pytest.raises(MeetingRuns):
        meeting.starts(meeting.table.lead)

    second = Meeting(
        study_id=meeting.meeting.study_id, round_id=meeting.meeting.round_id, started_by=meeting.meeting.started_by
    )
    with pytest.raises(IntegrityError, match="uq_meetings_running"), meeting.session.begin_nested():
        meeting.session.add(second)
        meeting.session.flush()


def test_joining_and_leaving_are_rows_with_times(meeting):
    meeting_actions.leave(meeting.session, meeting.table.ada, meeting.number)
    meeting.joins(meeting.table.ada)

    stays = [p for p in presences(meeting.session, meeting.meeting) if p.member_id == meeting.table.ada.member.id]
    assert [stay.left_at is None for stay in stays] == [False, True]
    assert stays[0].joined_at <= stays[0].left_at <= stays[1].joined_at


def test_who_is_marked_as_gone_takes_no_part_in_later_rulings_and_can_join_again(meeting):
    table = meeting.table
    for _ in range(2):
        meeting_actions.mark_gone(meeting.session, table.judge, meeting.number, table.ada.member.id)
    ruling = meeting.rules(table.judge, table.config)
    meeting.joins(table.ada)

    there = meeting.session.scalars(select(RulingParticipant.member_id).where(RulingParticipant.ruling_id == ruling.id))
    assert there.all() == [table.ben.member.id]
    stays = [p for p in presences(meeting.session, meeting.meeting) if p.member_id == table.ada.member.id]
    assert [stay.left_at is None for stay in stays] == [False, True]
    events = meeting.session.scalars(select(StudyEvent).where(StudyEvent.kind == "meeting.marked_gone")).all()
    assert [(e.member_id, e.details["gone_id"]) for e in events] == [(table.judge.member.id, table.ada.member.id)]


def test_only_the_scribe_marks_others_as_gone_and_not_themselves(meeting):
    judge, lead = meeting.table.judge, meeting.table.lead
    meeting.joins(lead)

    with pytest.raises(NotTheScribe):
        meeting_actions.mark_gone(meeting.session, lead, meeting.number, judge.member.id)
    with pytest.raises(policy.OthersRule):
        meeting_actions.mark_gone(meeting.session, meeting.table.ada, meeting.number, judge.member.id)
    with pytest.raises(ScribeStays):
        meeting_actions.mark_gone(meeting.session, judge, meeting.number, judge.member.id)

    assert all(each.left_at is None for each in presences(meeting.session, meeting.meeting))


def test_who_joins_twice_is_there_once(meeting):
    meeting.joins(meeting.table.ada, opens_items=True)

    stays = [p for p in presences(meeting.session, meeting.meeting) if p.member_id == meeting.table.ada.member.id]
    assert [(stay.left_at, stay.opens_items) for stay in stays] == [(None, True)]


def test_readers_do_not_join(meeting):
    with pytest.raises(policy.ReadersDoNotComment):
        meeting.joins(meeting.table.reader)


def test_without_a_meeting_nobody_joins(before):
    with pytest.raises(NoMeeting):
        before.joins(before.table.ada)


def test_with_the_last_one_the_meeting_ends(meeting):
    for viewer in (meeting.table.ada, meeting.table.judge, meeting.table.ben):
        assert meeting.meeting.ended_at is None
        meeting_actions.leave(meeting.session, viewer, meeting.number)

    assert (meeting.meeting.ending, meeting.meeting.ended_at is None) == ("emptied", False)
    assert [item.outcome for item in items_of(meeting.session, meeting.meeting)] == ["unfinished"]


def test_the_scribe_hands_the_role_to_another_who_may_rule(meeting):
    meeting.joins(meeting.table.lead)
    meeting_actions.hand_over(meeting.session, meeting.table.judge, meeting.number, meeting.table.lead.member.id)

    held = [(each.member_id, each.how, each.until_at is None) for each in scribes(meeting.session, meeting.meeting)]
    assert held == [
        (meeting.table.judge.member.id, "began", False),
        (meeting.table.lead.member.id, "handed_over", True),
    ]


def test_the_role_is_handed_neither_to_a_coder_nor_to_one_who_is_not_there(meeting):
    for member_id in (meeting.table.ada.member.id, meeting.table.lead.member.id, None, 10**9):
        with pytest.raises(NotAbleToRule):
            meeting_actions.hand_over(meeting.session, meeting.table.judge, meeting.number, member_id)


def test_out_of_a_hand_that_holds_it_a_lead_takes_the_role_and_nobody_else(meeting):
    judge, lead = meeting.table.judge, meeting.table.lead
    other = makers.make_member(meeting.session, lead, role="adjudicator")
    meeting.joins(lead, other)
    seen = {"seen_scribe_id": judge.member.id}

    with pytest.raises(OthersHold):
        meeting_actions.take_over(meeting.session, other, meeting.number, **seen)
    with pytest.raises(policy.OthersRule):
        meeting_actions.take_over(meeting.session, meeting.table.ada, meeting.number, **seen)
    with pytest.raises(ScribeChanged):
        meeting_actions.take_over(meeting.session, lead, meeting.number, seen_scribe_id=None)
    meeting_actions.take_over(meeting.session, lead, meeting.number, **seen)

    assert scribe_now(meeting.session, meeting.meeting).member_id == lead.member.id


def test_a_role_that_was_laid_down_is_taken_up_by_whoever_is_there_and_may_rule(meeting):
    other = makers.make_member(meeting.session, meeting.table.lead, role="adjudicator")
    meeting.joins(other)
    meeting_actions.leave(meeting.session, meeting.table.judge, meeting.number)
    assert scribe_now(meeting.session, meeting.meeting) is None

    meeting_actions.take_over(meeting.session, other, meeting.number, seen_scribe_id=None)

    assert scribe_now(meeting.session, meeting.meeting).how == "taken_up"


def test_the_ruling_names_who_was_there_is_tied_to_its_votes_and_the_next_one_comes(meeting):
    table, item = meeting.table, meeting.item
    meeting.votes(table.ada, table.config)
    meeting.reveals(table.judge)

    ruling = meeting.rules(table.judge, table.config)

    there = meeting.session.scalars(select(RulingParticipant.member_id)).all()
    assert set(there) == {table.ada.member.id, table.ben.member.id}
    assert (item.outcome, item.ruling_id, item.left_at is None) == ("ruled", ruling.id, False)
    assert meeting.item.key == (table.incidents[1].id, table.cause.id)
    final = meeting.session.scalars(select(FinalCode).where(FinalCode.ruling_id == ruling.id)).one()
    assert (final.basis, final.code_id) == ("discussed", table.config.id)


def test_only_the_scribe_rules_in_a_meeting(meeting):
    meeting.joins(meeting.table.lead)
    meeting.opens(meeting.table.lead)
    with pytest.raises(NotTheScribe):
        meeting.rules(meeting.table.lead, meeting.table.config)
    with pytest.raises(policy.OthersRule):
        meeting.rules(meeting.table.ada, meeting.table.config)


def test_promise_6_a_ruling_made_elsewhere_meanwhile_is_not_overwritten_unseen(meeting):
    meeting.table.opens(meeting.table.lead)
    meeting.table.rules(meeting.table.lead, meeting.table.network)

    with pytest.raises(policy.RuledMeanwhile):
        meeting.rules(meeting.table.judge, meeting.table.config)
    meeting_actions.park(meeting.session, meeting.table.judge, meeting.number, meeting.item.id)

    assert [each.outcome for each in items_of(meeting.session, meeting.meeting)] == ["ruled_outside", None]


def test_a_ruling_on_what_is_no_longer_at_hand_is_refused(meeting):
    first = meeting.item.id
    meeting_actions.park(meeting.session, meeting.table.judge, meeting.number, first)
    words = RulingWords(state="coded", code_ids=[meeting.table.config.id], cause="slip", reason="So it says.")

    with pytest.raises(MovedOn):
        meeting_actions.rule(meeting.session, meeting.table.judge, meeting.number, first, words)


def test_what_is_parked_waits_until_it_is_taken_up_again(meeting):
    first, second = meeting.item.key, (meeting.table.incidents[1].id, meeting.table.cause.id)
    meeting_actions.park(meeting.session, meeting.table.judge, meeting.number, meeting.item.id)
    assert meeting.item.key == second
    meeting.opens(meeting.table.judge)
    meeting.rules(meeting.table.judge, meeting.table.config)
    assert all(each.left_at for each in items_of(meeting.session, meeting.meeting))

    meeting_actions.take_up(meeting.session, meeting.table.judge, meeting.number, *first)
    assert (meeting.item.key, meeting.ballot.row.number) == (first, 1)
    with pytest.raises(NotWaiting):
        meeting_actions.take_up(meeting.session, meeting.table.judge, meeting.number, *second)


def test_parked_twice_by_a_double_click_is_parked_once(meeting):
    first = meeting.item.id
    for _ in range(2):
        meeting_actions.park(meeting.session, meeting.table.judge, meeting.number, first)

    assert [each.outcome for each in items_of(meeting.session, meeting.meeting)] == ["parked", None]


def test_the_scribe_ends_it_and_then_nothing_can_be_done_in_it(meeting):
    item_id, seen = meeting.item.id, meeting.seen
    meeting_actions.end(meeting.session, meeting.table.judge, meeting.number)

    assert all(stay.left_at for stay in meeting.session.scalars(select(MeetingPresence)))
    assert all(role.until_at for role in meeting.session.scalars(select(MeetingScribe)))
    with pytest.raises(NoMeeting):
        meeting_votes.vote(meeting.session, meeting.table.ada, meeting.number, item_id, VoteWords("abstains"), seen)
    meeting.starts(meeting.table.lead)


@pytest.mark.parametrize("phase", ["running", "closed"])
def test_promise_1_a_step_of_the_round_ends_the_meeting(meeting, phase):
    item_id = meeting.item.id
    meeting.table.steps_to(phase, reason="One more look")

    assert meeting.meeting.ending == "round_moved"
    with pytest.raises(NotFound if phase == "running" else NoMeeting):
        meeting_votes.open_item(meeting.session, meeting.table.judge, meeting.number, item_id)


def test_in_a_closed_study_nothing_is_done_in_a_meeting_not_even_an_opening(meeting):
    viewer = meeting.table.judge
    meeting.session.execute(update(type(viewer.study)).values(closed_at=now()))
    meeting.session.refresh(viewer.study)

    for act in (
        lambda: meeting.joins(meeting.table.lead),
        lambda: meeting.opens(viewer),
        lambda: meeting.votes(viewer, "abstains"),
        lambda: meeting_actions.leave(meeting.session, viewer, meeting.number),
    ):
        with pytest.raises(StudyClosed):
            act()


def test_promise_7_every_act_is_an_event_that_tells_nothing_of_the_votes(meeting):
    table = meeting.table
    meeting.votes(table.ada, table.config)
    meeting.votes(table.ben, table.network)
    meeting.reveals(table.judge)
    meeting.votes(table.ben, table.config)
    ballot_id = meeting.ballot.row.id
    meeting_votes.vote_again(meeting.session, table.judge, meeting.number, meeting.item.id, ballot_id=ballot_id)
    meeting.rules(table.judge, table.config)
    meeting_actions.park(meeting.session, table.judge, meeting.number, meeting.item.id)
    meeting_actions.mark_gone(meeting.session, table.judge, meeting.number, table.ada.member.id)
    meeting_actions.leave(meeting.session, table.ben, meeting.number)
    meeting_actions.end(meeting.session, table.judge, meeting.number)

    assert [kind.removeprefix("meeting.") for kind in kinds(meeting)][6:] == [
        "voted",
        "voted",
        "revealed",
        "vote_changed",
        "voting_again",
        "ruled",
        "taken_up",
        "parked",
        "marked_gone",
        "left",
        "ended",
    ]
    events = meeting.session.scalars(select(StudyEvent).where(StudyEvent.kind.startswith("meeting."))).all()
    assert {event.veiled_by_round_id for event in events} == {table.coding_round.id}
    told = {key for event in events for key in event.details}
    assert told <= {
        "meeting_id", "item_id", "dimension_id", "vote_number", "votes", "how", "scribe_id", "outcome", "ending",
        "ruling_id", "participants", "gone_id",
    }  # fmt: skip


def test_an_incident_that_was_at_hand_counts_as_discussed(meeting):
    known = known_of_incidents(meeting.session, meeting.meeting.study_id)

    assert meeting.item.incident_id in known.discussed


def test_the_ruling_of_an_item_is_one_of_its_study_and_of_one_item(meeting):
    meeting.rules(meeting.table.judge, meeting.table.config)
    ruled = meeting.session.scalars(select(MeetingItem).where(MeetingItem.outcome == "ruled")).one()

    with pytest.raises(IntegrityError, match="ck_meeting_items_ruled"), meeting.session.begin_nested():
        meeting.session.execute(update(MeetingItem).where(MeetingItem.id == ruled.id).values(ruling_id=None))
    assert standing_rulings(meeting.session, meeting.table.coding_round)[ruled.key] == ruled.ruling_id
