"""Which units lower alpha, and by how much."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.methods.agreement import coefficients
from app.methods.agreement import sets as set_alphas
from app.methods.agreement.ratios import Statistic, pair_distances
from app.methods.agreement.results import Rater, Value
from app.methods.agreement.tables import ABSENT, Floats, Patterns, count_patterns, count_set_patterns


@dataclass(frozen=True)
class Contribution:
    """What one unit does to alpha. place: its place in the table.

    share: its part of all observed disagreement, 0 to 1; the shares of a table sum to 1 where there is any.
    without: alpha of all other units; None where that is undefined. lowers: how much higher alpha would stand without
    it; negative for a unit that raises alpha, None where `without` is.
    """

    place: int
    share: float
    without: float | None
    lowers: float | None


def unit_contributions(table: Sequence[Mapping[Rater, Value]], *, sets: bool) -> tuple[Contribution, ...]:
    """Of each pairable unit, those that lower alpha most first, and of equals the earlier.

    table, sets: as in `agreement_of`; of sets it is alpha with MASI distance. Empty where alpha is undefined: then no
    unit can lower it. Units that show the same do the same, so the work grows with distinct patterns.
    """
    patterns = (count_set_patterns(table) if sets else count_patterns(table)).pairable
    if len(patterns.raters) < 2 or patterns.single_value():
        return ()
    shares, without, whole = _by_pattern(patterns, sets=sets)
    at = {tuple(row): place for place, row in enumerate(patterns.cells.tolist())}
    found = []
    for place, row in enumerate(_rows(patterns, table, sets=sets)):
        if row in at:
            left = float(without[at[row]])
            known = left if np.isfinite(left) else None
            found.append(Contribution(place, float(shares[at[row]]), known, None if known is None else known - whole))
    return tuple(sorted(found, key=_most_first))


def _by_pattern(patterns: Patterns, *, sets: bool) -> tuple[Floats, Floats, float]:
    alpha: Statistic = coefficients.pairable_alpha(patterns)
    apart = pair_distances(patterns)
    if sets:
        _, masi = set_alphas.set_alphas(patterns)
        alpha, apart = masi, masi.rated.apart[masi.which]
    apart = apart / (patterns.ratings_per_unit - 1)
    total = float(patterns.weights @ apart)
    observed, expected = alpha.disagreement()
    return apart / total if total else apart, alpha.left_out(), 1.0 - observed / expected


def _rows(patterns: Patterns, table: Sequence[Mapping[Rater, Value]], *, sets: bool) -> Iterable[tuple[int, ...]]:
    value_at = {value: place for place, value in enumerate(patterns.values)}
    for unit in table:
        given = {rater: frozenset(value) if sets else value for rater, value in unit.items() if value is not None}
        yield tuple(value_at[given[rater]] if rater in given else ABSENT for rater in patterns.raters)


def _most_first(one: Contribution) -> tuple[bool, float, int]:
    """Without a unit on which all variety rests alpha is undefined: no unit matters more."""
    return one.lowers is not None, -(one.lowers or 0.0), one.place
