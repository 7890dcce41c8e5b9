"""Opening what is at hand, voting on it, and revealing the votes to all at once (promise 3)."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.adjudication import actions, blind, policy, queries
from app.adjudication.meeting_actions import (
    Held,
    hold_as_present,
    hold_as_scribe,
    item_in_hand,
    known_item,
)
from app.adjudication.meeting_ending import record_in_meeting
from app.adjudication.meeting_models import MeetingBallot, MeetingItem, MeetingVote, MeetingVotedCode
from app.adjudication.meeting_policy import (
    NobodyVoted,
    NoMajority,
    NotRevealed,
    SeenVote,
    VoteUnopened,
    VoteWords,
    check_may_start,
    check_same_vote,
    check_vote,
    majority,
)
from app.adjudication.meeting_queries import VOTE, Ballot, ballots_of, items_of, meeting_of, present
from app.adjudication.queries import Compared
from app.codebook.queries import visible_codebook
from app.coding.exposures import expose, exposed_subjects
from app.db.base import now
from app.rounds.models import Round
from app.studies.viewer import Viewer


def open_item(session: Session, viewer: Viewer, number: int, item_id: int) -> None:
    """The member is about to be shown what others answered, said and voted here: recorded before it is rendered."""
    policy.check_may_comment(viewer)
    held = hold_as_present(session, viewer, number)
    item = item_in_hand(session, held, item_id)
    actions.open_answers(session, viewer, held.coding_round, *item.key)
    _expose_votes(session, item, [viewer.member.id], ballots_of(session, [item])[item.id])


def open_ruling(session: Session, viewer: Viewer, number: int, item_id: int) -> None:
    """What somebody ruled elsewhere on what is at hand. The others are told that there is something."""
    open_item(session, viewer, number, item_id)
    hold_as_present(session, viewer, number).meeting.revision += 1


def show_names(session: Session, viewer: Viewer, number: int, item_id: int) -> None:
    """Where coders stand unnamed, to who asks."""
    policy.check_may_comment(viewer)
    held = hold_as_present(session, viewer, number)
    blind.show_names(session, viewer, held.coding_round, item_in_hand(session, held, item_id).incident_id)


def open_record(session: Session, viewer: Viewer, number: int, meeting_id: int) -> None:
    """All that the record of a meeting tells of others."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    items = items_of(session, meeting_of(session, coding_round, meeting_id))
    ballots = ballots_of(session, items)
    for key in dict.fromkeys(item.key for item in items):
        actions.open_answers(session, viewer, coding_round, *key)
    for item in items:
        _expose_votes(session, item, [viewer.member.id], ballots[item.id])


def vote(session: Session, viewer: Viewer, number: int, item_id: int, words: VoteWords, seen: SeenVote) -> MeetingVote:
    """Before the reveal a vote is replaced by the member's next one; after it both are kept. Raises VoteMoved."""
    policy.check_may_comment(viewer)
    held = hold_as_present(session, viewer, number)
    item = item_in_hand(session, held, item_id)
    found = queries.compared_dimension(session, held.coding_round, *item.key)
    if viewer.member.id not in _who_opened(session, held.coding_round, [viewer.member.id], found):
        raise VoteUnopened
    ballot = ballots_of(session, [item])[item.id][-1]
    check_same_vote(ballot.row, seen)
    check_vote(visible_codebook(session, viewer.study.id, viewer.member.id), found, words)
    cast = _write_vote(session, viewer, ballot, words)
    kind = "meeting.vote_changed" if ballot.is_revealed else "meeting.voted"
    _changed(session, held, kind, item, ballot.row)
    if ballot.is_revealed:
        _show_votes(session, held, item, found)
    return cast


