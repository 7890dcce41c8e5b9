"""What the address of the agreement page asks for, and how links and forms of the page keep it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.lens import RESAMPLES, SEED, Lens, lens_of
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import ARMS, Round
from app.web.forms import whole_number

LONGEST = 300
WIDTHS = {"0.1": 0.1, "0.2": 0.2, "0.3": 0.3, "0.4": 0.4}  # of an interval, end to end
USUAL_WIDTH = "0.2"
INTERVALS = {"": "jackknife", "bootstrap": f"bootstrap, {RESAMPLES:,} resamples, seed {SEED}"}


@dataclass(frozen=True)
class Asked:
    """'' and None ask for nothing in particular. beside: numbers of the rounds that stand beside this one. width: of
    the interval that is wanted, one of WIDTHS. interval: how it is made, one of INTERVALS."""

    round: int | None = None
    dimension: int | None = None
    level: str = ""
    version: str = ""
    cohort: str = ""
    arm: str = ""
    interval: str = ""
    beside: tuple[int, ...] = ()
    width: str = ""

    @classmethod
    def read(
        cls,
        round: str,
        dimension: str,
        level: str,
        version: str,
        cohort: str,
        arm: str,
        interval: str,
        beside: Sequence[str],
        width: str,
    ) -> "Asked":
        """What is no number is not found, nor what is too long to be anybody's."""
        if len(cohort) > LONGEST or width not in ("", *WIDTHS) or arm not in ("", *ARMS) or interval not in INTERVALS:
            raise NotFound
        numbers = tuple(sorted({number for typed in beside if (number := number_of(typed)) is not None}))
        return cls(number_of(round), number_of(dimension), level, version, cohort, arm, interval, numbers, width)

    def lens(self, session: Session, coding_round: Round) -> Lens:
        cohorts = (self.cohort,) if self.cohort else ()
        arms = (self.arm,) if self.arm else ()
        return lens_of(
            session,
            coding_round,
            level=self.level,
            asked_version=self.version,
            cohorts=cohorts,
            arms=arms,
            resamples=RESAMPLES if self.interval else None,
        )

    def check_cohort(self, session: Session, study_id: int) -> None:
        """A cohort of no incident of the study is not found; one that a round has none of is an empty table."""
        of_cohort = select(Incident.id).where(Incident.study_id == study_id, Incident.cohort == self.cohort).limit(1)
        if self.cohort and session.scalar(of_cohort) is None:
            raise NotFound

    def fields(self, *without: str) -> Iterator[tuple[str, str]]:
        """What a form of the page sends along, but for what the reader chooses in it."""
        for name, value in vars(self).items():
            if name not in without and value not in ("", None):
                yield from ((name, str(each)) for each in (value if isinstance(value, tuple | list) else (value,)))

    def query(self, **changed: Any) -> str:
        """Of an address: the same look, with these things changed."""
        return urlencode(list(replace(self, **changed).fields()))


def number_of(typed: str) -> int | None:
    """Blank asks for nothing in particular; what is no number is not found."""
    if not typed:
        return None
    number = whole_number(typed)
    if number is None:
        raise NotFound
    return number
