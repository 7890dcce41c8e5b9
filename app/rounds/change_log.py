"""What became of a round since it was planned: its changes in words, and what they mean for its sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.rounds.models import Round, RoundIncident
from app.studies.models import Membership, StudyEvent
from app.studies.queries import members_by_id

KINDS = ("coder_added", "coder_removed", "reassigned", "incidents_added", "intake_saved", "intake_ended")


@dataclass(frozen=True)
class ChangeLine:
    at: datetime
    who: str
    words: str
    reason: str


@dataclass(frozen=True)
class AddedLater:
    """How many incidents the plan did not have, and how many of them were chosen by hand."""

    incidents: int
    by_hand: int


def added_later(session: Session, coding_round: Round) -> AddedLater:
    count, by_hand = session.execute(
        select(func.count(), func.count().filter(RoundIncident.sampling_probability.is_(None))).where(
            RoundIncident.study_id == coding_round.study_id,
            RoundIncident.round_id == coding_round.id,
            RoundIncident.added_at.is_not(None),
        )
    ).one()
    return AddedLater(count, by_hand)


def change_lines(session: Session, coding_round: Round) -> list[ChangeLine]:
    """Newest first."""
    people = members_by_id(session, coding_round.study_id)
    events = session.scalars(
        select(StudyEvent)
        .where(
            StudyEvent.study_id == coding_round.study_id,
            StudyEvent.subject_kind == "round",
            StudyEvent.subject_id == coding_round.id,
            StudyEvent.kind.in_([f"round.{kind}" for kind in KINDS]),
        )
        .order_by(StudyEvent.id.desc())
    )
    return [
        ChangeLine(
            at=event.at,
            who=_name(people, event.member_id),
            words=_words(event.kind.removeprefix("round."), event.details, people),
            reason=str(event.details.get("reason", "")),
        )
        for event in events
    ]


def _words(kind: str, said: Mapping[str, Any], people: Mapping[int, Membership]) -> str:
    if kind == "coder_added":
        return f"added {_name(people, said['member_id'])}, who {_taken(said)}"
    if kind == "coder_removed":
        return f"removed {_name(people, said['member_id'])}; {_left(said)}"
    if kind == "reassigned":
        given = _incidents(said["given"])
        came = f"of {_name(people, said['from_id'])}" if said["from_id"] else "that lacked a coder"
        went = f"to {_name(people, said['to_id'])}" if said["to_id"] else "evenly to the others"
        return f"gave {given} {came} {went}"
    if kind == "incidents_added":
        how = {"by_hand": "chosen by hand", "filter": "by a filter", "intake": "that came in and fit the saved filter"}
        return f"added {_incidents(said['incidents'])} {how[said['how']]}"
    return "saved a filter for new incidents" if kind == "intake_saved" else "ended the taking in of new incidents"


def _taken(said: Mapping[str, Any]) -> str:
    if said["takes"] == "nothing":
        return "takes nothing for now"
    from_whom = "that lacked a coder" if said["takes"] == "gaps" else "that others had not begun"
    return f"took {_incidents(said['given'])} {from_whom}"


def _left(said: Mapping[str, Any]) -> str:
    kept, withdrawn, drafts, lacking = (said[name] for name in ("kept", "withdrawn", "drafts", "lacking"))
    parts = [f"{kept} handed in {'stays' if kept == 1 else 'stay'}, {withdrawn} withdrawn"]
    if drafts:
        parts.append(f"{drafts} of them with a draft that counts no more")
    parts.append(f"{said['given']} went to others")
    if lacking:
        parts.append(f"{_incidents(lacking)} {'lacks' if lacking == 1 else 'lack'} a coder")
    return ", ".join(parts)


def _incidents(count: int) -> str:
    return f"{count:,} incident{'' if count == 1 else 's'}"


def _name(people: Mapping[int, Membership], member_id: int | None) -> str:
    member = people.get(member_id) if member_id is not None else None
    return member.name if member else "the operator"
