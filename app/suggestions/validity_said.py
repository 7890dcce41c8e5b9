"""What the model of a run said of each incident, dimension by dimension, as a rating that can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.figures import NONE_APPLIES, Value
from app.agreement.lens import CodeOf
from app.codebook.tree import DimensionEntry
from app.methods.names import folded_name
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun

NEW = "(new code) "  # before the name of one that the model proposes: no human has it


@dataclass(frozen=True)
class Offered:
    """code: an id, or the name of a new one after NEW. held_by of samples: how often it was said."""

    code: int | str
    held_by: int
    samples: int

    @property
    def by_majority(self) -> bool:
        return 2 * self.held_by > self.samples


@dataclass
class Said:
    """values: incident -> what was said. The sets name incidents of which nothing can be compared, and why."""

    values: dict[int, Value] = field(default_factory=dict)
    not_read: set[int] = field(default_factory=set)
    unsettled: set[int] = field(default_factory=set)
    unresolved: set[int] = field(default_factory=set)
    proposing: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class RunReplies:
    """done: incident -> what is said to be wrong with its reply, '' where nothing is. offered: by dimension and
    incident, in the order in which it was said."""

    done: Mapping[int, str]
    offered: Mapping[tuple[int, int], Sequence[Offered]]
    is_lookup: bool

    @classmethod
    def of(cls, session: Session, run: SuggestionRun) -> "RunReplies":
        of_run = (RunIncident.study_id == run.study_id, RunIncident.run_id == run.id, RunIncident.state == "done")
        asked = select(RunIncident.incident_id, RunIncident.problem).where(*of_run)
        done = dict(session.execute(asked).all())
        offered: dict[tuple[int, int], list[Offered]] = {}
        rows = session.execute(
            select(
                Suggestion.dimension_id,
                Suggestion.incident_id,
                Suggestion.code_id,
                Suggestion.new_code_name,
                Suggestion.held_by,
                Suggestion.samples,
            )
            .where(Suggestion.study_id == run.study_id, Suggestion.run_id == run.id)
            .order_by(Suggestion.incident_id, Suggestion.dimension_id, Suggestion.ordinal)
        )
        for dimension_id, incident_id, code_id, name, held_by, samples in rows:
            if incident_id in done:
                code = code_id if code_id is not None else f"{NEW}{folded_name(name or '')}"
                offered.setdefault((dimension_id, incident_id), []).append(Offered(code, held_by, samples))
        return cls(done, offered, is_lookup=run.source == "similar_incidents")

    def said(self, dimension: DimensionEntry, code_of: CodeOf) -> Said:
        """Codes count that more than half of the samples hold; where none does, none applies.

        With one code a dimension and several samples of which no answer, *none applies* among them, has the majority,
        nothing is said. Of similar incidents nothing is said where they offer nothing: they cannot tell that no code
        applies.
        """
        found = Said()
        for incident_id, problem in self.done.items():
            offered = self.offered.get((dimension.id, incident_id), ())
            if not offered and (self.is_lookup or dimension.name in problem):
                found.not_read.add(incident_id)
                continue
            held = [one.code for one in offered if one.by_majority]
            if any(isinstance(code, str) for code in held):
                found.proposing.add(incident_id)
            if not held and not dimension.takes_many and _any_majority_lacks(offered):
                found.unsettled.add(incident_id)
                continue
            value = _value(dimension, held, code_of)
            if value is None:
                found.unresolved.add(incident_id)
            else:
                found.values[incident_id] = value
        return found


def _any_majority_lacks(offered: Sequence[Offered]) -> bool:
    """Whether *none applies* has no majority either: as many samples say it as no code was said in."""
    if not offered:
        return False
    silent = offered[0].samples - sum(one.held_by for one in offered)
    return 2 * silent <= offered[0].samples


def _value(dimension: DimensionEntry, held: Sequence[int | str], code_of: CodeOf) -> Value | None:
    """None where a code is not resolved: part of a set is not what was said."""
    codes = [code_of(code) if isinstance(code, int) else code for code in held]
    resolved = frozenset(code for code in codes if code is not None)
    if None in codes:
        return None
    if dimension.takes_many:
        return resolved
    return next((code for code in codes if code is not None), NONE_APPLIES)
