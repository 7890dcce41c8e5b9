"""Figures of rounds whose coding has ended, counted once and then scored under any codebook: *post hoc* figures.

What is counted here is what `figures.round_figures` counts, row by row; only the codebook that it is scored under is
another. Such a figure is never a reliability (promise 9).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.agreement import queries
from app.agreement.figures import RELIABILITY, ROW_WORDS, Value
from app.agreement.lens import CodeOf, as_submitted
from app.codebook.tree import DimensionEntry
from app.coding.submitted_answers import GivenAnswer, last_answers
from app.methods.agreement import Measures
from app.rounds.models import IMPORTED, Round
from app.rounds.queries import coders

if TYPE_CHECKING:
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


def counted_rows(
    session: Session,
    rounds: Sequence[Round],
    dimension_ids: Collection[int],
    firsts: Sequence[GivenAnswer],
    *,
    pooled_by: int | None = None,
) -> list[CountedRow]:
    """In the order of the rounds and of their dimensions. firsts: the first answers to these in these rounds.

    pooled_by: the codebook_seq by which new codes must have been pooled; None takes what was pooled until now.
    Raises StillBlind while one of them runs (promise 1).
    """
    exposed = {each.round_id for each in firsts if not each.independent}
    later = [each for each in rounds if each.id in exposed and each.purpose != IMPORTED]
    lasts = last_answers(session, later, dimension_ids) if later else []
    by_round, last_by_round = _by_place(firsts), _by_place(lasts)
    found = []
    for coding_round in rounds:
        coined = queries.coined_in_private(session, coding_round, seq=pooled_by)
        handed_in = queries.handed_in_codes(session, coding_round)
        for dimension in _dimensions(session, coding_round):
            place = coding_round.id, dimension.id
            if dimension.id not in dimension_ids or place not in by_round:
                continue
            used = frozenset(handed_in.get(dimension.id, ()))
            private = {code_id: coined[code_id] for code_id in used if code_id in coined}
            for kind, answers in _kinds(session, coding_round, by_round[place], last_by_round.get(place, [])):
                counted = _patterns(dimension, answers)
                imported = coding_round.purpose == IMPORTED
                found.append(CountedRow(coding_round, dimension, kind, counted, used, {} if imported else private))
    return found


def _dimensions(session: Session, coding_round: Round) -> tuple[DimensionEntry, ...]:
    """Those that were retired too: whoever asks names the ones that count."""
    codebook = queries.codebook_of_round(session, coding_round)
    return (*codebook.dimensions, *codebook.retired_dimensions)


def scored(row: CountedRow, code_of: CodeOf) -> Scored:
    from app.methods.agreement import differing, mapped, measures_of  # numpy and scipy: not before there is something

    patterns = mapped(row.patterns, lambda value: _scored_value(value, code_of))
    return Scored(
        measures=measures_of(patterns, sets=row.dimension.takes_many),
        differing=differing(patterns),
        left_out=row.patterns.ratings - patterns.ratings,
        raters=len(patterns.raters),
    )


def _by_place(answers: Sequence[GivenAnswer]) -> dict[tuple[int, int], list[GivenAnswer]]:
    found: dict[tuple[int, int], list[GivenAnswer]] = {}
    for each in answers:
        found.setdefault((each.round_id, each.dimension_id), []).append(each)
    return found


def _kinds(
    session: Session, coding_round: Round, firsts: Sequence[GivenAnswer], lasts: Sequence[GivenAnswer]
) -> list[tuple[str, Sequence[GivenAnswer]]]:
    """The rows of one dimension, each with what it counts, as on the page of agreement."""
    if coding_round.purpose == IMPORTED:
        models = {member.id for member in coders(session, coding_round) if member.kind == "model"}
        kind = "imported_independent" if coding_round.plan.get("said_independent") else "imported"
        rows: list[tuple[str, Sequence[GivenAnswer]]] = [(kind, [one for one in firsts if one.member_id not in models])]
        return [*rows, ("with_models", firsts)] if models else rows
    rows = [(coding_round.purpose, [one for one in firsts if one.independent])]
    return [*rows, ("assisted", lasts)] if lasts else rows


def _patterns(dimension: DimensionEntry, answers: Sequence[GivenAnswer]) -> "Patterns":
    from app.agreement.ratings import value_of  # numpy and scipy, as above
    from app.methods.agreement import count_patterns

    units: dict[int, dict[int, Value | None]] = {}
    values: dict[tuple[str, tuple[int, ...]], Value | None] = {}
    for each in answers:
        said = each.state, each.code_ids
        if said not in values:
            values[said] = value_of(dimension, said, as_submitted)
        units.setdefault(each.incident_id, {})[each.member_id] = values[said]
    return count_patterns(list(units.values()))


def _scored_value(value: Value, code_of: CodeOf) -> Value | None:
    if not isinstance(value, frozenset):
        return code_of(value) if isinstance(value, int) else value
    new = [code_of(each) if isinstance(each, int) else each for each in value]
    return None if None in new else frozenset(each for each in new if each is not None)
