"""What a report says where there is nothing to say, and what it leaves out."""

import numpy as np
import pytest

from app.methods.agreement import agreement_of
from tests.methods.agreement.tables import cells, rated

CHANCE_CORRECTED = ("alpha", "fleiss", "conger", "light", "brennan_prediger", "ac1")


@pytest.mark.parametrize(
    ("units", "sentence", "percent"),
    [
        ([], "Nothing has been rated.", None),
        ([["a"], ["b"]], "Only one rater", None),
        ([["a", None], [None, "b"]], "No unit was rated by two raters.", None),
        ([["a", "a"], ["a", "a"]], "one and the same code", 1.0),
        ([["a", "a"], ["a", "a"], ["b", None]], "one and the same code", 1.0),
    ],
)
def test_an_undefined_coefficient_says_why(units: list[list[str]], sentence: str, percent: float | None) -> None:
    report = agreement_of(rated(*units), sets=False)
    for field in CHANCE_CORRECTED:
        one = getattr(report, field)
        assert (one.value, one.low, one.high) == (None, None, None)
        assert sentence in one.undefined
    assert report.percent.value == percent


def test_a_pair_that_shares_no_unit_says_so_while_others_have_a_kappa() -> None:
    report = agreement_of(rated("aa", "bb", "ab", ["a", None, "a"], ["b", None, "b"]), sets=False)
    assert report.cohen["r0", "r1"].n == 3
    assert report.cohen["r0", "r2"].value == 1.0
    assert report.cohen["r1", "r2"].undefined == "These two raters rated no unit in common."
    assert report.light.value is not None


def test_counts_tell_units_ratings_and_pairable_units_apart() -> None:
    report = agreement_of(rated("ab", "bb", ["a", None], [None, None]), sets=False)
    assert (report.units, report.raters, report.ratings, report.alpha.n) == (3, 2, 5, 2)


def test_an_empty_set_is_a_rating_and_an_absent_rater_is_not() -> None:
    blank_given = agreement_of(rated(["a", "a"], ["b", "b"], ["", "a"]), sets=True)
    nothing_given = agreement_of(rated(["a", "a"], ["b", "b"], [None, "a"]), sets=True)
    assert blank_given.alpha_masi is not None
    assert blank_given.alpha_masi.n == 3
    assert nothing_given.alpha_masi is not None
    assert nothing_given.alpha_masi.n == 2
    assert nothing_given.alpha_masi.value == 1.0


def test_scotts_pi_is_for_two_raters_and_set_alphas_for_sets() -> None:
    two, three = agreement_of(rated("ab", "bb"), sets=False), agreement_of(rated("abb", "bbb"), sets=False)
    assert two.scott is not None
    assert three.scott is None
    assert two.alpha_masi is None


def test_scotts_pi_leaves_lone_ratings_out_where_fleiss_kappa_counts_them() -> None:
    shared = rated("aa", "ab", "bb", "aa")
    with_lone = [*shared, *rated(["b", None], ["b", None])]
    alone, more = agreement_of(shared, sets=False), agreement_of(with_lone, sets=False)
    assert more.scott == alone.scott
    assert more.fleiss.value != alone.fleiss.value


def test_a_code_seen_under_ten_times_has_no_interval() -> None:
    report = agreement_of(cells({"aa": 20, "bb": 20, "ab": 2, "cc": 2, "ac": 1}), sets=False)
    by_code = {code.code: code for code in report.codes}
    assert by_code["c"].alpha.value is not None
    assert by_code["c"].alpha.low is None
    assert by_code["c"].alpha.interval_method == "too few: seen 5 times"
    assert by_code["a"].alpha.low is not None


def test_a_code_used_on_every_unit_says_so() -> None:
    report = agreement_of(rated(["ab", "a"], ["a", "ab"], ["a", "a"]), sets=True)
    by_code = {code.code: code for code in report.codes}
    assert by_code["a"].alpha.undefined == "Everyone used this code on every unit rated twice."
    assert by_code["b"].kappa.value is not None


def test_two_hundred_thousand_ratings_are_counted_by_their_patterns() -> None:
    rng = np.random.default_rng(1)
    units = rng.choice(list("abcd"), size=(50_000, 4)).tolist()
    table = rated(*units)
    report = agreement_of(table, sets=False)
    assert report.ratings == 200_000
