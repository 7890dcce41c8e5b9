"""Sources of worked figures are named; the rest is checked against scipy and against enumeration."""

from itertools import combinations
from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from app.methods.agreement.results import Coefficient
from app.methods.assistance import (
    clustered_share,
    contrast_of,
    contrast_of_means,
    mean,
    share,
)
from app.methods.assistance_diversity import contrast_of_diversity, rarefied
from app.methods.assistance_switching import Case, direction, is_right_switch, is_wrong_switch, switches
from app.methods.wilson import wilson

A, B, AB, NONE = frozenset("a"), frozenset("b"), frozenset("ab"), frozenset[str]()
VALUES = st.lists(st.integers(0, 90).map(lambda tenths: tenths / 10), min_size=3, max_size=8)
INCIDENTS = st.lists(st.frozensets(st.sampled_from("abcd"), max_size=3), min_size=3, max_size=7)


def test_a_share_has_wilsons_interval_and_nothing_has_no_share():
    for hits, n in ((0, 10), (3, 10), (10, 10), (1, 1), (57, 120)):
        found, known = share(hits, n), stats.binomtest(hits, n).proportion_ci(method="wilson")
        assert (found.value, found.n) == (hits / n, n)
        assert (found.low, found.high) == pytest.approx((known.low, known.high))
    nothing = share(0, 0)
    assert (nothing.value, nothing.low, nothing.high, nothing.n) == (None, None, None, 0)
    assert nothing.undefined


def test_the_difference_of_two_shares_is_newcombes():
    """56 of 70 beside 48 of 80: .2000, .0524 to .3339. Source: Newcombe (1998), table II, example (a), method 10."""
    found = contrast_of(share(56, 70), share(48, 80)).difference
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.n == 150


def test_a_difference_without_one_of_its_sides_says_which():
    undefined = Coefficient(None, None, None, 4, "Everyone used one code.", "none")
    found = contrast_of(share(1, 2), undefined).difference
    assert found.value is None and "blind" in (found.undefined or "") and "one code" in (found.undefined or "")
    assert "with suggestions" in (contrast_of(undefined, share(1, 2)).difference.undefined or "")


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_means_are_compared_as_scipy_does_with_unequal_variances(one: list[float], other: list[float]):
    found = contrast_of_means(one, other).difference
    if found.value is None:
        assert max(one) - min(one) < 1e-9 and max(other) - min(other) < 1e-9
        return
    known = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((known.low, known.high), rel=1e-6, abs=1e-6)


def test_means_without_spread_or_of_one_incident_have_no_figure():
    assert mean([]).undefined and mean([2.0]).undefined
    same = mean([1.0, 1.0, 1.0])
    assert same.value is None and same.n == 3 and "same, 1" in (same.undefined or "")
    assert contrast_of_means([1.0], [2.0, 3.0]).difference.value is None
    flat = contrast_of_means([2.0, 2.0], [1.0, 1.0]).difference
    assert flat.value is None and "1.00 apart" in (flat.undefined or "")
    assert contrast_of_means([2.0, 2.0], [1.0, 2.0]).difference.value == pytest.approx(0.5)


def test_answers_that_always_stand_together_count_as_fewer():
    """Ten incidents, two answers each that are always alike: as sure as ten answers, less one, and not as twenty."""
    together = clustered_share([2] * 4 + [0] * 6, [2] * 10)
    assert (together.value, together.n) == (0.4, 20)
    assert (together.low, together.high) == pytest.approx(wilson(0.4, 9))
    apart = clustered_share([1] * 8 + [0] * 2, [2] * 10)
    assert (apart.low, apart.high) == pytest.approx(wilson(0.4, 20))
    assert clustered_share([0, 0], [3, 3]).low == 0.0
    assert clustered_share([0, 0], [3, 3]).high == pytest.approx(wilson(0.0, 2)[1])
    assert clustered_share([0], [0]).value is None


def test_different_codes_of_fewer_incidents_by_hand():
    """{a} {a} {b} {a, c}: three of them show 3, 3, 2 or 2 different codes; one of them 1, 1, 1 or 2."""
    incidents = [A, A, B, frozenset("ac")]
    distinct, effective = rarefied(incidents, 3)
    assert distinct.value == pytest.approx(2.5)
    assert distinct.variance == pytest.approx(3 / 4 * (4 * 0.5**2))
    assert rarefied(incidents, 1)[0].value == pytest.approx(1.25)
    assert effective.value == pytest.approx(_effective(incidents, 3))


