"""Meetings on a round of the sample study, for the pictures: one that was held, and one in its second vote."""

from sqlalchemy.orm import Session

from app.adjudication import meeting_actions as meetings
from app.adjudication import meeting_votes, queries
from app.adjudication.actions import RulingWords
from app.adjudication.meeting_models import Meeting, MeetingItem
from app.adjudication.meeting_policy import SeenVote, VoteWords
from app.adjudication.meeting_queries import ballots_of, item_at_hand
from app.rounds.models import Round
from app.studies.viewer import Viewer


def make_meetings(session: Session, lead: Viewer, ben: Viewer, coding_round: Round) -> Meeting:
    """The one that was held. The weakest disagreements are taken, as other pictures show the strongest."""
    number = coding_round.number
    weakest = [each.key for each in queries.queue(session, coding_round).open[-3:]]
    kept = _begun(session, lead, ben, number)
    meetings.take_up(session, lead, number, *weakest[0])
    code_id = _voted(session, (lead, ben), coding_round, kept, apart=True)
    words = RulingWords("coded", "granularity", "The narrower code says what went wrong.", [code_id])
    meetings.rule(session, lead, number, _at_hand(session, kept).id, words)
    meetings.end(session, lead, number)
    running = _begun(session, lead, ben, number)
    meetings.take_up(session, lead, number, *weakest[1])
    _voted(session, (lead, ben), coding_round, running, apart=False)
    item = _at_hand(session, running)
    ballot = ballots_of(session, [item])[item.id][-1].row
    meeting_votes.vote(session, ben, number, item.id, VoteWords("abstains"), SeenVote(ballot.id, True))
    return kept


def _begun(session: Session, lead: Viewer, ben: Viewer, number: int) -> Meeting:
    meeting = meetings.start(session, lead, number)
    meetings.join(session, ben, number)
    return meeting


def _at_hand(session: Session, meeting: Meeting) -> MeetingItem:
    item = item_at_hand(session, meeting)
    assert item is not None
    return item


def _voted(
    session: Session, viewers: tuple[Viewer, Viewer], coding_round: Round, meeting: Meeting, *, apart: bool
) -> int:
    """Both for the first coder's code, or the second one for no code. Revealed."""
    item, number = _at_hand(session, meeting), coding_round.number
    found = queries.compared_dimension(session, coding_round, *item.key)
    code_id = next(choice.code_id for reply in found.replies for choice in reply.codes)
    ballot = ballots_of(session, [item])[item.id][-1].row
    for place, viewer in enumerate(viewers):
        meeting_votes.open_item(session, viewer, number, item.id)
        words = VoteWords("none_applies") if apart and place else VoteWords("coded", (code_id,))
        meeting_votes.vote(session, viewer, number, item.id, words, SeenVote(ballot.id, False))
    meeting_votes.reveal(session, viewers[0], number, item.id, ballot_id=ballot.id)
    return code_id
