"""Which run a coder is offered in each dimension of an incident. What they opened stays shown (ADR 44)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.models import Exposure
from app.rounds.models import Assignment
from app.suggestions.models import CAME_TO_NOTHING, RunIncident, Suggestion, SuggestionRun

UNREAD = "unread"
_NOTE = re.compile(r"run (\d+) offered nothing in dimension \d+")


@dataclass(frozen=True)
class ShownRun:
    """came_to: '' where there is something to open, be it that no code applies; else why there is nothing: the state
    of the row, or that this dimension could not be read."""

    run: SuggestionRun
    row: RunIncident
    came_to: str = ""


def shown_runs(
    session: Session, assignment: Assignment, member_id: int, dimension_ids: Collection[int]
) -> dict[int, ShownRun]:
    """dimension -> where its suggestions come from; those that nothing was asked about are left out.

    The run of which the member opened something first, else the newest. Why a run came to nothing is told only where
    no other run has anything.
    """
    runs = _offered(session, assignment)
    by_preference = _opened_first(runs, _opened_runs(session, assignment, member_id))
    found: dict[int, ShownRun] = {}
    for dimension_id in dimension_ids:
        asked = [_shown_run(run, row, dimension_id) for run, row in by_preference if _asks(run, dimension_id)]
        if asked:
            found[dimension_id] = next((one for one in asked if not one.came_to), asked[0])
    return found


def nothing_note(run_id: int, dimension_id: int) -> str:
    """Names an opening that showed that nothing was offered: there is no suggestion whose id could."""
    return f"run {run_id} offered nothing in dimension {dimension_id}"


def _offered(session: Session, assignment: Assignment) -> list[tuple[SuggestionRun, RunIncident]]:
    """Newest first. A run that is only measured offers nothing to anybody."""
    rows = session.execute(
        select(SuggestionRun, RunIncident)
        .join(RunIncident, (RunIncident.study_id == SuggestionRun.study_id) & (RunIncident.run_id == SuggestionRun.id))
        .where(
            SuggestionRun.study_id == assignment.study_id,
            SuggestionRun.round_id == assignment.round_id,
            SuggestionRun.is_offered,
            RunIncident.incident_id == assignment.incident_id,
            RunIncident.state.in_(("done", *CAME_TO_NOTHING)),
        )
        .order_by(SuggestionRun.id.desc())
    )
    return [(run, row) for run, row in rows]


def _opened_runs(session: Session, assignment: Assignment, member_id: int) -> list[int]:
    """Those of which the member was shown something of this incident, first shown first."""
    rows = session.execute(
        select(Exposure.note, Suggestion.run_id)
        .outerjoin(Suggestion, (Suggestion.study_id == Exposure.study_id) & (Suggestion.id == Exposure.subject_id))
        .where(
            Exposure.study_id == assignment.study_id,
            Exposure.member_id == member_id,
            Exposure.incident_id == assignment.incident_id,
            Exposure.kind == "suggestion",
        )
        .order_by(Exposure.id)
    )
    named = [run_id or _run_of(note) for note, run_id in rows]
    return list(dict.fromkeys(run_id for run_id in named if run_id is not None))


def _run_of(note: str) -> int | None:
    found = _NOTE.fullmatch(note)
    return int(found[1]) if found else None


def _opened_first(
    runs: Sequence[tuple[SuggestionRun, RunIncident]], opened: Sequence[int]
) -> list[tuple[SuggestionRun, RunIncident]]:
    """The others stay in their order."""
    place = {run_id: at for at, run_id in enumerate(opened)}
    return sorted(runs, key=lambda pair: place.get(pair[0].id, len(opened)))


def _asks(run: SuggestionRun, dimension_id: int) -> bool:
    return not run.dimension_ids or dimension_id in run.dimension_ids


def _shown_run(run: SuggestionRun, row: RunIncident, dimension_id: int) -> ShownRun:
    if row.state != "done":
        return ShownRun(run, row, row.state)
    return ShownRun(run, row, UNREAD if dimension_id in row.unread_dimension_ids else "")
