"""Intervals: the awkward tables, the other ways to make them, and how often they cover."""

import itertools

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats import inter_rater

from app.methods.agreement import Coefficient, agreement_of
from tests.methods.agreement.tables import cells, rated

ONE_DISAGREEMENT = {"yy": 20, "nn": 19, "yn": 1}
NO_DISAGREEMENT = {"yy": 20, "nn": 20}


def test_exactly_one_disagreement_has_an_interval_short_of_one() -> None:
    report = agreement_of(cells(ONE_DISAGREEMENT), sets=False)
    for one in (report.alpha, report.cohen["r0", "r1"], report.fleiss, report.ac1, report.percent):
        low, value, high = bounds(one)
        assert 0.5 < low < value < high < 1.0


def test_no_disagreement_reaches_up_to_one_and_down_by_clopper_pearson() -> None:
    alpha = agreement_of(cells(NO_DISAGREEMENT), sets=False).alpha
    most_disagreeing = 1 - 0.025 ** (1 / 40)
    expected_disagreement = 2 * 40 * 40 / (80 * 79)
    assert bounds(alpha) == pytest.approx((1 - most_disagreeing / expected_disagreement, 1.0, 1.0))
    assert alpha.interval_method.startswith("Clopper-Pearson")


def test_total_disagreement_still_has_an_interval() -> None:
    low, value, high = bounds(agreement_of(cells({"ab": 5, "ba": 5}), sets=False).cohen["r0", "r1"])
    assert (low, value) == (-1.0, -1.0)
    assert -1.0 < high < 1.0


def test_undefined_replicates_are_counted_and_said() -> None:
    alpha = agreement_of(cells({"yy": 9, "yn": 1}), sets=False).alpha
    low, _, high = bounds(alpha)
    assert "1 of 10 replicates undefined" in alpha.interval_method
    assert low == -1.0
    assert high > 0.9


def test_the_interval_stays_wide_when_all_variety_sits_in_one_unit() -> None:
    """The other replicates vary a little, with how many rated; their error alone would be next to nothing."""
    units = [*[["y", "y", None]] * 50, *["yyy"] * 49, "ynn"]
    low, _, high = bounds(agreement_of(rated(*units), sets=False).alpha)
    assert high - low > 1.0


def test_one_shared_unit_has_an_interval() -> None:
    low, value, high = bounds(agreement_of(rated("ab"), sets=False).alpha)
    assert low <= value == 0.0 < high


def test_percent_of_two_raters_is_clopper_pearson() -> None:
    exact = stats.binomtest(39, 40).proportion_ci(method="exact")
    report = agreement_of(cells(ONE_DISAGREEMENT), sets=False)
    assert bounds(report.percent) == pytest.approx((exact.low, 0.975, exact.high))


def test_percent_of_many_raters_is_surer_than_units_counted_as_yes_or_no() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 200)
    units = [[value if rng.random() < 0.9 else 1 - value for _ in range(8)] for value in truth]
    percent = agreement_of(rated(*units), sets=False).percent
    low, value, high = bounds(percent)
    exact = stats.binomtest(round(value * 200), 200).proportion_ci(method="exact")
    assert high - low < exact.high - exact.low
    assert "effective n" in percent.interval_method


def test_the_jackknife_error_is_near_the_analytic_one_of_cohen() -> None:
    counts = {"aa": 88, "ab": 14, "ac": 18, "ba": 10, "bb": 40, "bc": 10, "ca": 2, "cb": 6, "cc": 12}
    low, value, high = bounds(agreement_of(cells(counts), sets=False).cohen["r0", "r1"])
    table = np.array(list(counts.values())).reshape(3, 3)
    analytic = inter_rater.cohens_kappa(table)
    assert value == pytest.approx(analytic.kappa)
    assert (high - low) / (2 * 1.972) == pytest.approx(analytic.std_kappa, rel=0.05)


@pytest.mark.parametrize("field", ["alpha", "percent", "fleiss", "light", "ac1", "conger"])
def test_the_bootstrap_is_near_the_jackknife_and_repeats_with_its_seed(field: str) -> None:
    table = cells({"aa": 60, "ab": 12, "ba": 8, "bb": 40})
    drawn, again, other = (
        getattr(agreement_of(table, sets=False, resamples=800, seed=seed), field) for seed in (3, 3, 4)
    )
    left_out = getattr(agreement_of(table, sets=False), field)
    assert drawn == again
    assert drawn != other
    assert bounds(drawn) == pytest.approx(bounds(left_out), abs=0.04)
    assert "800 resamples, seed 3" in drawn.interval_method


