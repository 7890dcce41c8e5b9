"""Alpha of one dimension by the cohorts of a round's incidents, and by when suggestions appear on them."""

from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement.figures import RoundFigures, Row
from app.agreement.kept import made_once
from app.agreement.lens import SEED, Lens
from app.incidents.models import Incident
from app.methods.agreement import Coefficient
from app.rounds.holdings import counts
from app.rounds.models import ARM_WORDS, ARMS, Assignment, Round, RoundIncident

NO_COHORT = "No cohort"


@dataclass(frozen=True)
class OfCohort:
    """cohort: '' for the incidents that belong to none. incidents: of the round, rated or not."""

    cohort: str
    incidents: int
    alpha: Coefficient

    @property
    def name(self) -> str:
        return self.cohort or NO_COHORT


@dataclass(frozen=True)
class OfArm:
    """incidents: of the round, rated or not."""

    arm: str
    incidents: int
    alpha: Coefficient

    @property
    def name(self) -> str:
        return ARM_WORDS[self.arm].capitalize()


def cohorts_of(session: Session, coding_round: Round) -> list[tuple[str, int]]:
    """(cohort, incidents of the round), by name; those of none last, as ''."""
    return made_once(session, coding_round, "cohorts", lambda: _cohorts(session, coding_round))


def alpha_by_cohort(session: Session, figures: RoundFigures, row: Row) -> list[OfCohort]:
    """Of the same ratings as the row, whichever cohort that is narrowed to. None where the incidents are all of one."""
    cohorts = cohorts_of(session, figures.coding_round)
    if len(cohorts) < 2 or row.report is None:
        return []
    whole = replace(row.lens, cohorts=())
    what = "by cohort", whole, row.dimension.id, row.kind, row.was
    measured = made_once(
        session,
        figures.coding_round,
        what,
        lambda: [
            _alpha(session, figures.coding_round, row, replace(whole, cohorts=(cohort,))) for cohort, _ in cohorts
        ],
    )
    return [OfCohort(*cohort, alpha) for cohort, alpha in zip(cohorts, measured, strict=True)]


def arms_of(session: Session, coding_round: Round) -> list[tuple[str, int]]:
    """(arm, incidents of the round), in the order of ARMS, of those that occur."""
    found = made_once(session, coding_round, "arms", lambda: _arms(session, coding_round))
    return [(arm, found[arm]) for arm in ARMS if arm in found]


def alpha_by_arm(session: Session, figures: RoundFigures, row: Row) -> list[OfArm]:
    """Of the same ratings as the row, whichever arm that is narrowed to. None where the round has one arm."""
    coding_round = figures.coding_round
    arms = arms_of(session, coding_round)
    if len(arms) < 2 or row.report is None:
        return []
    whole = replace(row.lens, arms=())
    what = "by arm", whole, row.dimension.id, row.kind, row.was
    lenses = [replace(whole, arms=(arm,)) for arm, _ in arms]
    measured = made_once(
        session, coding_round, what, lambda: [_alpha(session, coding_round, row, lens) for lens in lenses]
    )
    return [OfArm(*arm, alpha) for arm, alpha in zip(arms, measured, strict=True)]


def _alpha(session: Session, coding_round: Round, row: Row, lens: Lens) -> Coefficient:
    from app.agreement.figured_rows import looked_at  # numpy: not before there is something to count
    from app.agreement.ratings import ratings
    from app.methods.agreement import measures_of

    chosen, code_of = looked_at(session, coding_round, replace(row, lens=lens))
    rated = ratings(row.dimension, *chosen, code_of)
    return measures_of(rated.patterns, sets=row.dimension.takes_many, resamples=lens.resamples, seed=SEED).alpha


def _cohorts(session: Session, coding_round: Round) -> list[tuple[str, int]]:
    cohort = func.coalesce(Incident.cohort, "")
    rows = session.execute(
        select(cohort, func.count())
        .join(RoundIncident, (RoundIncident.study_id == Incident.study_id) & (RoundIncident.incident_id == Incident.id))
        .where(RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id)
        .group_by(cohort)
    )
    return sorted(((name, many) for name, many in rows), key=lambda each: (not each[0], each[0]))


def _arms(session: Session, coding_round: Round) -> dict[str, int]:
    rows = session.execute(
        select(Assignment.arm, func.count(Assignment.incident_id.distinct()))
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.pass_ == 1,
            counts(),
        )
        .group_by(Assignment.arm)
    )
    return dict(rows.all())
