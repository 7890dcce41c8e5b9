"""Suggestions as rows, one a suggestion and coder: what was offered, when it was shown, what became of it.

Only of rounds that are open to others: a decision tells what was coded (promise 1).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.coding.models import CodeApplication, Exposure
from app.export.naming import Names
from app.export.queries import open_rounds, study_data
from app.export.streamed import rows_file
from app.export.writing import LargeFile
from app.rounds.models import Assignment, Round
from app.studies.models import Study
from app.suggestions.ledger_decisions import standing_decisions
from app.suggestions.ledger_words import LOOKED_UP
from app.suggestions.models import Suggestion, SuggestionDecision, SuggestionRun

COLUMNS = (
    "suggestion", "run", "model", "call", "round", "incident", "dimension", "place", "code", "new_code", "definition",
    "reason", "quotes", "located", "held_by", "samples", "offered_at", "coder", "arm", "pass", "shown_at", "decision",
    "decided_at", "decision_cause", "decision_reason", "became", "stands",
)  # fmt: skip
PIECE = 500


@dataclass(frozen=True)
class Shown:
    """What came of the suggestions of some rounds, by suggestion and member."""

    at: dict[int, dict[int, datetime]]
    decisions: dict[tuple[int, int], tuple[int, int, int, SuggestionDecision]]
    assignments: dict[tuple[int, int, int], Assignment]  # (round, incident, member); the first pass
    applied: frozenset[int]


def suggestions_file(session: Session, study: Study, *, format: str) -> LargeFile:
    return rows_file(f"{study.slug}-suggestions", format, COLUMNS, suggestion_rows(session, study))


def suggestion_rows(session: Session, study: Study) -> Iterator[dict[str, object]]:
    data = study_data(session, study, [])
    rounds = {each.id: each for each in open_rounds(session, study.id)}
    dimensions = {one.id: one.name for one in (*data.codebook.dimensions, *data.codebook.retired_dimensions)}
    shown = shown_in(session, study.id, rounds)
    query = (
        select(Suggestion, SuggestionRun)
        .join(SuggestionRun, _of_run())
        .where(Suggestion.study_id == study.id, SuggestionRun.round_id.in_(rounds))
        .order_by(Suggestion.id)
        .execution_options(yield_per=PIECE)
    )
    for suggestions in session.execute(query).partitions():
        for suggestion, run in suggestions:
            offered = _offered(suggestion, run, data.names, dimensions)
            yield from _rows(offered, suggestion, rounds[run.round_id], shown, data.names)


def shown_in(session: Session, study_id: int, round_ids: Collection[int]) -> Shown:
    at: dict[int, dict[int, datetime]] = defaultdict(dict)
    rows = session.execute(
        select(Exposure.subject_id, Exposure.member_id, Exposure.at)
        .join(Suggestion, (Suggestion.study_id == Exposure.study_id) & (Suggestion.id == Exposure.subject_id))
        .join(SuggestionRun, _of_run())
        .where(Exposure.study_id == study_id, Exposure.kind == "suggestion", SuggestionRun.round_id.in_(round_ids))
        .order_by(Exposure.id)
    )
    for suggestion_id, member_id, when in rows:
        assert suggestion_id is not None  # it was joined by it
        at[suggestion_id].setdefault(member_id, when)
    assignments: dict[tuple[int, int, int], Assignment] = {}
    of_rounds = (Assignment.study_id == study_id, Assignment.round_id.in_(round_ids))
    for each in session.scalars(select(Assignment).where(*of_rounds).order_by(Assignment.pass_, Assignment.id)):
        assignments.setdefault((each.round_id, each.incident_id, each.member_id), each)
    decisions = standing_decisions(session, study_id, round_ids)
    became = {decision.code_application_id for *_, decision in decisions.values()} - {None}
    still = select(CodeApplication.id).where(CodeApplication.study_id == study_id, CodeApplication.id.in_(became))
    return Shown(at, decisions, assignments, frozenset(session.scalars(still)))


def _offered(suggestion: Suggestion, run: SuggestionRun, names: Names, dimensions: dict[int, str]) -> dict[str, object]:
    quotes = suggestion.quotes
    return {
        "suggestion": suggestion.id,
        "run": run.id,
        "model": run.model or LOOKED_UP,
        "call": suggestion.model_call_id,
        "round": names.rounds[run.round_id],
        "incident": names.units[suggestion.incident_id],
        "dimension": dimensions.get(suggestion.dimension_id, ""),
        "place": suggestion.ordinal,
        "code": names.codes[suggestion.code_id] if suggestion.code_id is not None else None,
        "new_code": suggestion.new_code_name,
        "definition": suggestion.new_code_definition,
        "reason": suggestion.reasoning,
        "quotes": [dict(each) for each in quotes],
        "located": sum(1 for each in quotes if each.get("start") is not None),
        "held_by": suggestion.held_by,
        "samples": suggestion.samples,
        "offered_at": suggestion.at,
    }


def _rows(
    offered: dict[str, object], suggestion: Suggestion, coding_round: Round, shown: Shown, names: Names
) -> Iterator[dict[str, object]]:
    """A suggestion that no coder of the round was shown has one row without a coder."""
    members = [
        member_id
        for member_id in sorted(shown.at.get(suggestion.id, {}))
        if (coding_round.id, suggestion.incident_id, member_id) in shown.assignments
    ]
    for member_id in members:
        assignment = shown.assignments[coding_round.id, suggestion.incident_id, member_id]
        found = shown.decisions.get((suggestion.id, member_id))
        yield offered | {
            "coder": names.raters[member_id],
            "arm": assignment.arm,
            "pass": assignment.pass_,
            "shown_at": shown.at[suggestion.id][member_id],
            **_decided(found[3] if found else None, shown, names),
        }
    if not members:
        nobody = dict.fromkeys(("coder", "arm", "pass", "shown_at"))
        yield offered | nobody | _decided(None, shown, names)


def _decided(decision: SuggestionDecision | None, shown: Shown, names: Names) -> dict[str, object]:
    """stands: whether the application that it became is there still; blank where nothing became of it."""
    if decision is None:
        return dict.fromkeys(("decision", "decided_at", "decision_cause", "decision_reason", "became", "stands"))
    is_taken = decision.decision != "rejected"
    return {
        "decision": decision.decision,
        "decided_at": decision.at,
        "decision_cause": decision.cause,
        "decision_reason": decision.reason,
        "became": names.codes[decision.code_id] if decision.code_id is not None else None,
        "stands": decision.code_application_id in shown.applied if is_taken else None,
    }


def _of_run() -> ColumnElement[bool]:
    return (SuggestionRun.study_id == Suggestion.study_id) & (SuggestionRun.id == Suggestion.run_id)
