"""Meetings of a round, who is there, what is at hand and how it was voted on."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adjudication.meeting_models import (
    Meeting,
    MeetingBallot,
    MeetingItem,
    MeetingPresence,
    MeetingScribe,
    MeetingVote,
    MeetingVotedCode,
)
from app.adjudication.meeting_policy import VoteWords
from app.adjudication.models import Comment
from app.adjudication.queries import Disagreement, Queue
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.queries import members_by_id

VOTE = "vote"


@dataclass(frozen=True)
class CastVote:
    vote: MeetingVote
    code_ids: tuple[int, ...]

    @property
    def words(self) -> VoteWords:
        return VoteWords(self.vote.state, self.code_ids)


@dataclass(frozen=True)
class Ballot:
    """votes: as revealed, and as changed afterwards, by member. Not for rendering: see meeting_page.Sight."""

    row: MeetingBallot
    votes: list[CastVote] = field(default_factory=list)

    @property
    def is_revealed(self) -> bool:
        return self.row.revealed_at is not None

    @property
    def voter_ids(self) -> set[int]:
        return {each.vote.member_id for each in self.votes}

    @property
    def latest(self) -> dict[int, CastVote]:
        """Member -> what counts: the vote as it was changed, else as it was revealed."""
        return {each.vote.member_id: each for each in sorted(self.votes, key=lambda each: each.vote.is_after_reveal)}

    def of(self, member_id: int) -> CastVote | None:
        return self.latest.get(member_id)


def running_meeting(session: Session, coding_round: Round, *, held: bool = False) -> Meeting | None:
    """held: locked until the transaction ends, so that acts in a meeting go one after the other."""
    query = select(Meeting).where(
        Meeting.study_id == coding_round.study_id, Meeting.round_id == coding_round.id, Meeting.ended_at.is_(None)
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True) if held else query).first()


def meetings_of(session: Session, coding_round: Round) -> Sequence[Meeting]:
    """Newest first."""
    return session.scalars(
        select(Meeting)
        .where(Meeting.study_id == coding_round.study_id, Meeting.round_id == coding_round.id)
        .order_by(Meeting.id.desc())
    ).all()


def meeting_of(session: Session, coding_round: Round, meeting_id: int) -> Meeting:
    found = session.scalars(
        select(Meeting).where(
            Meeting.study_id == coding_round.study_id, Meeting.round_id == coding_round.id, Meeting.id == meeting_id
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def presences(session: Session, meeting: Meeting) -> Sequence[MeetingPresence]:
    """In the order they came."""
    return session.scalars(
        select(MeetingPresence)
        .where(MeetingPresence.study_id == meeting.study_id, MeetingPresence.meeting_id == meeting.id)
        .order_by(MeetingPresence.id)
    ).all()


def present(session: Session, meeting: Meeting) -> list[MeetingPresence]:
    return [each for each in presences(session, meeting) if each.left_at is None]


def is_there(session: Session, meeting: Meeting, member_id: int) -> bool:
    return member_id in {each.member_id for each in present(session, meeting)}


def members_there(session: Session, meeting: Meeting) -> list[Membership]:
    members = members_by_id(session, meeting.study_id)
    return [members[each.member_id] for each in present(session, meeting)]


def scribes(session: Session, meeting: Meeting) -> Sequence[MeetingScribe]:
    return session.scalars(
        select(MeetingScribe)
        .where(MeetingScribe.study_id == meeting.study_id, MeetingScribe.meeting_id == meeting.id)
        .order_by(MeetingScribe.id)
    ).all()


def scribe_now(session: Session, meeting: Meeting) -> MeetingScribe | None:
    return next((each for each in scribes(session, meeting) if each.until_at is None), None)


def items_of(session: Session, meeting: Meeting) -> Sequence[MeetingItem]:
    """In the order they were taken up."""
    return session.scalars(
        select(MeetingItem)
        .where(MeetingItem.study_id == meeting.study_id, MeetingItem.meeting_id == meeting.id)
        .order_by(MeetingItem.id)
    ).all()


def item_at_hand(session: Session, meeting: Meeting) -> MeetingItem | None:
    return next((each for each in items_of(session, meeting) if each.left_at is None), None)


def ballots_of(session: Session, items: Collection[MeetingItem]) -> dict[int, list[Ballot]]:
    """Item -> its votes, oldest first."""
    found: defaultdict[int, list[Ballot]] = defaultdict(list)
    study_ids = {item.study_id for item in items}
    rows = session.scalars(
        select(MeetingBallot)
        .where(MeetingBallot.study_id.in_(study_ids), MeetingBallot.item_id.in_([item.id for item in items]))
        .order_by(MeetingBallot.item_id, MeetingBallot.number)
    ).all()
    cast = _cast_votes(session, rows)
    for row in rows:
        found[row.item_id].append(Ballot(row, cast[row.id]))
    return found


def queue_of(meeting: Meeting, queue: Queue) -> list[Disagreement]:
    """The open ones that this meeting is about, in the order of the queue."""
    return [each for each in queue.open if meeting.dimension_id in (None, each.dimension.id)]


def following(session: Session, meeting: Meeting, queue: Queue, after: tuple[int, int] | None) -> Disagreement | None:
    """The next open one after this, from the top again at the end; what was parked here waits until it is asked for."""
    put_aside = {each.key for each in items_of(session, meeting) if each.outcome == "parked"}
    keys = [each.key for each in queue.listed]
    at = keys.index(after) + 1 if after in keys else 0
    around = [*queue.listed[at:], *queue.listed[:at]]
    waiting = {each.key for each in queue_of(meeting, queue)} - put_aside
    return next((each for each in around if each.key in waiting), None)


def parked(session: Session, meeting: Meeting, queue: Queue) -> list[Disagreement]:
    """Put aside here and still open."""
    put_aside = {each.key for each in items_of(session, meeting) if each.outcome == "parked"}
    at_hand = item_at_hand(session, meeting)
    return [
        each for each in queue_of(meeting, queue) if each.key in put_aside and (not at_hand or each.key != at_hand.key)
    ]


def stamp_of(session: Session, meeting: Meeting, item: MeetingItem | None) -> str:
    """What those who watch compare: it changes with all that the state of the meeting shows."""
    said = (
        session.scalar(
            select(func.count())
            .select_from(Comment)
            .where(
                Comment.study_id == meeting.study_id,
                Comment.round_id == meeting.round_id,
                Comment.incident_id == item.incident_id,
            )
        )
        if item
        else 0
    )
    return f"{meeting.id}.{meeting.revision}.{said}"


def minutes(began: datetime, ended: datetime) -> int:
    """Rounded, and one at least."""
    return max(1, round((ended - began).total_seconds() / 60))


def _cast_votes(session: Session, ballots: Sequence[MeetingBallot]) -> dict[int, list[CastVote]]:
    study_ids = {ballot.study_id for ballot in ballots}
    votes = session.scalars(
        select(MeetingVote)
        .where(MeetingVote.study_id.in_(study_ids), MeetingVote.ballot_id.in_([ballot.id for ballot in ballots]))
        .order_by(MeetingVote.id)
    ).all()
    codes: defaultdict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(MeetingVotedCode.vote_id, MeetingVotedCode.code_id)
        .where(MeetingVotedCode.study_id.in_(study_ids), MeetingVotedCode.vote_id.in_([vote.id for vote in votes]))
        .order_by(MeetingVotedCode.code_id)
    )
    for vote_id, code_id in rows:
        codes[vote_id].append(code_id)
    found: dict[int, list[CastVote]] = {ballot.id: [] for ballot in ballots}
    for vote in votes:
        found[vote.ballot_id].append(CastVote(vote, tuple(codes[vote.id])))
    return found
