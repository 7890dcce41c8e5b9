"""Whether raters agree on what is to be rated at all."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from app.methods.agreement import coefficients
from app.methods.agreement.report import Measuring, undefined_reason
from app.methods.agreement.results import Coefficient, Rater
from app.methods.agreement.tables import ABSENT, Patterns, count_patterns

Unit = Hashable


@dataclass(frozen=True)
class Inclusion:
    """Units that two or more raters had before them. rated_by_all + skipped_by_all + skipped_by_some = units.

    skipped_by_some: the units that one rated and another skipped, in the order given; each is a disagreement to settle.
    percent, alpha, ac1: of *rated* against *skipped*.
    """

    units: int
    rated_by_all: int
    skipped_by_all: int
    skipped_by_some: tuple[Unit, ...]
    percent: Coefficient
    alpha: Coefficient
    ac1: Coefficient


def inclusion_agreement(units: Mapping[Unit, Mapping[Rater, bool]]) -> Inclusion:
    """units: unit -> rater -> True where they rated it, False where they skipped it. A rater who has not come to the
    unit is absent, and a unit that fewer than two came to is left out. Skips are not missing at random: stand this
    beside alpha, which knows nothing of them.
    """
    decided = {unit: dict(said) for unit, said in units.items() if len(said) > 1}
    apart = tuple(unit for unit, said in decided.items() if len(set(said.values())) > 1)
    return inclusion_of_patterns(count_patterns(list(decided.values())), apart)


def inclusion_of_patterns(patterns: Patterns, apart: tuple[Unit, ...]) -> Inclusion:
    """The same of what was counted already. patterns: of True and False; units that one rater came to count not.

    apart: the units that one rated and another skipped.
    """
    both = patterns.pairable
    rated = both.cells == (both.values.index(True) if True in both.values else len(both.values))
    by_all = int(both.weights[(rated | (both.cells == ABSENT)).all(axis=1)].sum())
    measuring, undefined, n = Measuring(None, 0), undefined_reason(both), both.units
    return Inclusion(
        units=n,
        rated_by_all=by_all,
        skipped_by_all=n - by_all - len(apart),
        skipped_by_some=apart,
        percent=measuring.percent(both),
        alpha=measuring.coefficient(coefficients.nominal_alpha(both), units=n, undefined=undefined),
        ac1=measuring.coefficient(coefficients.gwet_ac1(both), units=n, undefined=undefined),
    )
