"""Votes in a meeting: hidden until the reveal, kept beside what they are changed to, and refused where they crossed."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.adjudication import meeting_actions, meeting_votes, policy
from app.adjudication.meeting_models import MeetingVote
from app.adjudication.meeting_policy import (
    NobodyVoted,
    NoMajority,
    NotRevealed,
    NotThere,
    NotTheScribe,
    VoteMoved,
    VoteUnopened,
    VoteWords,
    majority,
)
from app.coding.models import Exposure
from app.problems import NotFound
from tests.adjudication.meeting_table import MeetingTable, under_way


@pytest.fixture
def meeting(session: Session) -> MeetingTable:
    return under_way(session)


def exposed_votes(meeting: MeetingTable, viewer) -> int:
    return meeting.session.scalars(
        select(func.count())
        .select_from(Exposure)
        .where(Exposure.member_id == viewer.member.id, Exposure.kind == "vote")
    ).one()


def test_a_vote_before_the_reveal_is_replaced_and_one_after_it_is_kept_beside(meeting):
    table = meeting.table
    meeting.votes(table.ada, table.network)
    meeting.votes(table.ada, table.config)
    meeting.votes(table.ben, table.network)
    meeting.reveals(table.judge)
    meeting.votes(table.ben, table.human)
    meeting.votes(table.ben, table.config)

    cast = {(v.vote.member_id, v.vote.is_after_reveal): v.code_ids for v in meeting.ballot.votes}
    assert cast == {
        (table.ada.member.id, False): (table.config.id,),
        (table.ben.member.id, False): (table.network.id,),
        (table.ben.member.id, True): (table.config.id,),
    }


def test_a_member_has_one_vote_in_a_ballot(meeting):
    meeting.votes(meeting.table.ada, meeting.table.network)
    again = MeetingVote(
        study_id=meeting.meeting.study_id,
        ballot_id=meeting.ballot.row.id,
        member_id=meeting.table.ada.member.id,
        is_after_reveal=False,
        state="abstains",
    )

    with pytest.raises(IntegrityError, match="uq_meeting_votes"), meeting.session.begin_nested():
        meeting.session.add(again)
        meeting.session.flush()


def test_one_may_vote_for_no_code_or_abstain(meeting):
    meeting.votes(meeting.table.ada, "not_enough_information")
    meeting.votes(meeting.table.ben, "abstains")

    assert sorted(each.vote.state for each in meeting.ballot.votes) == ["abstains", "not_enough_information"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (VoteWords("coded"), policy.NoAnswer),
        (VoteWords("perhaps"), policy.NoAnswer),
        (VoteWords("coded", (10**9,)), NotFound),
        (VoteWords("abstains", (1,)), policy.CodesOrState),
        (VoteWords("none_applies", (1,)), policy.CodesOrState),
    ],
)
def test_a_vote_says_what_an_answer_may_say(meeting, words, refusal):
    with pytest.raises(refusal):
        meeting_votes.vote(meeting.session, meeting.table.ada, meeting.number, meeting.item.id, words, meeting.seen)


def test_a_dimension_that_takes_one_code_takes_no_vote_for_two(meeting):
    two = VoteWords("coded", (meeting.table.config.id, meeting.table.network.id))
    with pytest.raises(policy.OneCodeOnly):
        meeting_votes.vote(meeting.session, meeting.table.ada, meeting.number, meeting.item.id, two, meeting.seen)


def test_who_has_not_opened_it_does_not_vote(meeting):
    meeting.joins(meeting.table.lead)

    with pytest.raises(VoteUnopened):
        meeting.votes(meeting.table.lead, meeting.table.config)


def test_who_is_not_there_neither_opens_nor_votes(meeting):
    meeting_actions.leave(meeting.session, meeting.table.ada, meeting.number)

    with pytest.raises(NotThere):
        meeting.opens(meeting.table.ada)
    with pytest.raises(NotThere):
        meeting.votes(meeting.table.ada, meeting.table.config)


def test_a_vote_meant_to_be_blind_is_refused_after_the_reveal(meeting):
    blind = meeting.seen
    meeting.votes(meeting.table.ben, meeting.table.network)
    meeting.reveals(meeting.table.judge)

    with pytest.raises(VoteMoved):
        meeting.votes(meeting.table.ada, meeting.table.network, seen=blind)
    revealed = meeting.seen
    meeting_votes.vote_again(
        meeting.session, meeting.table.judge, meeting.number, meeting.item.id, ballot_id=revealed.ballot_id
    )
    with pytest.raises(VoteMoved):
        meeting.votes(meeting.table.ada, meeting.table.network, seen=revealed)


def test_only_the_scribe_reveals_and_only_when_somebody_has_voted(meeting):
    with pytest.raises(NobodyVoted):
        meeting.reveals(meeting.table.judge)
    meeting.votes(meeting.table.ada, meeting.table.config)
    meeting.joins(meeting.table.lead)
    with pytest.raises(policy.OthersRule):
        meeting.reveals(meeting.table.ada)
    with pytest.raises(NotTheScribe):
        meeting.reveals(meeting.table.lead)

    meeting.reveals(meeting.table.judge)

    assert meeting.ballot.is_revealed


def test_promise_3_the_reveal_puts_on_record_whose_votes_everybody_is_shown(meeting):
    table = meeting.table
    meeting.joins(table.lead)  # who has not opened what is at hand
    meeting.votes(table.ada, table.config)
    meeting.votes(table.ben, table.network)
    people = (table.ada, table.ben, table.judge, table.lead)
    assert [exposed_votes(meeting, each) for each in people] == [0, 0, 0, 0]

    meeting.reveals(table.judge)
    assert [exposed_votes(meeting, each) for each in people] == [1, 1, 2, 0]

    meeting.opens(table.lead)
    meeting.votes(table.ben, table.config)
    assert [exposed_votes(meeting, each) for each in people] == [2, 1, 3, 3]


def test_another_vote_on_the_same_one_follows_a_reveal_only(meeting):
    def again():
        meeting_votes.vote_again(
            meeting.session, meeting.table.judge, meeting.number, meeting.item.id, ballot_id=meeting.ballot.row.id
        )

    with pytest.raises(NotRevealed):
        again()
    meeting.votes(meeting.table.ada, meeting.table.config)
    meeting.reveals(meeting.table.judge)
    again()

    assert (meeting.ballot.row.number, meeting.ballot.votes, meeting.ballot.is_revealed) == (2, [], False)


def test_the_majority_is_more_than_half_of_those_who_did_not_abstain():
    config, network, nothing = VoteWords("coded", (1,)), VoteWords("coded", (2,)), VoteWords("abstains")
    assert majority([config, config, network, nothing, nothing]) == config
    assert majority([config, network, nothing]) is None
    assert majority([VoteWords("coded", (2, 1)), VoteWords("coded", (1, 2))]) == VoteWords("coded", (1, 2))
    assert majority([nothing]) is None and majority([]) is None


def test_the_majority_is_of_the_votes_as_they_stand_after_the_talk(meeting):
    table = meeting.table
    asked = (meeting.session, table.judge, meeting.number, meeting.item.id)
    meeting.votes(table.ada, table.config)
    meeting.votes(table.ben, table.network)
    with pytest.raises(NotRevealed):
        meeting_votes.majority_of(*asked)
    meeting.reveals(table.judge)
    with pytest.raises(NoMajority):
        meeting_votes.majority_of(*asked)
    meeting.votes(table.ada, table.network)

    assert meeting_votes.majority_of(*asked).code_ids == (table.network.id,)
