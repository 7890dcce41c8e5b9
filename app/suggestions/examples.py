"""Which incidents may show a model how codes are used, and which of them are taken.

Only what is agreed or ruled: never a coder's open codes, never an incident that somebody codes at present (whoever
reads the prompt would learn its codes), never one that the run itself asks about.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.incidents.queries import excluded_ids, incidents_by_id
from app.methods.sampling import shuffled, stream
from app.problems import Conflict, Invalid
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions.example import ExampleEntry, example_entry
from app.suggestions.example_source import settled_incidents
from app.suggestions.leaving import Leaving
from app.suggestions.models import SuggestionRun
from app.suggestions.similar import CodedIncident

MOST_EXAMPLES = 6
METHOD = "diverse codes/1"  # for the record: a change of the choice below is a new one


class ExampleNotSettled(Invalid):
    """An example is an incident whose codes are agreed or ruled, in a round that is open to others, and that nobody
    codes at present. Choose others."""


class ExampleIsAsked(Invalid):
    """An example cannot be an incident that the run asks about. Choose others."""


class TooManyExamples(Invalid):
    """A prompt has at most 6 examples. Choose fewer."""


class ExamplesGone(Conflict):
    """Incidents that this run shows as examples are coded again, so they may not be shown any more. Begin a new run."""


@dataclass(frozen=True)
class Example:
    """An incident that may be one. codes: dimension id -> code ids; an empty set is "none applies"."""

    incident_id: int
    number: int
    title: str
    codes: Mapping[int, frozenset[int]]


def examples_available(
    session: Session, study_id: int, coding_round: Round, *, without: Collection[int] = ()
) -> list[Example]:
    """By number. without: the incidents that the run asks about. Only of dimensions that the round asks."""
    asked = set(coding_round.plan.get("dimension_ids") or ())
    left_out = excluded_ids(session, study_id) | set(without)
    settled = [one for one in settled_incidents(session, study_id) if one.id not in left_out]
    incidents = incidents_by_id(session, study_id, [one.id for one in settled])
    found = []
    for one in settled:
        codes = {key: frozenset(held) for key, held in one.final_codes.items() if not asked or key in asked}
        if codes and one.text.strip():
            incident = incidents[one.id]
            found.append(Example(one.id, incident.number, incident.title, codes))
    return sorted(found, key=lambda example: example.number)


def chosen_examples(available: Sequence[Example], n: int, *, seed: int) -> list[int]:
    """At most n incident ids: in a seeded order, each time the first that shows the most codes not yet shown."""
    left = shuffled(sorted(available, key=lambda example: example.incident_id), stream(seed, "examples"))
    shown: set[tuple[int, int]] = set()
    chosen: list[int] = []
    while left and len(chosen) < min(n, MOST_EXAMPLES):
        best = max(left, key=lambda example: len(_held(example) - shown))  # the first of equals
        left.remove(best)
        shown |= _held(best)
        chosen.append(best.incident_id)
    return chosen


def check_examples(
    session: Session, study_id: int, coding_round: Round, example_ids: Sequence[int], *, asked_ids: Collection[int]
) -> None:
    """asked_ids: the incidents of the run."""
    if len(set(example_ids)) > MOST_EXAMPLES:
        raise TooManyExamples
    if not set(example_ids).isdisjoint(asked_ids):
        raise ExampleIsAsked
    available = {one.incident_id for one in examples_available(session, study_id, coding_round)}
    if not available.issuperset(example_ids):
        raise ExampleNotSettled


def entries_for(
    session: Session, study: Study, example_ids: Sequence[int], leaving: Leaving
) -> tuple[ExampleEntry, ...]:
    """As they would be shown now. Those that may not be shown are left out."""
    settled = {one.id: one for one in settled_incidents(session, study.id, incident_ids=example_ids)}
    return tuple(_entry(study, settled[key], leaving) for key in example_ids if key in settled)


def entries_of_run(session: Session, study: Study, run: SuggestionRun, leaving: Leaving) -> tuple[ExampleEntry, ...]:
    """As they were settled when the run began, so that every incident of it is asked in the same words.

    Raises ExamplesGone where one of them may not be shown any more.
    """
    wanted: list[int] = list(run.example_incident_ids)
    if not wanted:
        return ()
    found = settled_incidents(session, study.id, as_of=run.at, incident_ids=wanted)
    settled = {one.id: one for one in found}
    if not set(settled).issuperset(wanted):
        raise ExamplesGone
    return tuple(_entry(study, settled[key], leaving) for key in wanted)


def _entry(study: Study, settled: CodedIncident, leaving: Leaving) -> ExampleEntry:
    text = leaving.of_text(settled.text).text
    return example_entry(settled.id, text, settled.final_codes, secret=study.redaction_key.encode())


def _held(example: Example) -> set[tuple[int, int]]:
    """Codes by dimension; that none applies is worth showing once, too."""
    return {(dimension, code) for dimension, held in example.codes.items() for code in held or {0}}