@settings(max_examples=40)
@given(INCIDENTS, st.data())
def test_rarefied_figures_are_means_over_all_draws(incidents: list[frozenset[str]], data: st.DataObject):
    drawn = data.draw(st.integers(1, len(incidents) - 1))
    distinct, effective = rarefied(incidents, drawn)
    assert distinct.value == pytest.approx(_distinct(incidents, drawn))
    assert effective.value == pytest.approx(_effective(incidents, drawn))
    rests = [incidents[:at] + incidents[at + 1 :] for at in range(len(incidents))]
    for found, brute in ((distinct, _distinct), (effective, _effective)):
        left_out = [brute(rest, drawn) for rest in rests]
        centre = sum(left_out) / len(left_out)
        spread = sum((each - centre) ** 2 for each in left_out) * (len(rests) - 1) / len(rests)
        assert found.variance == pytest.approx(spread, abs=1e-9)


def test_both_sides_are_brought_to_one_incident_less_than_the_smaller_has():
    few, many = [A, B, AB], [A, A, A, B, B, A]
    found = contrast_of_diversity(many, few)
    assert found.drawn == 2 and found.distinct.assisted.n == 6 and found.distinct.blind.n == 3
    turned = contrast_of_diversity(few, many)
    assert turned.distinct.difference.value == pytest.approx(-(found.distinct.difference.value or 0))
    assert contrast_of_diversity([A], [A, B]).distinct.difference.undefined


def test_where_the_codes_are_the_same_everywhere_there_is_no_interval_and_no_figure():
    found = contrast_of_diversity([A] * 5, [A] * 6)
    assert found.distinct.assisted.value is None and "stays 1" in (found.distinct.assisted.undefined or "")
    assert found.distinct.difference.value is None


def test_a_switch_goes_toward_the_suggestion_away_from_it_or_aside():
    def way(first: frozenset[str], last: frozenset[str], suggested: frozenset[str]) -> str:
        return direction(Case(1, first, last, suggested))

    assert way(A, A, B) == "kept"
    assert way(A, B, B) == "toward" and way(A, AB, B) == "toward"
    assert way(A, B, A) == "away" and way(A, AB, A) == "away"
    assert way(A, NONE, B) == "aside" and way(NONE, B, B) == "toward"
    assert way(A, NONE, NONE) == "toward"


def test_a_wrong_switch_leaves_what_is_final_and_is_counted_among_what_was():
    cases = [
        Case(1, A, B, B, A),  # wrong
        Case(1, A, A, B, A),  # stayed with what is final
        Case(1, B, A, A, A),  # right
        Case(1, B, AB, A, A),  # neither
        Case(1, A, B, B, None),  # not judged
    ]
    assert [is_wrong_switch(case) for case in cases] == [True, False, False, False, False]
    assert [is_right_switch(case) for case in cases] == [False, False, True, False, False]
    found = switches(cases)
    assert (found.wrong.value, found.wrong.n) == (0.5, 2)
    assert (found.right.value, found.right.n) == (0.5, 2)
    assert (found.switched.value, found.switched.n) == (0.8, 5)
    none = switches([])
    assert none.switched.value is None and none.wrong.value is None


def _distinct(incidents: list[frozenset[str]], drawn: int) -> float:
    draws = [frozenset().union(*draw) for draw in combinations(incidents, drawn)]
    return sum(len(codes) for codes in draws) / len(draws)


def _effective(incidents: list[frozenset[str]], drawn: int) -> float:
    """exp of the mean over draws of Shannon's sum, with the mentions that a draw has on average."""
    mentions = drawn * sum(len(codes) for codes in incidents) / len(incidents)
    if not mentions:
        return 0.0
    draws = list(combinations(incidents, drawn))
    total = 0.0
    for draw in draws:
        often = [sum(code in codes for codes in draw) for code in frozenset().union(*draw)]
        total += sum(-(j / mentions) * log(j / mentions) for j in often)
    return exp(total / len(draws))
