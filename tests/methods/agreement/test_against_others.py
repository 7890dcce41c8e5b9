"""Our coefficients against nltk, scikit-learn and statsmodels, and what must not change them."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import jaccard_distance
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from app.methods.agreement import AgreementReport, agreement_of
from tests.methods.agreement.tables import rated

Units = list[list[Any]]
CODES = "abc"
SETS = st.sampled_from(["", "a", "b", "c", "ab", "ac", "bc", "abc"])


def units_of(values: st.SearchStrategy[Any], *, raters: int) -> st.SearchStrategy[Units]:
    return st.lists(st.lists(values, min_size=raters, max_size=raters), min_size=2, max_size=25)


COMPLETE = units_of(st.sampled_from(CODES), raters=4)
COMPLETE_PAIRS = units_of(st.sampled_from(CODES), raters=2)
WITH_MISSING = units_of(st.sampled_from([None, *CODES]), raters=3)


@given(WITH_MISSING)
@settings(max_examples=150, deadline=None)
def test_alpha_with_missing_ratings_equals_nltk(units: Units) -> None:
    report = agreement_of(rated(*units), sets=False)
    assume(report.alpha.value is not None)
    assert report.alpha.value == pytest.approx(AnnotationTask(triples(units)).alpha(), abs=1e-9)


@given(units_of(st.one_of(st.none(), SETS), raters=3))
@settings(max_examples=100, deadline=None)
def test_jaccard_alpha_equals_nltk(units: Units) -> None:
    report = agreement_of(rated(*units), sets=True)
    assert report.alpha_jaccard is not None
    assume(report.alpha_jaccard.value is not None)
    task = AnnotationTask(distance=jaccard_or_empty)
    task.load_array([(rater, unit, frozenset(codes)) for rater, unit, codes in triples(units)])
    assert report.alpha_jaccard.value == pytest.approx(task.alpha(), abs=1e-9)


@given(COMPLETE_PAIRS)
@settings(max_examples=150, deadline=None)
def test_cohen_equals_scikit_learn_and_statsmodels(units: Units) -> None:
    kappa = agreement_of(rated(*units), sets=False).cohen["r0", "r1"]
    assume(kappa.value is not None)
    first, second = zip(*units, strict=True)
    assert kappa.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    counts = Counter(zip(first, second, strict=True))
    table = np.array([[counts[a, b] for b in CODES] for a in CODES])
    assert kappa.value == pytest.approx(inter_rater.cohens_kappa(table, return_results=False), abs=1e-9)


@given(COMPLETE)
@settings(max_examples=100, deadline=None)
def test_fleiss_and_brennan_prediger_equal_statsmodels(units: Units) -> None:
    report = agreement_of(rated(*units), sets=False)
    assume(report.fleiss.value is not None)
    table = inter_rater.aggregate_raters(np.array(units))[0]
    assert report.fleiss.value == pytest.approx(inter_rater.fleiss_kappa(table, method="fleiss"), abs=1e-9)
    free = inter_rater.fleiss_kappa(table, method="randolph")
    assert report.brennan_prediger.value == pytest.approx(free, abs=1e-9)


@given(COMPLETE_PAIRS)
@settings(max_examples=100, deadline=None)
def test_conger_and_light_are_cohens_for_two_raters(units: Units) -> None:
    report = agreement_of(rated(*units), sets=False)
    kappa = report.cohen["r0", "r1"]
    assume(kappa.value is not None)
    assert report.conger.value == pytest.approx(kappa.value, abs=1e-9)
    assert report.light.value == pytest.approx(kappa.value, abs=1e-9)


@given(WITH_MISSING, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_units_changes_nothing(units: Units, random: Any) -> None:
    shuffled = random.sample(units, len(units))
    assert agreement_of(rated(*shuffled), sets=False) == agreement_of(rated(*units), sets=False)


@given(WITH_MISSING, st.permutations(range(3)))
@settings(max_examples=100, deadline=None)
def test_the_order_of_raters_changes_nothing(units: Units, order: list[int]) -> None:
    ours = agreement_of(rated(*units), sets=False)
    theirs = agreement_of(rated(*[[unit[i] for i in order] for unit in units]), sets=False)
    assert figures(theirs) == pytest.approx(figures(ours), abs=1e-9, nan_ok=True)


@given(units_of(st.one_of(st.none(), SETS), raters=3))
@settings(max_examples=75, deadline=None)
def test_every_defined_figure_stands_inside_its_interval(units: Units) -> None:
    report = agreement_of(rated(*units), sets=True)
    for one in [*every(report), *report.cohen.values()]:
        if one.value is None:
            assert (one.low, one.high) == (None, None)
            assert one.undefined
        else:
            assert one.low is not None
            assert one.high is not None
            assert one.low - 1e-9 <= one.value <= one.high + 1e-9
            assert one.high <= 1.0


def triples(units: Units) -> list[tuple[str, int, Any]]:
    """Ratings of units that can be paired; nltk counts lone ones into its margins."""
    kept = [(i, unit) for i, unit in enumerate(units) if sum(v is not None for v in unit) > 1]
    return [(f"r{r}", i, v) for i, unit in kept for r, v in enumerate(unit) if v is not None]


def jaccard_or_empty(first: frozenset[str], second: frozenset[str]) -> float:
    return float(jaccard_distance(first, second)) if first | second else 0.0


def every(report: AgreementReport) -> list[Any]:
    names = ("percent", "light", "scott", "fleiss", "conger", "brennan_prediger", "ac1", "alpha")
    found = [getattr(report, name) for name in (*names, "alpha_jaccard", "alpha_masi")]
    return [one for one in found if one is not None]


def figures(report: AgreementReport) -> list[float]:
    """Values and intervals in a fixed order; Cohen's sorted, since pairs are renamed."""
    out = [number for one in every(report) for number in (one.value, one.low, one.high)]
    out += sorted((one.value for one in report.cohen.values()), key=lambda v: (v is None, v))
    return [float("nan") if number is None else number for number in out]
