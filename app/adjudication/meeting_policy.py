"""Who may do what in a meeting, and which answer its votes come to."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from app.adjudication import policy
from app.adjudication.meeting_models import ABSTAINS, MeetingBallot
from app.adjudication.queries import Compared
from app.codebook.tree import Codebook
from app.problems import Conflict, Invalid, NotAllowed
from app.studies.models import Membership
from app.studies.viewer import Viewer


class NoMeeting(Conflict):
    """No meeting is under way here. It may have ended; its record is kept."""


class MeetingRuns(Conflict):
    """A meeting is under way on this round already. Join it."""


class NothingOpen(Conflict):
    """No disagreement is open here, so there is nothing to meet about."""


class NotWaiting(Conflict):
    """This one is not open in the queue of this meeting, or not any more."""


class NotThere(Conflict):
    """Join the meeting first."""


class NotTheScribe(Conflict):
    """The scribe does this. Ask them to, or to hand the role over."""


class OthersHold(NotAllowed):
    """Somebody is the scribe. They can hand the role over, and a lead can take it over."""


class ScribeChanged(Conflict):
    """Somebody else became the scribe in the meantime."""


class ScribeStays(Invalid):
    """The scribe goes by leaving the meeting, or hands the role over first."""


class NotAbleToRule(Invalid):
    """The scribe rules, so that it must be a lead or an adjudicator who is there."""


class MovedOn(Conflict):
    """The meeting has gone on to another disagreement. What you typed is not saved."""


class VoteUnopened(Conflict):
    """Open the coders’ answers first: who votes must have seen them."""


class VoteMoved(Conflict):
    """The votes were revealed, or a new vote began, before yours arrived. Look at it, then vote."""


class NobodyVoted(Conflict):
    """Nobody has voted yet, so there is nothing to reveal."""


class NotRevealed(Conflict):
    """The votes on this are not revealed yet. Reveal them first."""


class NoMajority(Conflict):
    """No answer has more than half of the votes."""


@dataclass(frozen=True)
class VoteWords:
    """state: an answer's, or 'abstains'."""

    state: str
    code_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class SeenVote:
    """Which vote was under way on the page where somebody voted, and whether it was revealed there."""

    ballot_id: int | None = None
    is_revealed: bool = False


def check_may_start(viewer: Viewer) -> None:
    if not viewer.may_rule:
        raise policy.OthersRule


def check_scribe(viewer: Viewer, scribe_id: int | None) -> None:
    if scribe_id != viewer.member.id:
        raise NotTheScribe


def may_take_over(viewer: Viewer, scribe_id: int | None) -> bool:
    """A role that nobody holds is anybody's who may rule; out of a hand that holds it only a lead takes it."""
    return viewer.may_rule and scribe_id != viewer.member.id and (scribe_id is None or viewer.leads)


def may_be_scribe(member: Membership) -> bool:
    return member.role in ("lead", "adjudicator") and member.ended_at is None


def check_vote(codebook: Codebook, found: Compared, words: VoteWords) -> None:
    if words.state == ABSTAINS:
        if words.code_ids:
            raise policy.CodesOrState
        return
    policy.check_answer(codebook, found, words.state, words.code_ids, None)


def check_same_vote(ballot: MeetingBallot, seen: SeenVote) -> None:
    """A vote that was meant to be blind is not counted as one given after the reveal, nor the other way round."""
    if seen != SeenVote(ballot.id, ballot.revealed_at is not None):
        raise VoteMoved


def majority(votes: Collection[VoteWords]) -> VoteWords | None:
    """What more than half of those who did not abstain voted for, to the code."""
    counted = Counter(VoteWords(each.state, tuple(sorted(each.code_ids))) for each in votes if each.state != ABSTAINS)
    answer, most = max(counted.items(), key=lambda each: each[1], default=(None, 0))
    return answer if 2 * most > counted.total() else None
