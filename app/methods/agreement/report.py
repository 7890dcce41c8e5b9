"""All coefficients of one dimension, each with its interval or the sentence that says why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from app.methods.agreement import coefficients
from app.methods.agreement import sets as set_alphas
from app.methods.agreement.intervals import bootstrap_interval, jackknife_interval, share_interval
from app.methods.agreement.ratios import Statistic, value_counts
from app.methods.agreement.results import AgreementReport, CodeAgreement, Coefficient, Measures
from app.methods.agreement.tables import (
    Floats,
    Patterns,
    Rater,
    Value,
    count_patterns,
    count_set_patterns,
)

FEWEST_POSITIVES = 10

NO_RATINGS = "Nothing has been rated."
ONE_RATER = "Only one rater rated anything, so there is nobody to agree with."
NOTHING_SHARED = "No unit was rated by two raters."
PAIR_SHARES_NOTHING = "These two raters rated no unit in common."
ONE_VALUE = "Everyone used one and the same code wherever two rated, so agreement cannot be told from chance."
NOTHING_APPLIES = "Everyone said that no code applies wherever two rated, so agreement cannot be told from chance."
CODE_UNUSED = "Nobody used this code on a unit rated twice."
CODE_EVERYWHERE = "Everyone used this code on every unit rated twice."


@dataclass(frozen=True)
class Measuring:
    """How intervals are made: by jackknife, or by bootstrap when resamples are asked for."""

    resamples: int | None
    seed: int

    def coefficient(self, statistic: Statistic, *, units: int, undefined: str | None) -> Coefficient:
        if undefined is not None:
            return Coefficient(None, None, None, units, undefined, "none")
        observed, expected = statistic.disagreement()
        if self.resamples:
            interval = bootstrap_interval(statistic, units=units, resamples=self.resamples, seed=self.seed)
        else:
            interval = jackknife_interval(statistic, units=units)
        value = 1.0 - observed / expected
        return Coefficient(value, interval.low, interval.high, units, None, interval.method)

    def percent(self, patterns: Patterns) -> Coefficient:
        units = patterns.pairable.units
        undefined = _not_comparable(patterns)
        statistic = coefficients.percent(patterns.pairable)
        if undefined is not None or self.resamples:
            return self.coefficient(statistic, units=units, undefined=undefined)
        observed, _ = statistic.disagreement()
        interval = share_interval(statistic, units=units)
        return Coefficient(1.0 - observed, interval.low, interval.high, units, None, interval.method)


def agreement_of(
    table: Sequence[Mapping[Rater, Value]], *, sets: bool, resamples: int | None = None, seed: int = 0
) -> AgreementReport:
    """Everything about one dimension.

    table: one mapping per unit, rater -> value; an absent rater is missing data. With `sets` every value is
    a set of codes, an empty one meaning that none applies; nominal coefficients then compare whole sets.
    resamples: draw that many bootstrap samples with `seed` instead of the jackknife.
    """
    patterns = count_set_patterns(table) if sets else count_patterns(table)
    return agreement_of_patterns(patterns, sets=sets, resamples=resamples, seed=seed)


def agreement_of_patterns(
    patterns: Patterns, *, sets: bool, resamples: int | None = None, seed: int = 0
) -> AgreementReport:
    """The same of ratings that were counted already, from a table or from arrays."""
    measuring = Measuring(resamples, seed)
    units = patterns.pairable.units
    undefined = undefined_reason(patterns)

    def measured(statistic: Statistic) -> Coefficient:
        return measuring.coefficient(statistic, units=units, undefined=undefined)

    by_distance = set_alphas.set_alphas(patterns) if sets else None
    return AgreementReport(
        units=patterns.units,
        raters=len(patterns.raters),
        ratings=patterns.ratings,
        percent=measuring.percent(patterns),
        cohen=_cohen_pairs(patterns, measuring),
        light=_light(patterns, measuring, undefined),
        scott=measured(coefficients.scott_pi(patterns)) if len(patterns.raters) == 2 else None,
        fleiss=measured(coefficients.fleiss(patterns)),
        conger=measured(coefficients.conger(patterns)),
        brennan_prediger=measured(coefficients.brennan_prediger(patterns)),
        ac1=measured(coefficients.gwet_ac1(patterns)),
        alpha=measured(coefficients.nominal_alpha(patterns)),
        alpha_jaccard=measured(by_distance[0]) if by_distance else None,
        alpha_masi=measured(by_distance[1]) if by_distance else None,
        codes=tuple(_codes(patterns, measuring, sets=sets)),
        pairable=patterns.pairable.ratings,
    )


def alpha_of(patterns: Patterns, *, resamples: int | None = None, seed: int = 0) -> Coefficient:
    """Nominal alpha alone, as in `agreement_of`."""
    undefined = undefined_reason(patterns)
    statistic = coefficients.nominal_alpha(patterns)
    return Measuring(resamples, seed).coefficient(statistic, units=patterns.pairable.units, undefined=undefined)


def measures_of(patterns: Patterns, *, sets: bool, resamples: int | None = None, seed: int = 0) -> Measures:
    """The headline and what stands beside it, as in `agreement_of`, of ratings that were counted already."""
    measuring = Measuring(resamples, seed)
    units = patterns.pairable.units
    undefined = undefined_reason(patterns)

    def measured(statistic: Statistic) -> Coefficient:
        return measuring.coefficient(statistic, units=units, undefined=undefined)

    if sets:
        jaccard, masi = set_alphas.set_alphas(patterns)
        return Measures(measured(masi), measured(jaccard), measuring.percent(patterns), None, None)
    return Measures(
        alpha=measured(coefficients.nominal_alpha(patterns)),
        jaccard=None,
        percent=measuring.percent(patterns),
        ac1=measured(coefficients.gwet_ac1(patterns)),
        kappa=_light(patterns, measuring, undefined) if len(patterns.raters) == 2 else None,
    )


def undefined_reason(patterns: Patterns) -> str | None:
    """Why there is no coefficient corrected for chance; None where there is one."""
    return _not_comparable(patterns) or _one_value(patterns)


def pair_undefined(pair: Patterns) -> str | None:
    """The same of two raters alone, on units both rated."""
    if not pair.units:
        return PAIR_SHARES_NOTHING
    return _one_value(pair)


def _one_value(patterns: Patterns) -> str | None:
    if not patterns.single_value():
        return None
    cells = patterns.pairable.cells
    return NOTHING_APPLIES if patterns.values[cells.max()] == frozenset() else ONE_VALUE


def _not_comparable(patterns: Patterns) -> str | None:
    if not patterns.units:
        return NO_RATINGS
    if len(patterns.raters) < 2:
        return ONE_RATER
    return None if patterns.pairable.units else NOTHING_SHARED


def _cohen_pairs(patterns: Patterns, measuring: Measuring) -> dict[tuple[Rater, Rater], Coefficient]:
    found: dict[tuple[Rater, Rater], Coefficient] = {}
    for first, second in combinations(range(len(patterns.raters)), 2):
        pair, _, _ = patterns.pair(first, second)
        undefined = pair_undefined(pair)
        one = measuring.coefficient(coefficients.cohen(pair), units=pair.units, undefined=undefined)
        found[patterns.raters[first], patterns.raters[second]] = one
    return found


def _light(patterns: Patterns, measuring: Measuring, undefined: str | None) -> Coefficient:
    pairs = list(combinations(range(len(patterns.raters)), 2))
    statistic = coefficients.MeanOfPairs(patterns.pairable, pairs)
    if undefined is None and np.isnan(statistic.disagreement()[1]):
        undefined = "No pair of raters used two codes on the units they share."
    return measuring.coefficient(statistic, units=patterns.pairable.units, undefined=undefined)


def _codes(patterns: Patterns, measuring: Measuring, *, sets: bool) -> Iterable[CodeAgreement]:
    """Each code against the rest, in the order of the codes."""
    if sets:
        codes, has = set_alphas.membership(patterns.values)
        member = has.toarray().astype(bool)
    else:
        codes, member = patterns.values, np.eye(len(patterns.values), dtype=bool)
    pairable = patterns.pairable
    used = np.asarray(pairable.weights @ value_counts(pairable.cells, len(patterns.values)), dtype=float)
    for place, code in enumerate(codes):
        yield _code(code, patterns, member[:, place], used, measuring)


def _code(code: Value, patterns: Patterns, has_code: np.ndarray, used: Floats, measuring: Measuring) -> CodeAgreement:
    positives = int(used @ has_code)
    ratings = int(used.sum())
    undefined = _not_comparable(patterns)
    if undefined is None and not positives:
        undefined = CODE_UNUSED
    elif undefined is None and positives == ratings:
        undefined = CODE_EVERYWHERE
    folded = patterns.yes_no(has_code)
    two = len(folded.raters) == 2
    kappa = coefficients.cohen(folded.pair(0, 1)[0]) if two else coefficients.conger(folded)
    alpha, ac1 = coefficients.nominal_alpha(folded), coefficients.gwet_ac1(folded)
    units = patterns.pairable.units

    def measured(statistic: Statistic) -> Coefficient:
        if undefined is None and positives < FEWEST_POSITIVES:
            return _too_few(statistic, units, positives)
        return measuring.coefficient(statistic, units=units, undefined=undefined)

    prevalence = positives / ratings if ratings else None
    return CodeAgreement(code, positives, prevalence, measured(alpha), measured(kappa), measured(ac1))


def _too_few(statistic: Statistic, units: int, positives: int) -> Coefficient:
    observed, expected = statistic.disagreement()
    times = {1: "once", 2: "twice"}.get(positives, f"{positives} times")
    return Coefficient(1.0 - observed / expected, None, None, units, None, f"too few: seen {times}")
