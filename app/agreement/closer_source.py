"""Which answers a row of figures counts, for what looks closer at it than its coefficients do.

The same answers as in app/agreement/figures.py, row by row. Loads numpy: import it where it is used.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from app.agreement.figured_rows import Look
from app.agreement.figures import Row, Value
from app.agreement.lens import CodeOf
from app.agreement.ratings import Ratings, ratings, value_of
from app.codebook.tree import DimensionEntry
from app.coding.handed_in import Bools, HandedIn, Ints
from app.rounds.models import Round


class Given(NamedTuple):
    """One answer as it is compared."""

    member_id: int
    submission_id: int
    value: Value


Units = dict[int, list[Given]]  # incident -> its answers, by member


@dataclass(frozen=True, eq=False)
class Source:
    """chosen: the submissions that a row counts. within: those of the incidents that are looked at at all.

    code_of: a code as it is compared.
    """

    coding_round: Round
    dimension: DimensionEntry
    work: HandedIn
    chosen: Bools
    within: Bools
    code_of: CodeOf

    @cached_property
    def ratings(self) -> Ratings:
        return ratings(self.dimension, self.work, self.chosen, self.code_of)

    @cached_property
    def units(self) -> Units:
        return units_of(self.dimension, (self.work, self.chosen), self.code_of)

    @property
    def firsts(self) -> Bools:
        """Skips among them."""
        return self.work.submissions.is_first & self.within


def source_of(session: Session, coding_round: Round, row: Row, *, every_first: bool = False) -> Source:
    """Of a row of `round_figures`. every_first: exposed first submissions too, as in the counts that stand beside.

    Raises StillBlind while the round runs (promise 1).
    """
    look = Look.at(session, coding_round, row.lens)
    every = look.work.submissions
    chosen = every.is_first & look.here if every_first else look.submissions(row.was or row.kind)
    return Source(coding_round, row.dimension, look.work, chosen, look.here, look.code_of(row.dimension))


def units_of(dimension: DimensionEntry, chosen: tuple[HandedIn, Bools], code_of: CodeOf) -> Units:
    """Answers that are left out of the ratings are left out here."""
    work, which = chosen
    places = work.answers(which, dimension.id)
    values: dict[int, Value | None] = {
        at: value_of(dimension, work.said[at], code_of) for at in np.unique(work.said_at[places]).tolist()
    }
    submission = work.at[places]
    of = work.submissions
    columns = (of.incidents[submission], of.members[submission], of.ids[submission], work.said_at[places])
    found: Units = {}
    for incident_id, member_id, submission_id, at in zip(*(column.tolist() for column in columns), strict=True):
        value = values[at]
        if value is not None:
            found.setdefault(incident_id, []).append(Given(member_id, submission_id, value))
    for given in found.values():
        given.sort()
    return found


def decided(source: Source) -> dict[int, dict[int, tuple[bool, int]]]:
    """incident -> member -> (whether they coded it, their first submission); who has not come to it is absent."""
    of, which = source.work.submissions, source.firsts
    columns: tuple[Ints | Bools, ...] = (of.incidents, of.members, of.skipped, of.ids)
    found: dict[int, dict[int, tuple[bool, int]]] = {}
    for incident_id, member_id, skipped, submission_id in zip(*(c[which].tolist() for c in columns), strict=True):
        found.setdefault(incident_id, {})[member_id] = (not skipped, submission_id)
    return found
