"""What became of a coder's own answer once they had seen a suggestion: kept, or switched, and which way."""

from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.methods.agreement.results import Coefficient
from app.methods.assistance import share

Codes = AbstractSet[Hashable]
KEPT, TOWARD, AWAY, ASIDE = "kept", "toward", "away", "aside"


@dataclass(frozen=True)
class Case:
    """One coder, one dimension of one incident. first: as handed in before the suggestion was seen. last: as handed in
    after. suggested: the codes offered. final: the codes that the incident has in the end; None where it has none that
    says anything of it. An empty set is the answer that no code applies."""

    coder: int
    first: Codes
    last: Codes
    suggested: Codes
    final: Codes | None = None


@dataclass(frozen=True)
class Switches:
    """switched, toward, away: of all cases. wrong: of the answers that were final first, the share that is not any
    more. right: of those that were not, the share that is now."""

    switched: Coefficient
    toward: Coefficient
    away: Coefficient
    wrong: Coefficient
    right: Coefficient


def direction(case: Case) -> str:
    """kept, toward or away from the suggestion by Jaccard's distance, or aside: as far from it as before."""
    if case.first == case.last:
        return KEPT
    before, after = distance(case.first, case.suggested), distance(case.last, case.suggested)
    if after == before:
        return ASIDE
    return TOWARD if after < before else AWAY


def distance(one: Codes, other: Codes) -> float:
    """Jaccard's, 0 to 1; two empty sets are the same."""
    either = len(one | other)
    return 1.0 - len(one & other) / either if either else 0.0


def is_wrong_switch(case: Case) -> bool:
    """Away from what the final codes later were, to something else."""
    return case.first == case.final and case.last != case.final


def is_right_switch(case: Case) -> bool:
    return case.final is not None and case.first != case.final and case.last == case.final


def switches(cases: Iterable[Case]) -> Switches:
    every = list(cases)
    ways = [direction(case) for case in every]
    judged = [case for case in every if case.final is not None]
    was_final = sum(case.first == case.final for case in judged)
    return Switches(
        switched=share(sum(way != KEPT for way in ways), len(every)),
        toward=share(ways.count(TOWARD), len(every)),
        away=share(ways.count(AWAY), len(every)),
        wrong=share(sum(is_wrong_switch(case) for case in judged), was_final),
        right=share(sum(is_right_switch(case) for case in judged), len(judged) - was_final),
    )