def reveal(session: Session, viewer: Viewer, number: int, item_id: int, *, ballot_id: int | None) -> None:
    """To everybody who is there and has this open, at once. Revealed twice, by a double click, is revealed once."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    item = item_in_hand(session, held, item_id)
    ballot = ballots_of(session, [item])[item.id][-1]
    if ballot.row.id != ballot_id or ballot.is_revealed:
        return
    if not ballot.votes:
        raise NobodyVoted
    ballot.row.revealed_at, ballot.row.revealed_by = now(), viewer.member.id
    _changed(session, held, "meeting.revealed", item, ballot.row, votes=len(ballot.votes))
    _show_votes(session, held, item, queries.compared_dimension(session, held.coding_round, *item.key))


def vote_again(session: Session, viewer: Viewer, number: int, item_id: int, *, ballot_id: int | None) -> None:
    """A new vote on what is at hand, after talk. ballot_id: the one that was revealed."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    item = item_in_hand(session, held, item_id)
    ballot = ballots_of(session, [item])[item.id][-1]
    if ballot.row.id != ballot_id:
        return
    if not ballot.is_revealed:
        raise NotRevealed
    fresh = MeetingBallot(study_id=item.study_id, item_id=item.id, number=ballot.row.number + 1)
    session.add(fresh)
    session.flush()
    _changed(session, held, "meeting.voting_again", item, fresh)


def majority_of(session: Session, viewer: Viewer, number: int, item_id: int) -> VoteWords:
    """For the ruling form of the scribe: what more than half of the revealed votes say by now."""
    check_may_start(viewer)
    held = hold_as_scribe(session, viewer, number)
    item = known_item(session, held, item_id)
    revealed = [each for each in ballots_of(session, [item])[item.id] if each.is_revealed]
    if not revealed:
        raise NotRevealed
    found = majority([each.words for each in revealed[-1].latest.values()])
    if found is None:
        raise NoMajority
    return found


def _write_vote(session: Session, viewer: Viewer, ballot: Ballot, words: VoteWords) -> MeetingVote:
    mine = next(
        (
            each.vote
            for each in ballot.votes
            if each.vote.member_id == viewer.member.id and each.vote.is_after_reveal == ballot.is_revealed
        ),
        None,
    )
    if mine is None:
        mine = MeetingVote(
            study_id=viewer.study.id,
            ballot_id=ballot.row.id,
            member_id=viewer.member.id,
            is_after_reveal=ballot.is_revealed,
            state=words.state,
        )
        session.add(mine)
    mine.state, mine.at = words.state, now()
    session.flush()
    of_vote = (MeetingVotedCode.study_id == viewer.study.id, MeetingVotedCode.vote_id == mine.id)
    session.execute(delete(MeetingVotedCode).where(*of_vote))
    session.add_all(
        MeetingVotedCode(study_id=viewer.study.id, vote_id=mine.id, code_id=code_id)
        for code_id in dict.fromkeys(words.code_ids)
    )
    session.flush()
    return mine


def _show_votes(session: Session, held: Held, item: MeetingItem, found: Compared) -> None:
    """Their pages show the votes at their next look, so that the exposure is on record before. Who has not opened what
    is at hand is shown nothing yet: their own opening will record it."""
    there = [each.member_id for each in present(session, held.meeting)]
    opened = _who_opened(session, held.coding_round, there, found)
    _expose_votes(session, item, opened, ballots_of(session, [item])[item.id])


def _who_opened(session: Session, coding_round: Round, member_ids: Iterable[int], found: Compared) -> list[int]:
    """In order, as each one's exposures are locked in turn."""
    opened = []
    for member_id in sorted(member_ids):
        seen = exposed_subjects(session, coding_round.study_id, member_id, "colleague_code", found.incident_id)
        if {work.submission.id for work in found.works if work.submission.member_id != member_id} <= seen:
            opened.append(member_id)
    return opened


def _expose_votes(session: Session, item: MeetingItem, member_ids: Iterable[int], ballots: Iterable[Ballot]) -> None:
    votes = [each.vote for ballot in ballots if ballot.is_revealed for each in ballot.votes]
    for member_id in member_ids:
        shown = [(item.incident_id, VOTE, vote.id) for vote in votes if vote.member_id != member_id]
        if shown:
            expose(session, item.study_id, member_id, shown)


def _changed(
    session: Session, held: Held, kind: str, item: MeetingItem, ballot: MeetingBallot, **details: object
) -> None:
    held.meeting.revision += 1
    session.flush()
    record_in_meeting(
        session,
        held.viewer,
        held.coding_round,
        kind,
        incident_id=item.incident_id,
        meeting_id=held.meeting.id,
        dimension_id=item.dimension_id,
        item_id=item.id,
        vote_number=ballot.number,
        **details,
    )
