"""What coders decided about the suggestions that they were shown, counted by run. Only of rounds that are open to
others: a decision tells what was coded (promise 1)."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.coding.models import Exposure
from app.rounds.models import WITHDRAWN, Assignment
from app.suggestions import standing
from app.suggestions.models import Suggestion, SuggestionDecision, SuggestionRun


@dataclass(frozen=True)
class Decided:
    """Of suggestions that a coder of the round was shown, one for each coder. undecided: shown and left."""

    accepted: int = 0
    changed: int = 0
    rejected: int = 0
    undecided: int = 0

    @property
    def shown(self) -> int:
        return self.accepted + self.changed + self.rejected + self.undecided

    def __add__(self, other: "Decided") -> "Decided":
        return Decided(
            self.accepted + other.accepted,
            self.changed + other.changed,
            self.rejected + other.rejected,
            self.undecided + other.undecided,
        )


def decided_by_run(session: Session, study_id: int, round_ids: Collection[int]) -> dict[int, Decided]:
    """round_ids: rounds that are open to others."""
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for key, times in _shown_by_run(session, study_id, round_ids).items():
        counted[key]["shown"] = times
    for run_id, _, _, decision in standing_decisions(session, study_id, round_ids).values():
        counted[run_id][decision.decision] += 1
    return {
        key: Decided(
            accepted=count["accepted"],
            changed=count["changed"],
            rejected=count["rejected"],
            undecided=max(count["shown"] - count["accepted"] - count["changed"] - count["rejected"], 0),
        )
        for key, count in counted.items()
    }


def standing_decisions(
    session: Session, study_id: int, round_ids: Collection[int]
) -> dict[tuple[int, int], tuple[int, int, int, SuggestionDecision]]:
    """(suggestion, member) -> run, incident, assignment, and the decision that counts: the latest not undone."""
    undone = standing.undone_rejections(session, standing.of_rounds(study_id, round_ids))
    rows = session.execute(
        select(Suggestion.run_id, Suggestion.incident_id, SuggestionDecision)
        .join(Suggestion, _of_suggestion())
        .join(SuggestionRun, _of_run())
        .where(SuggestionDecision.study_id == study_id, SuggestionRun.round_id.in_(round_ids))
        .order_by(SuggestionDecision.id)
    )
    return {
        (decision.suggestion_id, decision.member_id): (run_id, incident_id, decision.assignment_id, decision)
        for run_id, incident_id, decision in rows
        if decision.id not in undone
    }


def _shown_by_run(session: Session, study_id: int, round_ids: Collection[int]) -> dict[int, int]:
    """How many suggestions coders of the round were shown, one for each coder."""
    shown = (
        select(Suggestion.run_id, Exposure.member_id, Suggestion.id)
        .join(Suggestion, (Suggestion.study_id == Exposure.study_id) & (Suggestion.id == Exposure.subject_id))
        .join(SuggestionRun, _of_run())
        .join(
            Assignment,
            (Assignment.study_id == Exposure.study_id)
            & (Assignment.round_id == SuggestionRun.round_id)
            & (Assignment.incident_id == Suggestion.incident_id)
            & (Assignment.member_id == Exposure.member_id)
            & Assignment.ending.is_distinct_from(WITHDRAWN),
        )
        .where(Exposure.study_id == study_id, Exposure.kind == "suggestion", SuggestionRun.round_id.in_(round_ids))
        .distinct()
        .subquery()
    )
    rows = session.execute(select(shown.c.run_id, func.count()).group_by(shown.c.run_id))
    return dict(rows.all())


def _of_suggestion() -> ColumnElement[bool]:
    return (Suggestion.study_id == SuggestionDecision.study_id) & (Suggestion.id == SuggestionDecision.suggestion_id)


def _of_run() -> ColumnElement[bool]:
    return (SuggestionRun.study_id == Suggestion.study_id) & (SuggestionRun.id == Suggestion.run_id)
