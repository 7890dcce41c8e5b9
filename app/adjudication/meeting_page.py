"""A meeting as one who is there may see it: no vote before the reveal, and none that no exposure covers (promise 3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.blind import Names, Somebody, names_beside
from app.adjudication.disagreement_page import disagreement_page
from app.adjudication.disagreement_shown import HANDS, NOT_OPEN_YET, DisagreementPage
from app.adjudication.meeting_models import Meeting, MeetingBallot, MeetingItem
from app.adjudication.meeting_policy import VoteWords, majority, may_be_scribe, may_take_over
from app.adjudication.meeting_queries import (
    VOTE,
    Ballot,
    CastVote,
    ballots_of,
    item_at_hand,
    parked,
    present,
    queue_of,
    scribe_now,
    stamp_of,
)
from app.adjudication.queries import Compared, Disagreement
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.coding.exposures import exposed_subjects
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Seat:
    """has_voted: in the vote that is not revealed yet. place: among the coders of what is at hand; None for who is none
    of them, and for all where coders stand unnamed."""

    member: Membership
    is_scribe: bool
    has_voted: bool
    place: int | None


@dataclass(frozen=True)
class ShownVote:
    state: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class VoteLine:
    """revealed None: had not voted by then. changed None: the vote stayed as it was."""

    member: Somebody
    place: int | None
    revealed: ShownVote | None
    changed: ShownVote | None


@dataclass(frozen=True)
class ShownBallot:
    """closed: votes that were revealed and that this viewer has not opened."""

    row: MeetingBallot
    lines: tuple[VoteLine, ...]
    closed: int
    majority: ShownVote | None


@dataclass(frozen=True)
class VoteSight:
    """Which votes this member may be shown, and how."""

    member_id: int
    covered: set[int]
    names: Names
    codebook: Codebook

    def shows(self, ballot: Ballot, cast: CastVote) -> bool:
        if cast.vote.member_id == self.member_id:
            return True
        return ballot.is_revealed and cast.vote.id in self.covered

    def place(self, member_id: int) -> int | None:
        coder_ids = self.names.coder_ids
        return coder_ids.index(member_id) % len(HANDS) if member_id in coder_ids else None

    def words(self, words: VoteWords) -> ShownVote:
        codes = [self.codebook.codes.get(code_id) for code_id in words.code_ids]
        return ShownVote(words.state, tuple(code.name if code else NOT_OPEN_YET for code in codes))

    def revealed(self, ballot: Ballot) -> ShownBallot:
        shown = [each for each in ballot.votes if self.shows(ballot, each)]
        by_member: dict[int, list[CastVote]] = {}
        for each in shown:
            by_member.setdefault(each.vote.member_id, []).append(each)
        closed = len(ballot.votes) - len(shown)
        most = majority([each.words for each in ballot.latest.values()]) if not closed else None
        return ShownBallot(
            row=ballot.row,
            lines=tuple(self._line(member_id, votes) for member_id, votes in sorted(by_member.items())),
            closed=closed,
            majority=self.words(most) if most else None,
        )

    def _line(self, member_id: int, votes: Sequence[CastVote]) -> VoteLine:
        when = {each.vote.is_after_reveal: self.words(each.words) for each in votes}
        return VoteLine(self.names.of(member_id), self.place(member_id), when.get(False), when.get(True))


@dataclass(frozen=True)
class MeetingState:
    """What those who watch ask for again and again. ballot: the vote under way or revealed last, None without an item.

    hidden: how many things of others on what is at hand the viewer has not opened. is_opened: their answers are open.
    """

    coding_round: Round
    meeting: Meeting
    item: MeetingItem | None
    stamp: str
    seats: tuple[Seat, ...]
    scribe: Membership | None
    is_scribe: bool
    may_take_over: bool
    opens_items: bool
    ballot: MeetingBallot | None
    revealed: tuple[ShownBallot, ...]
    mine: VoteWords | None
    is_opened: bool
    hidden: int
    is_ruled_outside: bool

    @property
    def voted(self) -> int:
        return sum(seat.has_voted for seat in self.seats)

    @property
    def is_revealed(self) -> bool:
        return self.ballot is not None and self.ballot.revealed_at is not None

    @property
    def heirs(self) -> list[Membership]:
        """Who is there and could be the scribe."""
        return [seat.member for seat in self.seats if not seat.is_scribe and may_be_scribe(seat.member)]

    @cached_property
    def chosen(self) -> set[str]:
        """The viewer's own vote as the form names it."""
        if self.mine is None:
            return set()
        return {str(code_id) for code_id in self.mine.code_ids} or {self.mine.state}