def test_the_bootstrap_of_full_agreement_does_not_shrink_to_a_point() -> None:
    low, value, high = bounds(agreement_of(cells(NO_DISAGREEMENT), sets=False, resamples=100).alpha)
    assert (value, high) == (1.0, 1.0)
    assert low < 0.95


def test_bootstrapped_set_alphas_stay_near_the_jackknife() -> None:
    units = list(itertools.islice(itertools.cycle([("ab", "ab"), ("a", "a"), ("", "b"), ("", ""), ("a", "ab")]), 60))
    drawn = agreement_of(rated(*units), sets=True, resamples=500)
    left_out = agreement_of(rated(*units), sets=True)
    for field in ("alpha_masi", "alpha_jaccard"):
        assert bounds(getattr(drawn, field)) == pytest.approx(bounds(getattr(left_out, field)), abs=0.06)


@pytest.mark.parametrize("field", ["alpha", "conger", "fleiss", "ac1", "light"])
def test_leaving_units_out_is_what_counting_again_without_them_gives(field: str) -> None:
    """The jackknife by hand: every unit dropped in turn and the table counted anew."""
    units = ["aab", "abb", "bbb", "aaa", "cca", "ccc", "bb", "aac", "acc", "aaa", "bbb", "cc"]
    whole = getattr(agreement_of(rated(*units), sets=False), field)
    dropped = [
        getattr(agreement_of(rated(*units[:i], *units[i + 1 :]), sets=False), field).value for i in range(len(units))
    ]
    error = np.sqrt((len(units) - 1) * np.var(dropped))
    spread = stats.t.ppf(0.975, len(units) - 1) * error / (1 - whole.value**2)
    by_hand = np.tanh(np.arctanh(whole.value) + np.array([-spread, 0, spread]))
    assert bounds(whole) == pytest.approx(tuple(by_hand))


def test_leaving_units_out_of_set_alphas_is_what_counting_again_gives() -> None:
    units = [("a", "ab"), ("", ""), ("b", "b"), ("abc", "a"), ("c", ""), ("ab", "ab"), ("bc", "ac"), ("a", "a")]
    whole = agreement_of(rated(*units), sets=True).alpha_masi
    assert whole is not None
    assert whole.value is not None
    again = [agreement_of(rated(*units[:i], *units[i + 1 :]), sets=True).alpha_masi for i in range(len(units))]
    error = np.sqrt((len(units) - 1) * np.var([bounds(one)[1] for one in again]))
    spread = stats.t.ppf(0.975, len(units) - 1) * error / (1 - whole.value**2)
    assert bounds(whole)[2] == pytest.approx(np.tanh(np.arctanh(whole.value) + spread))


@pytest.mark.parametrize(("units", "skill"), [(30, 0.9), (80, 0.7)])
def test_intervals_cover_the_true_alpha_about_as_often_as_they_say(units: int, skill: float) -> None:
    rng = np.random.default_rng(20)
    shares = np.array([0.5, 0.3, 0.2])
    true_alpha = true_alpha_of(shares, skill)
    inside = 0
    for _ in range(200):
        low, _, high = bounds(agreement_of(drawn_table(rng, units, shares, skill), sets=False).alpha)
        inside += low <= true_alpha <= high
    assert 0.90 <= inside / 200 <= 0.995


def drawn_table(rng: np.random.Generator, units: int, shares: np.ndarray, skill: float) -> list[dict[str, int]]:
    """Two raters who see the true value with probability `skill` and else guess by its shares."""
    truth = rng.choice(3, size=units, p=shares)
    guesses = rng.choice(3, size=(2, units), p=shares)
    values = np.where(rng.random((2, units)) < skill, truth, guesses)
    return rated(*values.T.tolist())


def true_alpha_of(shares: np.ndarray, skill: float) -> float:
    given_truth = skill * np.eye(3) + (1 - skill) * shares[None, :]
    observed = 1 - (shares[:, None] * given_truth**2).sum()
    return float(1 - observed / (1 - (shares**2).sum()))


def bounds(one: Coefficient | None) -> tuple[float, float, float]:
    assert one is not None
    assert one.low is not None
    assert one.value is not None
    assert one.high is not None
    return one.low, one.value, one.high
