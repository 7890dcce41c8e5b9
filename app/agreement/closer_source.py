"""Which answers a row of figures counts, for what looks closer at it than its coefficients do.

The same answers as in app/agreement/figures.py, row by row. Loads numpy: import it where it is used.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from app.agreement import queries
from app.agreement.closer_words import ALL_FIRST
from app.agreement.figures import CodeOf, Value
from app.agreement.lens import Lens
from app.agreement.ratings import Ratings, ratings, value_of
from app.codebook.tree import DimensionEntry
from app.coding.handed_in import Bools, HandedIn, Ints, handed_in
from app.rounds.models import IMPORTED, Round
from app.rounds.queries import coders


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


def source_of(session: Session, coding_round: Round, lens: Lens, kind: str, dimension: DimensionEntry) -> Source:
    """kind: of the row, as in `figures.Row`, or ALL_FIRST. Raises StillBlind while the round runs (promise 1)."""
    work = handed_in(session, coding_round)
    within = lens.mask(session, coding_round, work)
    chosen = _chosen(session, coding_round, kind, work) & within
    code_of = lens.code_of(lens.codebook(session, coding_round), dimension.id)
    if lens.own.level == "code" and not lens.is_post_hoc and coding_round.purpose != IMPORTED:
        coined = queries.coined_in_private(session, coding_round)
        if coined.keys() & work.codes_of(dimension.id):
            code_of = queries.codebook_of_round(session, coding_round).living
    return Source(coding_round, dimension, work, chosen, within, code_of)


def _chosen(session: Session, coding_round: Round, kind: str, work: HandedIn) -> Bools:
    of = work.submissions
    if kind == "assisted":
        return of.is_last
    if kind == ALL_FIRST:
        return of.is_first
    if coding_round.purpose != IMPORTED:
        return of.is_first & of.independent
    if kind == "with_models":
        return of.is_first
    return of.is_first & ~of.by([each.id for each in coders(session, coding_round) if each.kind == "model"])


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