@dataclass(frozen=True)
class MeetingPage:
    """shown None: nothing is at hand. left: open ones of the queue, what is at hand among them."""

    state: MeetingState
    shown: DisagreementPage | None
    left: int
    parked: tuple[Disagreement, ...]

    @property
    def read_only(self) -> DisagreementPage | None:
        return replace(self.shown, may_rule=False) if self.shown else None


def meeting_state(session: Session, viewer: Viewer, coding_round: Round, meeting: Meeting) -> MeetingState:
    item = item_at_hand(session, meeting)
    found = compared_item(session, coding_round, item)
    ballots = ballots_of(session, [item])[item.id] if item else []
    sight = vote_sight(session, viewer, coding_round, found)
    revealed = tuple(sight.revealed(each) for each in reversed(ballots) if each.is_revealed)
    scribe = scribe_now(session, meeting)
    scribe_id = scribe.member_id if scribe else None
    there = present(session, meeting)
    latest = ballots[-1] if ballots else None
    voters = latest.voter_ids if latest and not latest.is_revealed else set()
    hidden, is_opened = _not_opened(session, viewer, coding_round, found)
    mine = latest.of(viewer.member.id) if latest else None
    return MeetingState(
        coding_round=coding_round,
        meeting=meeting,
        item=item,
        stamp=stamp_of(session, meeting, item),
        seats=tuple(
            Seat(
                sight.names.members[seat.member_id],
                seat.member_id == scribe_id,
                seat.member_id in voters,
                None if sight.names.is_blind else sight.place(seat.member_id),
            )
            for seat in there
        ),
        scribe=sight.names.members[scribe_id] if scribe_id is not None else None,
        is_scribe=scribe_id == viewer.member.id,
        may_take_over=may_take_over(viewer, scribe_id),
        opens_items=any(seat.opens_items for seat in there if seat.member_id == viewer.member.id),
        ballot=latest.row if latest else None,
        revealed=revealed,
        mine=mine.words if mine else None,
        is_opened=is_opened,
        hidden=hidden + sum(each.closed for each in revealed),
        is_ruled_outside=item is not None and item.key in queries.standing_rulings(session, coding_round),
    )


def meeting_page(session: Session, viewer: Viewer, coding_round: Round, meeting: Meeting) -> MeetingPage:
    state = meeting_state(session, viewer, coding_round, meeting)
    queue = queries.queue(session, coding_round)
    shown = None
    if state.item is not None and queue.find(state.item.key) is not None:
        shown = disagreement_page(session, viewer, coding_round, *state.item.key)
        shown = replace(shown, may_rule=shown.may_rule and state.is_scribe, others=(), people=())
    left = queue_of(meeting, queue)
    return MeetingPage(state, shown, len(left), tuple(parked(session, meeting, queue)))


def vote_sight(session: Session, viewer: Viewer, coding_round: Round, found: Compared | None) -> VoteSight:
    """Of one item; found None: of none, or of one that nobody's answer counts for any more."""
    return VoteSight(
        member_id=viewer.member.id,
        covered=exposed_subjects(session, viewer.study.id, viewer.member.id, VOTE),
        names=(
            names_beside(session, viewer, coding_round, found)
            if found
            else Names(members_by_id(session, viewer.study.id))
        ),
        codebook=visible_codebook(session, viewer.study.id, viewer.member.id),
    )


def compared_item(session: Session, coding_round: Round, item: MeetingItem | None) -> Compared | None:
    """None: nothing is at hand, or nobody's answer to it counts any more."""
    if item is None:
        return None
    try:
        return queries.compared_dimension(session, coding_round, *item.key)
    except NotFound:
        return None


def _not_opened(session: Session, viewer: Viewer, coding_round: Round, found: Compared | None) -> tuple[int, bool]:
    """(how many things of others, whether their answers are open)"""
    if found is None:
        return 0, True
    member_id = viewer.member.id
    others = queries.of_others(session, coding_round, member_id, found)
    covered = {
        kind: exposed_subjects(session, viewer.study.id, member_id, kind, found.incident_id)
        for kind in {kind for kind, _ in others}
    }
    closed = [kind for kind, key in others if key not in covered[kind]]
    return len(closed), "colleague_code" not in closed
