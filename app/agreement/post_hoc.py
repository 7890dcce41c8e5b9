"""Figures of rounds whose coding has ended, counted once and then scored under any codebook: *post hoc* figures.

What is counted here is what `figures.round_figures` counts, row by row; only the codebook that it is scored under is
another. Such a figure is never a reliability (promise 9).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.orm import Session

from app.agreement import queries
from app.agreement.figures import RELIABILITY, ROW_WORDS, Value
from app.agreement.kept import made_once
from app.agreement.lens import PLAIN, CodeOf, as_submitted
from app.codebook.tree import DimensionEntry
from app.methods.agreement import Measures
from app.rounds.models import IMPORTED, Round

if TYPE_CHECKING:
    from app.agreement.figured_rows import Look
    from app.methods.agreement.tables import Patterns

POST_HOC_WORDS = ROW_WORDS | {RELIABILITY: "Reliability round of another codebook: not a reliability estimate"}


@dataclass(frozen=True)
class CountedRow:
    """The ratings of one row of one round and dimension. kind: as in `figures.Row`.

    codes: those in what the round handed in. coined: of those the private new ones -> whether they were pooled.
    """

    coding_round: Round
    dimension: DimensionEntry
    kind: str
    patterns: "Patterns"
    codes: frozenset[int]
    coined: Mapping[int, bool]


@dataclass(frozen=True)
class Scored:
    """differing: incidents on which not all coders said the same. left_out: ratings with a code that is not scored.
    raters: whoever has a rating that is."""

    measures: Measures
    differing: int
    left_out: int
    raters: int


class GivenCodes(NamedTuple):
    """One first answer: its codes, sorted; empty where none applies or not enough is known."""

    round_id: int
    incident_id: int
    code_ids: tuple[int, ...]


def first_codes(session: Session, rounds: Sequence[Round], dimension_ids: Collection[int]) -> list[GivenCodes]:
    """Of every first answer to these dimensions in these rounds. Raises StillBlind while one of them runs."""
    from app.coding.handed_in import handed_in  # numpy: not before there is something to count

    found: list[GivenCodes] = []
    for coding_round in rounds:
        work = handed_in(session, coding_round)
        places = work.first_answers(dimension_ids)
        incidents = work.submissions.incidents[work.at[places]].tolist()
        said = work.said_at[places].tolist()
        found += [GivenCodes(coding_round.id, one, work.said[at][1]) for one, at in zip(incidents, said, strict=True)]
    return found


def sets_given(session: Session, rounds: Sequence[Round], dimension_ids: Collection[int]) -> Counter[frozenset[int]]:
    """Sets of two codes or more -> how many first answers they are. Raises StillBlind while one of the rounds runs."""
    from app.coding.handed_in import handed_in  # numpy, as above

    found: Counter[frozenset[int]] = Counter()
    for coding_round in rounds:
        work = handed_in(session, coding_round)
        for (_, codes), times in work.times_said(work.first_answers(dimension_ids)):
            if len(codes) > 1:
                found[frozenset(codes)] += times
    return found


def counted_rows(
    session: Session, rounds: Sequence[Round], dimension_ids: Collection[int], *, pooled_by: int | None = None
) -> list[CountedRow]:
    """In the order of the rounds and of their dimensions, of those that were answered at all.

    pooled_by: the codebook_seq by which new codes must have been pooled; None takes what was pooled until now.
    Raises StillBlind while one of the rounds runs (promise 1).
    """
    asked = frozenset(dimension_ids)
    found: list[CountedRow] = []
    for coding_round in rounds:
        rows = made_once(
            session,
            coding_round,
            ("counted", asked, pooled_by),
            partial(_rows, session, coding_round, asked, pooled_by),
        )
        found += [replace(row, coding_round=coding_round) for row in rows]
    return found


def _rows(
    session: Session, coding_round: Round, dimension_ids: Collection[int], pooled_by: int | None
) -> list[CountedRow]:
    from app.agreement.figured_rows import Look  # numpy and scipy, as above

    look = Look.at(session, coding_round, PLAIN)
    coined = {} if coding_round.purpose == IMPORTED else queries.coined_in_private(session, coding_round, seq=pooled_by)
    return [
        row
        for dimension in (*look.codebook.dimensions, *look.codebook.retired_dimensions)
        if dimension.id in dimension_ids and len(look.work.first_answers([dimension.id]))
        for row in _counted(look, dimension, coined)
    ]


def _counted(look: "Look", dimension: DimensionEntry, coined: Mapping[int, bool]) -> Iterator[CountedRow]:
    from app.agreement.ratings import ratings  # numpy and scipy, as above

    codes = frozenset(look.work.codes_of(dimension.id))
    private = {code_id: coined[code_id] for code_id in codes if code_id in coined}
    for kind in look.kinds:
        rated = ratings(dimension, look.work, look.submissions(kind), as_submitted)
        yield CountedRow(look.coding_round, dimension, kind, rated.patterns, codes, private)


def scored(row: CountedRow, code_of: CodeOf) -> Scored:
    from app.methods.agreement import differing, mapped, measures_of  # numpy and scipy: not before there is something

    patterns = mapped(row.patterns, lambda value: _scored_value(value, code_of))
    return Scored(
        measures=measures_of(patterns, sets=row.dimension.takes_many),
        differing=differing(patterns),
        left_out=row.patterns.ratings - patterns.ratings,
        raters=len(patterns.raters),
    )


def _scored_value(value: Value, code_of: CodeOf) -> Value | None:
    if not isinstance(value, frozenset):
        return code_of(value) if isinstance(value, int) else value
    new = [code_of(each) if isinstance(each, int) else each for each in value]
    return None if None in new else frozenset(each for each in new if each is not None)
