"""A round with two disagreements, and what people do in a meeting on it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adjudication import meeting_actions, meeting_votes
from app.adjudication.actions import RulingWords
from app.adjudication.meeting_models import Meeting, MeetingItem
from app.adjudication.meeting_policy import SeenVote, VoteWords
from app.adjudication.meeting_queries import Ballot, ballots_of, item_at_hand
from app.adjudication.models import Ruling
from app.codebook.tree import CodeEntry
from app.studies.viewer import Viewer
from tests.adjudication.conftest import Table, make_table


@dataclass
class MeetingTable:
    """table: Ada and Ben differ on the cause of each incident."""

    table: Table
    meeting: Meeting | None = None

    @property
    def session(self) -> Session:
        return self.table.session

    @property
    def number(self) -> int:
        return self.table.coding_round.number

    @property
    def address(self) -> str:
        return f"/studies/{self.table.lead.study.slug}/disagreements/{self.number}/meeting"

    @property
    def here_item(self) -> str:
        return f"{self.address}/items/{self.item.id}"

    @property
    def item(self) -> MeetingItem:
        assert self.meeting is not None
        found = item_at_hand(self.session, self.meeting)
        assert found is not None
        return found

    @property
    def ballot(self) -> Ballot:
        return ballots_of(self.session, [self.item])[self.item.id][-1]

    @property
    def seen(self) -> SeenVote:
        return SeenVote(self.ballot.row.id, self.ballot.is_revealed)

    def starts(self, viewer: Viewer, **how: object) -> Meeting:
        self.meeting = meeting_actions.start(self.session, viewer, self.number, **how)  # type: ignore[arg-type]
        return self.meeting

    def joins(self, *viewers: Viewer, opens_items: bool = False) -> None:
        for viewer in viewers:
            meeting_actions.join(self.session, viewer, self.number, opens_items=opens_items)

    def opens(self, *viewers: Viewer) -> None:
        for viewer in viewers:
            meeting_votes.open_item(self.session, viewer, self.number, self.item.id)

    def votes(self, viewer: Viewer, answer: CodeEntry | str, *, seen: SeenVote | None = None) -> None:
        words = VoteWords(answer) if isinstance(answer, str) else VoteWords("coded", (answer.id,))
        meeting_votes.vote(self.session, viewer, self.number, self.item.id, words, seen or self.seen)

    def reveals(self, viewer: Viewer) -> None:
        meeting_votes.reveal(self.session, viewer, self.number, self.item.id, ballot_id=self.ballot.row.id)

    def rules(self, viewer: Viewer, code: CodeEntry) -> Ruling:
        words = RulingWords(state="coded", code_ids=[code.id], cause="slip", reason="The text says so.")
        return meeting_actions.rule(self.session, viewer, self.number, self.item.id, words)

    def fields(self, code: CodeEntry | str, **more: object) -> dict[str, str]:
        """Of the vote form."""
        answer = {"instead": code} if isinstance(code, str) else {"answer": str(code.id)}
        seen = {"ballot_id": str(self.ballot.row.id), "saw_revealed": "yes" if self.ballot.is_revealed else ""}
        return {**answer, **seen, **{key: str(value) for key, value in more.items()}}


def make_meeting_table(session: Session, *, incidents: int = 2, **plan: object) -> MeetingTable:
    table = make_table(session, incidents=incidents, **plan)
    for at in range(incidents):
        table.codes(table.ada, [table.config], "", at=at)
        table.codes(table.ben, [table.network], "", at=at)
    table.steps_to("settling")
    return MeetingTable(table)


def under_way(session: Session, **plan: object) -> MeetingTable:
    """The judge is the scribe; Ada and Ben are there; all three have opened the first one."""
    meeting = make_meeting_table(session, **plan)
    meeting.starts(meeting.table.judge)
    meeting.joins(meeting.table.ada, meeting.table.ben)
    meeting.opens(meeting.table.judge, meeting.table.ada, meeting.table.ben)
    return meeting
