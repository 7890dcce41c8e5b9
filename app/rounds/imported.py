"""Rounds that were coded elsewhere: they begin where coding has ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.methods.names import checked_name
from app.problems import Invalid
from app.rounds.actions import LONGEST_NAME, NameTooLong, next_number
from app.rounds.models import IMPORTED, Assignment, Round, RoundCoder, RoundIncident, RoundPhaseChange
from app.studies.viewer import Viewer, check_leads


class NoRoundName(Invalid):
    """The round of the ratings needs a name."""


class RoundNameTaken(Invalid):
    """A round of this study has this name and other ratings. Take another name."""


@dataclass(frozen=True)
class Rated:
    """A unit that a rater rated, as ids of an incident and a member."""

    incident_id: int
    member_id: int


def imported_with(session: Session, study_id: int, fingerprint: str) -> Round | None:
    """The round that holds the ratings of this fingerprint."""
    return session.scalars(
        select(Round)
        .where(
            Round.study_id == study_id, Round.purpose == IMPORTED, Round.plan["ratings_sha256"].astext == fingerprint
        )
        .order_by(Round.number)
        .limit(1)
    ).first()


def add_imported_round(session: Session, viewer: Viewer, name: str, plan: dict[str, Any]) -> Round:
    """In phase *settling*."""
    check_leads(viewer)
    study_id = viewer.study.id
    name = checked_name(name, most=LONGEST_NAME, missing=NoRoundName, too_long=NameTooLong)
    if session.scalar(select(Round.id).where(Round.study_id == study_id, Round.name == name).limit(1)):
        raise RoundNameTaken
    coding_round = Round(
        study_id=study_id,
        number=next_number(session, study_id),
        name=name,
        purpose=IMPORTED,
        phase="settling",
        arm="blind",
        seed=0,
        plan=plan,
        code_sharing="shared",
        created_by=viewer.member.id,
    )
    session.add(coding_round)
    session.flush()
    session.add(
        RoundPhaseChange(
            study_id=study_id,
            round_id=coding_round.id,
            from_phase="planned",
            to_phase="settling",
            member_id=viewer.member.id,
            reason="Imported from a file.",
        )
    )
    session.flush()
    return coding_round


def assign_as_rated(session: Session, coding_round: Round, rated: Sequence[Rated]) -> list[int]:
    """Assignments in the order of rated."""
    of_round = {"study_id": coding_round.study_id, "round_id": coding_round.id}
    session.execute(
        insert(RoundCoder), [{**of_round, "member_id": one} for one in _each_once(r.member_id for r in rated)]
    )
    session.execute(
        insert(RoundIncident),
        [
            {**of_round, "incident_id": one, "sampling_probability": 1.0}
            for one in _each_once(r.incident_id for r in rated)
        ],
    )
    rows = [
        {
            **of_round,
            "incident_id": one.incident_id,
            "member_id": one.member_id,
            "arm": "blind",
            "order": place,
            "sampling_probability": 1.0,
        }
        for place, one in enumerate(rated, start=1)
    ]
    return list(session.scalars(insert(Assignment).returning(Assignment.id, sort_by_parameter_order=True), rows))


def _each_once(ids: Iterable[int]) -> list[int]:
    return sorted(set(ids))
