"""What agreement comes to: plain values, without numpy, so that pages which only show them start quickly."""

from dataclasses import dataclass
from typing import Any

FORMULAS = 1  # one higher with every change by which a figure that was given out would come out otherwise

Rater = Any  # whatever can be a key
Value = Any


@dataclass(frozen=True)
class Coefficient:
    """A figure with its 95 % interval. n: pairable units. undefined: why there is no value, else None."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    undefined: str | None
    interval_method: str


@dataclass(frozen=True)
class CodeAgreement:
    """One code against all the rest. positives: ratings with the code, on units rated twice or more;
    prevalence: their share of those ratings, None where there are none.

    kappa is Cohen's for two raters, Conger's for more.
    """

    code: Value
    positives: int
    prevalence: float | None
    alpha: Coefficient
    kappa: Coefficient
    ac1: Coefficient


@dataclass(frozen=True)
class Measures:
    """The coefficients by which two ways of scoring the same ratings are compared. Those that are None do not apply:
    of sets, the nominal ones would count near misses as misses."""

    alpha: Coefficient  # of sets, by MASI distance
    jaccard: Coefficient | None
    percent: Coefficient
    ac1: Coefficient | None
    kappa: Coefficient | None  # Cohen's, of two raters


@dataclass(frozen=True)
class AgreementReport:
    """Counts and coefficients of one dimension. None: does not apply to this table."""

    units: int
    raters: int
    ratings: int
    percent: Coefficient
    cohen: dict[tuple[Rater, Rater], Coefficient]
    light: Coefficient
    scott: Coefficient | None
    fleiss: Coefficient
    conger: Coefficient
    brennan_prediger: Coefficient
    ac1: Coefficient
    alpha: Coefficient
    alpha_jaccard: Coefficient | None
    alpha_masi: Coefficient | None
    codes: tuple[CodeAgreement, ...]
    pairable: int = 0  # ratings on units that two or more rated
