"""Two runs of a round beside each other: how far they agree about the same incidents, and where they differ.

A value is the set of codes that a run offered for a dimension of an incident, an empty set where it found that none
applies; a new code counts by its name, whatever its case. The database counts how often which two sets met: runs may
hold a hundred thousand incidents. Nothing here tells what people coded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook
from app.db.memory import count_in_memory
from app.incidents.models import Incident
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.prompt import DimensionEntry

if TYPE_CHECKING:
    from app.methods.agreement import Measures

ONE, OTHER = "one", "other"
MOST_CODES = 40  # of a dimension, those that come most often
FEWEST_COUNTED = 10  # incidents: counts of fewer tell what was said of a single one, which is opened (promise 3)
NEW = "+"  # before the name of a new code, where others have their id
Offered = frozenset[str]


@dataclass(frozen=True)
class CodeCount:
    """On how many of the incidents each run offered the code, and both."""

    name: str
    is_new: bool
    one: int
    other: int
    both: int


@dataclass(frozen=True)
class Beside:
    """A dimension that both runs asked. differing: on how many incidents. codes: None of too few incidents
    to be told. more_codes: how many are not in the list."""

    dimension: DimensionEntry
    incidents: int
    measures: Measures
    differing: int
    codes: list[CodeCount] | None
    more_codes: int


@dataclass(frozen=True)
class Met:
    """What the runs offered for the same incident, and for how many incidents it was this."""

    one: Offered
    other: Offered
    incidents: int


def common_dimensions(
    one: SuggestionRun, other: SuggestionRun, dimensions: Sequence[DimensionEntry]
) -> list[DimensionEntry]:
    """dimensions: those of the round."""
    asked = [set(run.dimension_ids) or {each.id for each in dimensions} for run in (one, other)]
    return [each for each in dimensions if each.id in asked[0] & asked[1]]


def is_done_in_both(session: Session, one: SuggestionRun, other: SuggestionRun, incident_id: int) -> bool:
    return session.scalar(_done_in_both(one, other).where(RunIncident.incident_id == incident_id)) is not None


def compared(
    session: Session, one: SuggestionRun, other: SuggestionRun, dimensions: Sequence[DimensionEntry]
) -> list[Beside]:
    if not dimensions:
        return []
    incidents = session.scalars(select(func.count()).select_from(_done_in_both(one, other).subquery())).one()
    met = _met(session, one, other, dimensions)
    codebook = disclosed_codebook(session, one.study_id)
    return [_beside(each, incidents, met.get(each.id, []), codebook) for each in dimensions]


def differing_incidents(
    session: Session, one: SuggestionRun, other: SuggestionRun, dimension: DimensionEntry, *, at: int, size: int
) -> list[int]:
    """A page of those for which the runs offered something else, by number. at: the page, from 1."""
    said = _said(one, other, [dimension])
    return list(
        session.scalars(
            select(said.c.incident_id)
            .join(Incident, (Incident.study_id == one.study_id) & (Incident.id == said.c.incident_id))
            .where(said.c.one.is_distinct_from(said.c.other))
            .order_by(Incident.number)
            .limit(size)
            .offset((at - 1) * size)
        )
    )


def _met(
    session: Session, one: SuggestionRun, other: SuggestionRun, dimensions: Sequence[DimensionEntry]
) -> Mapping[int, list[Met]]:
    """By dimension. Incidents for which neither offered anything are in none of it."""
    count_in_memory(session)
    said = _said(one, other, dimensions)
    rows = session.execute(
        select(said.c.dimension_id, said.c.one, said.c.other, func.count()).group_by(
            said.c.dimension_id, said.c.one, said.c.other
        )
    )
    found: dict[int, list[Met]] = {}
    for dimension_id, of_one, of_other, count in rows:
        found.setdefault(dimension_id, []).append(Met(frozenset(of_one or ()), frozenset(of_other or ()), count))
    return found


def _said(one: SuggestionRun, other: SuggestionRun, dimensions: Sequence[DimensionEntry]) -> Subquery:
    """Of each incident that both got through: what the one and the other offered, as ordered lists without repeats."""
    new = literal(NEW).concat(func.lower(func.trim(Suggestion.new_code_name)))
    code = func.coalesce(cast(Suggestion.code_id, Text), new)

    def offered(run: SuggestionRun) -> ColumnElement[Any]:
        return func.array_agg(aggregate_order_by(code.distinct(), code)).filter(Suggestion.run_id == run.id)

    return (
        select(
            Suggestion.dimension_id,
            Suggestion.incident_id,
            offered(one).label("one"),
            offered(other).label("other"),
        )
        .where(
            Suggestion.study_id == one.study_id,
            Suggestion.run_id.in_([one.id, other.id]),
            Suggestion.dimension_id.in_([each.id for each in dimensions]),
            Suggestion.incident_id.in_(_done_in_both(one, other)),
        )
        .group_by(Suggestion.dimension_id, Suggestion.incident_id)
        .subquery()
    )


def _done_in_both(one: SuggestionRun, other: SuggestionRun) -> Select[int]:
    beside = aliased(RunIncident)
    return (
        select(RunIncident.incident_id)
        .join(beside, (beside.study_id == RunIncident.study_id) & (beside.incident_id == RunIncident.incident_id))
        .where(
            RunIncident.study_id == one.study_id,
            RunIncident.run_id == one.id,
            RunIncident.state == "done",
            beside.run_id == other.id,
            beside.state == "done",
        )
    )


def _beside(dimension: DimensionEntry, incidents: int, met: Sequence[Met], codebook: Codebook) -> Beside:
    from app.methods.agreement import count_set_patterns, measures_of  # numpy: not before there is something to count

    neither = incidents - sum(each.incidents for each in met)
    whole = [*met, *([Met(frozenset(), frozenset(), neither)] if neither else [])]
    table = [{ONE: each.one, OTHER: each.other} for each in whole]
    codes = _codes(met, codebook)
    return Beside(
        dimension=dimension,
        incidents=incidents,
        measures=measures_of(count_set_patterns(table, [each.incidents for each in whole]), sets=dimension.takes_many),
        differing=sum(each.incidents for each in met if each.one != each.other),
        codes=codes[:MOST_CODES] if incidents >= FEWEST_COUNTED else None,
        more_codes=max(len(codes) - MOST_CODES, 0),
    )


def _codes(met: Sequence[Met], codebook: Codebook) -> list[CodeCount]:
    """The most frequent first."""
    one, other, both = Counter[str](), Counter[str](), Counter[str]()
    for each in met:
        for counts, offered in ((one, each.one), (other, each.other), (both, each.one & each.other)):
            counts.update(dict.fromkeys(offered, each.incidents))
    names = {key: _name(codebook, key) for key in {*one, *other}}
    keys = sorted(names, key=lambda key: (-(one[key] + other[key]), names[key], key))
    return [CodeCount(names[key], key.startswith(NEW), one[key], other[key], both[key]) for key in keys]


def _name(codebook: Codebook, key: str) -> str:
    if key.startswith(NEW):
        return key.removeprefix(NEW)
    code = codebook.codes.get(int(key))
    return code.name if code else f"code {key}"
