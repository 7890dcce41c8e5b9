"""Two runs of a round beside each other: how far they agree about the same incidents, and where they differ.

A value is the set of codes that a run offered for a dimension of an incident, an empty set where it found that none
applies; a new code counts by its name, whatever its case. Nothing here tells what people coded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook
from app.incidents.models import Incident
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.prompt import DimensionEntry

if TYPE_CHECKING:
    from app.methods.agreement import Measures

ONE, OTHER = "one", "other"
MOST_CODES = 40  # of a dimension, those that come most often
FEWEST_COUNTED = (
    10  # incidents: counts of fewer tell what was said of a single one, which is opened instead (promise 3)
)
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
    """A dimension that both runs asked. differing: incident ids. codes: None of too few incidents to be told.
    more_codes: how many codes are not in the list."""

    dimension: DimensionEntry
    incidents: int
    measures: Measures
    differing: list[int]
    codes: list[CodeCount] | None
    more_codes: int


def common_dimensions(
    one: SuggestionRun, other: SuggestionRun, dimensions: Sequence[DimensionEntry]
) -> list[DimensionEntry]:
    """dimensions: those of the round."""
    asked = [set(run.dimension_ids) or {each.id for each in dimensions} for run in (one, other)]
    return [each for each in dimensions if each.id in asked[0] & asked[1]]


def incidents_of_both(session: Session, one: SuggestionRun, other: SuggestionRun) -> list[int]:
    """Those with which both got through, by number."""
    beside = aliased(RunIncident)
    return list(
        session.scalars(
            select(RunIncident.incident_id)
            .join(beside, (beside.study_id == RunIncident.study_id) & (beside.incident_id == RunIncident.incident_id))
            .join(Incident, (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id))
            .where(
                RunIncident.study_id == one.study_id,
                RunIncident.run_id == one.id,
                RunIncident.state == "done",
                beside.run_id == other.id,
                beside.state == "done",
            )
            .order_by(Incident.number)
        )
    )


def compared(
    session: Session, one: SuggestionRun, other: SuggestionRun, dimensions: Sequence[DimensionEntry]
) -> list[Beside]:
    incidents = incidents_of_both(session, one, other)
    codebook = disclosed_codebook(session, one.study_id)
    return [_beside(session, one, other, dimension, incidents, codebook) for dimension in dimensions]


def _beside(
    session: Session,
    one: SuggestionRun,
    other: SuggestionRun,
    dimension: DimensionEntry,
    incidents: Sequence[int],
    codebook: Codebook,
) -> Beside:
    from app.methods.agreement import count_set_patterns, measures_of  # numpy: not before there is something to count

    said = [_offered(session, run, dimension.id, codebook) for run in (one, other)]
    table = [{ONE: said[0].get(key, frozenset()), OTHER: said[1].get(key, frozenset())} for key in incidents]
    differing = [key for key, row in zip(incidents, table, strict=True) if row[ONE] != row[OTHER]]
    codes = _codes(table)
    return Beside(
        dimension=dimension,
        incidents=len(incidents),
        measures=measures_of(count_set_patterns(table), sets=dimension.takes_many),
        differing=differing,
        codes=codes[:MOST_CODES] if len(incidents) >= FEWEST_COUNTED else None,
        more_codes=max(len(codes) - MOST_CODES, 0),
    )


def _offered(session: Session, run: SuggestionRun, dimension_id: int, codebook: Codebook) -> Mapping[int, Offered]:
    """Incident -> the names of what was offered; a new code's is marked with a plus."""
    rows = session.execute(
        select(Suggestion.incident_id, Suggestion.code_id, func.lower(func.trim(Suggestion.new_code_name))).where(
            Suggestion.study_id == run.study_id,
            Suggestion.run_id == run.id,
            Suggestion.dimension_id == dimension_id,
        )
    )
    found: dict[int, set[str]] = {}
    for incident_id, code_id, new in rows:
        found.setdefault(incident_id, set()).add(f"+{new}" if code_id is None else _name(codebook, code_id))
    return {key: frozenset(names) for key, names in found.items()}


def _name(codebook: Codebook, code_id: int) -> str:
    code = codebook.codes.get(code_id)
    return code.name if code else f"code {code_id}"


def _codes(table: Collection[Mapping[str, Offered]]) -> list[CodeCount]:
    """The most frequent first."""
    counts = {key: Counter(name for row in table for name in row[key]) for key in (ONE, OTHER)}
    both = Counter(name for row in table for name in row[ONE] & row[OTHER])
    names = sorted(counts[ONE] | counts[OTHER], key=lambda name: (-(counts[ONE][name] + counts[OTHER][name]), name))
    return [
        CodeCount(name.removeprefix("+"), name.startswith("+"), counts[ONE][name], counts[OTHER][name], both[name])
        for name in names
    ]
