"""Which incidents of a round a run asks about: those that fit, then a draw from them."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.incidents.models import Incident, IncidentExclusion
from app.incidents.queries import IncidentFilter, matching
from app.methods.sampling import draw
from app.problems import Invalid
from app.rounds.models import Round, RoundIncident
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.policy import LimitNotUsable, NothingToAsk

WHICH = ("new", "all")
HAS_SUGGESTIONS = ("waiting", "done")


class NothingFits(Invalid):
    """No incident of this round fits this filter. Widen it, or take those that have suggestions too."""


class UnknownChoice(Invalid):
    """The plan chooses its incidents in a way that does not exist."""


@dataclass(frozen=True)
class Choice:
    """which: 'new', those without suggestions, or 'all' of the round. The filter is that of the list of incidents.

    sample: so many of them, drawn by the seed; first: so many by their numbers; both None: all of them.
    """

    which: str = "new"
    words: str = ""
    cohort: str = ""
    service: str = ""
    severity: str = ""
    sample: int | None = None
    seed: int = 0
    first: int | None = None

    @property
    def filter(self) -> IncidentFilter:
        return IncidentFilter(self.words, self.cohort, self.service, self.severity)

    @property
    def stored(self) -> dict[str, Any]:
        """What was said, and no more."""
        said = {name: value for name, value in asdict(self).items() if value not in ("", None)}
        return said if self.sample is not None else {name: value for name, value in said.items() if name != "seed"}


def chosen_incident_ids(session: Session, coding_round: Round, choice: Choice) -> list[int]:
    """By their numbers. Raises NothingToAsk where every incident has suggestions, and what is wrong in the choice."""
    if choice.which not in WHICH:
        raise UnknownChoice
    if choice.first is not None and choice.first < 1:
        raise LimitNotUsable
    found = list(session.scalars(_fitting(coding_round, choice).order_by(Incident.number)))
    if not found:
        raise NothingFits if choice.filter != IncidentFilter() else NothingToAsk
    if choice.sample is not None:
        drawn = set(draw(found, choice.sample, choice.seed).ids)
        found = [one for one in found if one in drawn]
    return found[: choice.first]


def count_to_ask(session: Session, coding_round: Round) -> int:
    """How many incidents of the round have no suggestions."""
    fitting = _fitting(coding_round, Choice()).subquery()
    return session.scalars(select(func.count()).select_from(fitting)).one()


def count_askable(session: Session, coding_round: Round) -> int:
    """How many incidents of the round have a text."""
    fitting = _fitting(coding_round, Choice(which="all")).subquery()
    return session.scalars(select(func.count()).select_from(fitting)).one()


def _fitting(coding_round: Round, choice: Choice) -> Select[int]:
    of_round = (RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id)
    left_out = exists().where(
        IncidentExclusion.study_id == Incident.study_id,
        IncidentExclusion.incident_id == Incident.id,
        IncidentExclusion.ended_at.is_(None),
    )
    query = (
        select(Incident.id)
        .join(RoundIncident, (RoundIncident.study_id == Incident.study_id) & (RoundIncident.incident_id == Incident.id))
        .where(*of_round, Incident.text.is_not(None), Incident.text != "", ~left_out)
    )
    if choice.which == "new":
        query = query.where(Incident.id.not_in(_asked(coding_round)))
    return matching(query, coding_round.study_id, choice.filter)


def _asked(coding_round: Round) -> Select[int]:
    """What has suggestions, or waits for them, in a run that is offered to coders: a measured one leaves it open."""
    return (
        select(RunIncident.incident_id)
        .join(
            SuggestionRun,
            (SuggestionRun.study_id == RunIncident.study_id) & (SuggestionRun.id == RunIncident.run_id),
        )
        .where(
            SuggestionRun.study_id == coding_round.study_id,
            SuggestionRun.round_id == coding_round.id,
            SuggestionRun.is_offered,
            RunIncident.state.in_(HAS_SUGGESTIONS),
        )
    )
