"""What the validity of a run asks of the database."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.rounds.models import Assignment, Round, RoundIncident
from app.suggestions.models import RunIncident, SuggestionRun


def arms_by_incident(session: Session, coding_round: Round) -> dict[int, str]:
    asked = (
        select(Assignment.incident_id, func.min(Assignment.arm))
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.pass_ == 1,
        )
        .group_by(Assignment.incident_id)
    )
    return dict(session.execute(asked).all())


def states_of(session: Session, run: SuggestionRun) -> Counter[str]:
    asked = (
        select(RunIncident.state, func.count())
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
        .group_by(RunIncident.state)
    )
    return Counter(dict(session.execute(asked).all()))


def chances_of(session: Session, run: SuggestionRun) -> dict[int, float | None]:
    """Of the incidents of the run: with which chance each was drawn into the round; None for one chosen by hand."""
    of_round = (RoundIncident.study_id == run.study_id) & (RoundIncident.incident_id == RunIncident.incident_id)
    asked = (
        select(RunIncident.incident_id, RoundIncident.sampling_probability)
        .outerjoin(RoundIncident, of_round & (RoundIncident.round_id == run.round_id))
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
    )
    return dict(session.execute(asked).all())


def weights_of(chances: Mapping[int, float | None]) -> dict[int, float]:
    """Incident -> one over its chance; empty where all have the same, or one of them is not known."""
    known = {key: chance for key, chance in chances.items() if chance}
    if len(known) < len(chances) or len({round(chance, 9) for chance in known.values()}) < 2:
        return {}
    return {key: 1 / chance for key, chance in known.items()}
