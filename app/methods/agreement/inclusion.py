"""Whether raters agree on what is to be rated at all."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from app.methods.agreement import coefficients
from app.methods.agreement.report import Measuring, undefined_reason
from app.methods.agreement.results import Coefficient, Rater
from app.methods.agreement.tables import count_patterns

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
    rated = sum(all(said.values()) for said in decided.values())
    patterns = count_patterns(list(decided.values()))
    measuring, undefined, n = Measuring(None, 0), undefined_reason(patterns), patterns.units
    return Inclusion(
        units=n,
        rated_by_all=rated,
        skipped_by_all=n - rated - len(apart),
        skipped_by_some=apart,
        percent=measuring.percent(patterns),
        alpha=measuring.coefficient(coefficients.nominal_alpha(patterns), units=n, undefined=undefined),
        ac1=measuring.coefficient(coefficients.gwet_ac1(patterns), units=n, undefined=undefined),
    )
