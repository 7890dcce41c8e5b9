"""What is kept of a meeting: who was there when, what was at hand and how long, the votes, and what was ruled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.disagreement_shown import ShownCode, ShownRuling
from app.adjudication.meeting_models import Meeting, MeetingItem, MeetingPresence, MeetingScribe
from app.adjudication.meeting_page import ShownBallot, VoteSight, compared_item, vote_sight
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
    sight = vote_sight(session, viewer, coding_round, None)
    items = items_of(session, meeting)
    end = meeting.ended_at or now()
    return MeetingRecord(
        coding_round=coding_round,
        meeting=meeting,
        started_by=sight.names.members[meeting.started_by],
        ended_by=sight.names.members[meeting.ended_by] if meeting.ended_by is not None else None,
        minutes=minutes(meeting.started_at, end),
        dimension=sight.codebook.dimension(meeting.dimension_id) if meeting.dimension_id is not None else None,
        stays=tuple(_stay(sight, each, each.joined_at, each.left_at, end) for each in presences(session, meeting)),
        scribes=tuple(
            _stay(sight, each, each.since_at, each.until_at, end, how=each.how) for each in scribes(session, meeting)
        ),
        items=_items(session, viewer, coding_round, items, end),
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
    return Stay(sight.names.members[row.member_id], since, until, minutes(since, until or end), how)


def _items(
    session: Session, viewer: Viewer, coding_round: Round, items: Sequence[MeetingItem], end: datetime
) -> tuple[RecordedItem, ...]:
    incidents = incidents_by_id(session, viewer.study.id, {each.incident_id for each in items})
    ballots = ballots_of(session, items)
    rulings = _rulings(session, viewer, items)
    opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "ruling")
    found = []
    for item in items:
        sight = vote_sight(session, viewer, coding_round, compared_item(session, coding_round, item))
        ruling = rulings.get(item.ruling_id or 0)
        may_see = ruling is not None and (ruling.member_id == viewer.member.id or ruling.id in opened)
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
                ruling=_shown_ruling(session, ruling, sight) if ruling and may_see else None,
                is_closed=any(each.closed for each in shown) or (ruling is not None and not may_see),
            )
        )
    return tuple(found)


def _unrevealed(ballots: Sequence[Ballot]) -> int:
    return sum(len(each.voter_ids) for each in ballots if not each.is_revealed)


def _rulings(session: Session, viewer: Viewer, items: Sequence[MeetingItem]) -> dict[int, Ruling]:
    rows = session.scalars(
        select(Ruling).where(
            Ruling.study_id == viewer.study.id, Ruling.id.in_([each.ruling_id for each in items if each.ruling_id])
        )
    )
    return {ruling.id: ruling for ruling in rows}


def _shown_ruling(session: Session, ruling: Ruling, sight: VoteSight) -> ShownRuling:
    names = sight.names
    codes = queries.ruled_codes(session, [ruling])[ruling.id]
    return ShownRuling(
        ruling=ruling,
        by=names.of(ruling.member_id),
        codes=tuple(ShownCode(sight.codebook.codes.get(code.code_id), code.is_main) for code in codes),
        participants=tuple(names.of(key) for key in queries.participants(session, [ruling])[ruling.id]),
        basis=queries.bases(session, [ruling]).get(ruling.id, ""),
        reason=names.words(ruling.reason),
    )
