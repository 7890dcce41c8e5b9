"""What coders decided about what a run offered: how often they took it, changed it or rejected it, and why.

One case is one suggestion that one coder opened. Of their decisions the latest counts, but for a rejection that was
undone. What was taken over and taken away again is counted as that, and not as taken.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.models import Exposure
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.suggestions import standing
from app.suggestions.assistance_source import Offered
from app.suggestions.models import Suggestion, SuggestionRun

OUTCOMES = ("accepted", "changed", "rejected", "taken_away", "undecided")


@dataclass(frozen=True)
class Case:
    """became: the code that an accepted or changed one became."""

    offered: Offered
    member_id: int
    assignment_id: int
    outcome: str = "undecided"
    reason: str = ""
    became: int | None = None


@dataclass(frozen=True)
class Tally:
    """Of one code, dimension or coder; n: how many were opened."""

    counts: Mapping[str, int]

    @classmethod
    def of(cls, cases: Iterable[Case]) -> "Tally":
        return cls(Counter(case.outcome for case in cases))

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    def number(self, outcome: str) -> int:
        return self.counts.get(outcome, 0)


def cases_of(session: Session, coding_round: Round, run: SuggestionRun) -> list[Case]:
    """Every suggestion of the run that a coder opened on an incident of their own, first pass and not withdrawn."""
    of_coder = (
        (Assignment.study_id == Exposure.study_id)
        & (Assignment.member_id == Exposure.member_id)
        & (Assignment.incident_id == Exposure.incident_id)
    )
    opened = session.execute(
        select(
            Suggestion.id, Suggestion.incident_id, Suggestion.dimension_id, Suggestion.code_id,
            Suggestion.new_code_name, Assignment.member_id, Assignment.id,
        )
        .join(Exposure, (Exposure.study_id == Suggestion.study_id) & (Exposure.subject_id == Suggestion.id))
        .join(Assignment, of_coder)
        .where(
            Suggestion.study_id == run.study_id,
            Suggestion.run_id == run.id,
            Exposure.kind == "suggestion",
            Assignment.round_id == coding_round.id,
            Assignment.pass_ == 1,
            counts(),
        )
        .order_by(Suggestion.id, Assignment.id)
    )  # fmt: skip
    decided = _decided(session, coding_round, run)
    found = []
    for suggestion_id, incident_id, dimension_id, code_id, name, member_id, assignment_id in opened:
        offered = Offered(suggestion_id, incident_id, dimension_id, code_id, name)
        outcome = decided.get((assignment_id, suggestion_id), ("undecided", "", None))
        found.append(Case(offered, member_id, assignment_id, *outcome))
    return found


def became_by_offer(cases: Iterable[Case]) -> dict[tuple[int, int], int]:
    """(assignment, suggestion) -> the code that it became."""
    return {(case.assignment_id, case.offered.id): case.became for case in cases if case.became is not None}


def reasons(cases: Sequence[Case]) -> list[tuple[str, int]]:
    """Why they rejected, the commonest first; '' where no reason was given. Written alike is the same reason."""
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        if case.outcome == "rejected":
            words = " ".join(case.reason.split())
            written[words.casefold().rstrip(".")][words] += 1
    tallied = [(spelt.most_common(1)[0][0], spelt.total()) for spelt in written.values()]
    return sorted(tallied, key=lambda each: (not each[0], -each[1], each[0]))


def _decided(
    session: Session, coding_round: Round, run: SuggestionRun
) -> dict[tuple[int, int], tuple[str, str, int | None]]:
    """(assignment, suggestion) -> outcome, reason, code: of the latest decision that counts."""
    scope = standing.of_rounds(coding_round.study_id, [coding_round.id])
    rows = standing.decisions_in(session, scope)
    undone = standing.undone_rejections(session, scope)
    became, applied = standing.became_of(session, scope, rows), standing.applied_in(session, scope)
    found: dict[tuple[int, int], tuple[str, str, int | None]] = {}
    for row in rows:
        if row.id in undone:
            continue
        outcome = row.decision
        if outcome != "rejected" and became.get(row.id) not in applied:
            outcome = "taken_away"
        found[row.assignment_id, row.suggestion_id] = outcome, row.reason, row.code_id
    return found
