"""Flags of a round: where coders ask for a look, and what they noted. Notes are opened as answers are (promise 3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.veiled_acts import record_act
from app.coding.exposures import expose, exposed_subjects
from app.coding.models import Flag
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.rounds.policy import check_open_to_others
from app.studies.viewer import Viewer

FLAG = "flag"


@dataclass(frozen=True)
class RaisedFlag:
    flag: Flag
    incident_id: int
    member_id: int

    @property
    def id(self) -> int:
        return self.flag.id


@dataclass(frozen=True)
class FlagLine:
    """note None: not opened yet. blank: raised without a note."""

    incident: Incident
    member_id: int
    note: str | None


def raised_flags(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[RaisedFlag]:
    """Those that stand, by incident and coder; a draft that was withdrawn raises none. Raises StillBlind."""
    check_open_to_others(coding_round)
    query = (
        select(Flag, Assignment.incident_id, Assignment.member_id)
        .join(Assignment, (Assignment.study_id == Flag.study_id) & (Assignment.id == Flag.assignment_id))
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Flag.ended_at.is_(None),
            counts(),
        )
        .order_by(Assignment.incident_id, Assignment.member_id, Flag.id)
    )
    if incident_id is not None:
        query = query.where(Assignment.incident_id == incident_id)
    return [RaisedFlag(*row) for row in session.execute(query)]


def flag_lines(session: Session, viewer: Viewer, coding_round: Round) -> list[FlagLine]:
    """By the number of the incident."""
    found = raised_flags(session, coding_round)
    seen = exposed_subjects(session, viewer.study.id, viewer.member.id, FLAG) if found else set()
    incidents: Mapping[int, Incident] = incidents_by_id(
        session, coding_round.study_id, {each.incident_id for each in found}
    )
    lines = [
        FlagLine(
            incidents[each.incident_id],
            each.member_id,
            each.flag.note if each.member_id == viewer.member.id or each.id in seen or not each.flag.note else None,
        )
        for each in found
    ]
    return sorted(lines, key=lambda line: line.incident.number)


def open_flags(session: Session, viewer: Viewer, coding_round: Round) -> None:
    """The member is about to be shown what others noted: recorded before it is rendered. The round is held open."""
    others = [each for each in raised_flags(session, coding_round) if each.member_id != viewer.member.id]
    shown = [(each.incident_id, FLAG, each.id) for each in others]
    expose(session, viewer.study.id, viewer.member.id, shown)
    record_act(
        session,
        viewer,
        coding_round,
        "flags.opened",
        ("round", coding_round.id),
        incidents=len({each.incident_id for each in others}),
    )
