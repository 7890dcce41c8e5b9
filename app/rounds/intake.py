"""A rolling round: by what filter it takes in incidents that came after it was planned, and which of them wait."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.problems import Conflict, Invalid
from app.rounds.changes import round_to_change, tell
from app.rounds.choosing import without_known
from app.rounds.models import Round, RoundIncident, RoundPhaseChange
from app.rounds.queries import candidate_incident_ids
from app.studies.viewer import Viewer

LONGEST_WORDS = 300


class NoIntake(Conflict):
    """This round takes in no new incidents by itself. Save a filter for it first."""


class FilterTooLong(Invalid):
    """A word of the filter is longer than 300 characters. Take fewer words."""


@dataclass(frozen=True)
class Intake:
    """Blank takes all. by_itself: after each import, without anybody asking."""

    cohort: str = ""
    service: str = ""
    severity: str = ""
    words: str = ""
    by_itself: bool = False

    @classmethod
    def of(cls, coding_round: Round) -> "Intake | None":
        return cls(**coding_round.intake) if coding_round.intake is not None else None

    @property
    def narrows(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("cohort", "service", "severity", "words")}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def save_intake(session: Session, viewer: Viewer, number: int, intake: Intake | None) -> Round:
    """None: the round takes no new incidents any more."""
    if intake and any(len(value) > LONGEST_WORDS for value in intake.narrows.values()):
        raise FilterTooLong
    coding_round = round_to_change(session, viewer, number)
    coding_round.intake = intake.as_json() if intake else None
    tell(
        session,
        viewer,
        coding_round,
        "intake_saved" if intake else "intake_ended",
        **(intake.as_json() if intake else {}),
    )
    return coding_round


def fitting(session: Session, coding_round: Round, intake: Intake) -> list[int]:
    """Codable incidents that fit, those of the round among them."""
    return candidate_incident_ids(session, coding_round.study_id, **intake.narrows)


def waiting_for(session: Session, coding_round: Round) -> list[int]:
    """Incidents that a rolling round would take in now."""
    intake = Intake.of(coding_round)
    if intake is None:
        return []
    of_round = (RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id)
    there = set(session.scalars(select(RoundIncident.incident_id).where(*of_round)))
    return fresh_ids(session, coding_round, [one for one in fitting(session, coding_round, intake) if one not in there])


def fresh_ids(session: Session, coding_round: Round, incident_ids: Collection[int]) -> list[int]:
    """Those that the round may take: for reliability no example of the codebook, none discussed or ruled on, and none
    of a round whose answers were ever opened, at the end of the coding or one incident after the other."""
    if coding_round.purpose != "reliability":
        return sorted(incident_ids)
    unknown, _ = without_known(session, coding_round.study_id, incident_ids)
    settled = select(RoundPhaseChange.round_id).where(
        RoundPhaseChange.study_id == coding_round.study_id, RoundPhaseChange.to_phase == "settling"
    )
    opening = select(Round.id).where(
        Round.study_id == coding_round.study_id, Round.reveal == "each_incident", Round.phase != "planned"
    )
    opened = set(
        session.scalars(
            select(RoundIncident.incident_id).where(
                RoundIncident.study_id == coding_round.study_id,
                RoundIncident.round_id != coding_round.id,
                or_(RoundIncident.round_id.in_(settled), RoundIncident.round_id.in_(opening)),
            )
        )
    )
    return [one for one in sorted(unknown) if one not in opened]


def rolling_rounds(session: Session, study_id: int) -> Sequence[Round]:
    """Those that take in incidents by themselves after an import."""
    found = session.scalars(
        select(Round)
        .where(Round.study_id == study_id, Round.phase.in_(("planned", "running")), Round.intake.is_not(None))
        .order_by(Round.number)
    )
    return [each for each in found if (intake := Intake.of(each)) and intake.by_itself]
