"""Whether the model of a run is a fit rater: its figures as plain values. What counts as independent is decided here.

Human and model are compared on unexposed first submissions of the first pass, under a frozen codebook, and once the
round is open to others (promise 1). Where one of these fails there is a sentence and no figure.
"""

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement.kept import made_once
from app.agreement.lens import Level
from app.codebook.tree import DimensionEntry
from app.methods.agreement import Coefficient
from app.methods.fitness import CROWD, EXPERTS, SKILLED, AlternativeAnnotator, Share
from app.problems import NotFound
from app.rounds.models import ARM_WORDS, Round
from app.rounds.policy import check_open_to_others
from app.studies.viewer import Viewer
from app.suggestions.models import RunIncident, SuggestionRun

Annotators = Literal["experts", "skilled", "crowd"]
EPSILONS: dict[str, float] = {"experts": EXPERTS, "skilled": SKILLED, "crowd": CROWD}
USUAL: Annotators = "skilled"


@dataclass(frozen=True)
class PersonBeside:
    """One coder and the model alone, on incidents that both answered."""

    member_id: int
    alpha: Coefficient


@dataclass(frozen=True)
class CodeShares:
    """How large a share of the incidents has one code, three times. code: an id, or what stands for none.

    model: as the model says it of all incidents that it answered. people: as those say it who coded without having seen
    a suggestion. corrected: of all incidents, out of both (PPI++).
    """

    code: int | str
    model: Share
    people: Share
    corrected: Share


@dataclass(frozen=True)
class DimensionValidity:
    """One dimension. sentence: why there are no figures, else ''; what is None is left out for it.

    answered: incidents of which the model said something that can be compared; not_read: that could not be read;
    unsettled: where its samples had no majority; unresolved: where a code was split since. proposing: incidents for
    which it proposed a new code. not_enough: answers of people that say so, which a model cannot. people: alpha of the
    coders among themselves, on incidents that the model answered.
    """

    dimension: DimensionEntry
    sentence: str = ""
    answered: int = 0
    not_read: int = 0
    unsettled: int = 0
    unresolved: int = 0
    proposing: int = 0
    not_enough: int = 0
    people: Coefficient | None = None
    with_people: tuple[PersonBeside, ...] = ()
    test: AlternativeAnnotator | None = None
    shares: tuple[CodeShares, ...] = ()
    labelled: int = 0
    predicted: int = 0

    @property
    def coefficient(self) -> str:
        return "alpha, MASI distance" if self.dimension.takes_many else "alpha"


@dataclass(frozen=True)
class ArmCount:
    """First submissions on incidents of one arm, skips left out, and how many followed something that was shown."""

    arm: str
    first: int
    exposed: int

    @property
    def words(self) -> str:
        return ARM_WORDS[self.arm]


@dataclass(frozen=True)
class Validity:
    """sentence: why there are no figures at all, else ''. nothing: (state, incidents) of the run that came to none.

    is_weighed: incidents were drawn with unequal chances, and count by one over them. by_hand: some were chosen by
    hand, so that the shares speak of these incidents alone. in_date_order: who coded first what came first.
    is_imported: the people's ratings came in a file.
    """

    run_id: int
    epsilon: float
    level: Level
    incidents: int
    done: int
    nothing: tuple[tuple[str, int], ...]
    arms: tuple[ArmCount, ...] = ()
    sentence: str = ""
    dimensions: tuple[DimensionValidity, ...] = field(default=())
    samples: int = 1
    is_weighed: bool = False
    by_hand: bool = False
    in_date_order: bool = False
    is_imported: bool = False

    @property
    def first(self) -> int:
        return sum(one.first for one in self.arms)

    @property
    def exposed(self) -> int:
        return sum(one.exposed for one in self.arms)

    def of(self, dimension_id: int) -> DimensionValidity:
        for one in self.dimensions:
            if one.dimension.id == dimension_id:
                return one
        raise NotFound


def validity_of(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    run: SuggestionRun,
    *,
    epsilon: float = EPSILONS[USUAL],
    level: Level = "code",
) -> Validity:
    """Made once for all who look, until something of it changes. Raises StillBlind while the round runs (promise 1)."""
    from app.suggestions.validity_counted import counted_validity  # numpy: not before there is something to count

    if viewer.study.id != run.study_id or run.round_id != coding_round.id:
        raise NotFound
    check_open_to_others(coding_round)
    what = "validity", run.id, epsilon, level, _progress(session, run)
    return made_once(
        session, coding_round, what, lambda: counted_validity(session, coding_round, run, epsilon=epsilon, level=level)
    )


def _progress(session: Session, run: SuggestionRun) -> tuple[object, ...]:
    """What of the run the figures rest on: suggestions are only ever written when an incident changes its state."""
    rows = session.execute(
        select(RunIncident.state, func.count(), func.max(RunIncident.changed_at))
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
        .group_by(RunIncident.state)
        .order_by(RunIncident.state)
    )
    return tuple(tuple(row) for row in rows)
