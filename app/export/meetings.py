"""Meetings of a study as plain files: when and who, what was at hand, and the votes that were revealed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.adjudication.meeting_models import Meeting, MeetingItem
from app.adjudication.meeting_queries import Ballot, ballots_of, items_of, meetings_of, presences, scribes
from app.export.writing import ExportFile, csv_bytes
from app.rounds.models import Round

MEETINGS = ("id", "round_id", "dimension_id", "started_by", "started_at", "ended_by", "ended_at", "ending")
PRESENCES = ("meeting_id", "member_id", "part", "how", "from", "to")
ITEMS = ("id", "meeting_id", "incident_id", "dimension_id", "taken_up_at", "left_at", "outcome", "ruling_id")
VOTES = ("item_id", "vote", "revealed_at", "revealed_by", "member_id", "after_reveal", "state", "code_ids", "at")


def meeting_files(session: Session, rounds: Collection[Round]) -> list[ExportFile]:
    """Of rounds that are open to others (promise 1), oldest first; nothing where none was held."""
    held = [each for coding_round in rounds for each in reversed(meetings_of(session, coding_round))]
    if not held:
        return []
    items = [item for meeting in held for item in items_of(session, meeting)]
    return [
        ExportFile("meetings.csv", "", csv_bytes(MEETINGS, map(_meeting, held))),
        ExportFile("meeting-people.csv", "", csv_bytes(PRESENCES, _people(session, held))),
        ExportFile("meeting-items.csv", "", csv_bytes(ITEMS, map(_item, items))),
        ExportFile("meeting-votes.csv", "", csv_bytes(VOTES, _votes(session, items))),
    ]


def revealed_votes(session: Session, rounds: Collection[Round]) -> list[tuple[MeetingItem, Ballot]]:
    """What a copy tells of votes: none that was not revealed (promise 3)."""
    items = [
        item
        for each in rounds
        for meeting in reversed(meetings_of(session, each))
        for item in items_of(session, meeting)
    ]
    return _revealed(session, items)


def _meeting(each: Meeting) -> tuple[object, ...]:
    return (
        each.id,
        each.round_id,
        each.dimension_id or "",
        each.started_by,
        each.started_at.isoformat(),
        each.ended_by or "",
        _when(each.ended_at),
        each.ending or "",
    )


def _people(session: Session, held: Sequence[Meeting]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for meeting in held:
        for stay in presences(session, meeting):
            rows.append((meeting.id, stay.member_id, "present", "", stay.joined_at.isoformat(), _when(stay.left_at)))
        for role in scribes(session, meeting):
            rows.append(
                (meeting.id, role.member_id, "scribe", role.how, role.since_at.isoformat(), _when(role.until_at))
            )
    return rows


def _item(each: MeetingItem) -> tuple[object, ...]:
    return (
        each.id,
        each.meeting_id,
        each.incident_id,
        each.dimension_id,
        each.taken_up_at.isoformat(),
        _when(each.left_at),
        each.outcome or "",
        each.ruling_id or "",
    )


def _votes(session: Session, items: Sequence[MeetingItem]) -> list[tuple[object, ...]]:
    return [
        (
            item.id,
            ballot.row.number,
            _when(ballot.row.revealed_at),
            ballot.row.revealed_by or "",
            cast.vote.member_id,
            "yes" if cast.vote.is_after_reveal else "no",
            cast.vote.state,
            " ".join(map(str, cast.code_ids)),
            cast.vote.at.isoformat(),
        )
        for item, ballot in _revealed(session, items)
        for cast in ballot.votes
    ]


def _revealed(session: Session, items: Sequence[MeetingItem]) -> list[tuple[MeetingItem, Ballot]]:
    ballots = ballots_of(session, items)
    return [(item, each) for item in items for each in ballots[item.id] if each.is_revealed]


def _when(at: datetime | None) -> str:
    return at.isoformat() if at else ""
