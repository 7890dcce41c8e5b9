"""What is kept of a meeting: who was there when, what was at hand and how long, the votes, and what was ruled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.disagreement_page import ShownCode, ShownRuling
from app.adjudication.meeting_models import Meeting, MeetingItem, MeetingPresence, MeetingScribe
from app.adjudication.meeting_page import ShownBallot, VoteSight, vote_sight
from app.adjudication.meeting_queries import (
    Ballot,
    ballots_of,
    items_of,
    meetings_of,
    minutes,
    presences,
    scribes,
)
from app.adjudication.models import Ruling
from app.codebook.tree import DimensionEntry
from app.coding.exposures import exposed_subjects
from app.db.base import now
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Stay:
    """until None: still there, or still the scribe."""

    member: Membership
    since: datetime
    until: datetime | None
    minutes: int
    how: str = ""


@dataclass(frozen=True)
class RecordedItem:
    """ballots: revealed ones. unrevealed: votes that were given and never revealed. ruling None: none, or not opened.

    is_closed: it tells something of others that the viewer has not opened.
    """

    item: MeetingItem
    incident: Incident
    dimension: DimensionEntry | None
    minutes: int
    voters: int
    ballots: tuple[ShownBallot, ...]
    unrevealed: int
    ruling: ShownRuling | None
    is_closed: bool


@dataclass(frozen=True)
class MeetingRecord:
    coding_round: Round
    meeting: Meeting
    started_by: Membership
    ended_by: Membership | None
    minutes: int
    dimension: DimensionEntry | None
    stays: tuple[Stay, ...]
    scribes: tuple[Stay, ...]
    items: tuple[RecordedItem, ...]

    @property
    def closed(self) -> int:
        return sum(each.is_closed for each in self.items)

    @property
    def ruled(self) -> int:
        return sum(each.item.outcome == "ruled" for each in self.items)


@dataclass(frozen=True)
class MeetingLine:
    """One meeting in the list of a round's."""

    meeting: Meeting
    started_by: Membership
    minutes: int
    people: int
    taken_up: int
    ruled: int


def meeting_lines(session: Session, coding_round: Round) -> list[MeetingLine]:
    """Newest first."""
    members = members_by_id(session, coding_round.study_id)
    lines = []
    for meeting in meetings_of(session, coding_round):
        items = items_of(session, meeting)
        lines.append(
            MeetingLine(
                meeting=meeting,
                started_by=members[meeting.started_by],
                minutes=minutes(meeting.started_at, meeting.ended_at or now()),
                people=len({each.member_id for each in presences(session, meeting)}),
                taken_up=len({each.key for each in items}),
                ruled=sum(each.outcome == "ruled" for each in items),
            )
        )
    return lines


def meeting_record(session: Session, viewer: Viewer, coding_round: Round, meeting: Meeting) -> MeetingRecord:
    sight = vote_sight(session, viewer, None)
    items = items_of(session, meeting)
    end = meeting.ended_at or now()
    return MeetingRecord(
        coding_round=coding_round,
        meeting=meeting,
        started_by=sight.members[meeting.started_by],
        ended_by=sight.members[meeting.ended_by] if meeting.ended_by is not None else None,
        minutes=minutes(meeting.started_at, end),
        dimension=sight.codebook.dimension(meeting.dimension_id) if meeting.dimension_id is not None else None,
        stays=tuple(_stay(sight, each, each.joined_at, each.left_at, end) for each in presences(session, meeting)),
        scribes=tuple(
            _stay(sight, each, each.since_at, each.until_at, end, how=each.how) for each in scribes(session, meeting)
        ),
        items=_items(session, viewer, items, sight, end),
    )


def _stay(
    sight: VoteSight,
    row: MeetingPresence | MeetingScribe,
    since: datetime,
    until: datetime | None,
    end: datetime,
    *,
    how: str = "",
) -> Stay:
    return Stay(sight.members[row.member_id], since, until, minutes(since, until or end), how)


def _items(
    session: Session, viewer: Viewer, items: Sequence[MeetingItem], sight: VoteSight, end: datetime
) -> tuple[RecordedItem, ...]:
    incidents = incidents_by_id(session, viewer.study.id, {each.incident_id for each in items})
    ballots = ballots_of(session, items)
    rulings = _rulings(session, viewer, items, sight)
    opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "ruling")
    found = []
    for item in items:
        ruling = rulings.get(item.ruling_id or 0)
        may_see = ruling is not None and (ruling.by.id == viewer.member.id or ruling.ruling.id in opened)
        votes = ballots[item.id]
        shown = tuple(sight.revealed(each) for each in votes if each.is_revealed)
        found.append(
            RecordedItem(
                item=item,
                incident=incidents[item.incident_id],
                dimension=sight.codebook.dimension(item.dimension_id),
                minutes=minutes(item.taken_up_at, item.left_at or end),
                voters=len({member for each in votes for member in each.voter_ids}),
                ballots=shown,
                unrevealed=_unrevealed(votes),
                ruling=ruling if may_see else None,
                is_closed=any(each.closed for each in shown) or (ruling is not None and not may_see),
            )
        )
    return tuple(found)


def _unrevealed(ballots: Sequence[Ballot]) -> int:
    return sum(len(each.voter_ids) for each in ballots if not each.is_revealed)


def _rulings(
    session: Session, viewer: Viewer, items: Sequence[MeetingItem], sight: VoteSight
) -> dict[int, ShownRuling]:
    rows = session.scalars(
        select(Ruling).where(
            Ruling.study_id == viewer.study.id, Ruling.id.in_([each.ruling_id for each in items if each.ruling_id])
        )
    ).all()
    codes, participants = queries.ruled_codes(session, rows), queries.participants(session, rows)
    bases = queries.bases(session, rows)
    return {
        ruling.id: ShownRuling(
            ruling=ruling,
            by=sight.members[ruling.member_id],
            codes=tuple(ShownCode(sight.codebook.codes.get(c.code_id), c.is_main) for c in codes[ruling.id]),
            participants=tuple(sight.members[member_id] for member_id in participants[ruling.id]),
            basis=bases.get(ruling.id, ""),
        )
        for ruling in rows
    }
