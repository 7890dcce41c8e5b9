"""None, one or two disagreements, from two units to five hundred: where naive intervals break."""

import numpy as np
import pytest
from scipy import stats

from app.methods.agreement import alpha_of, coefficients, count_codes
from app.methods.agreement.intervals import JACKKNIFE, jackknife_interval

SIZES = [*range(2, 60), *range(60, 501, 20), 500]


@pytest.mark.parametrize("rarer", [0.5, 0.1])
@pytest.mark.parametrize("disagreements", [0, 1, 2])
def test_there_is_an_interval_around_every_alpha(disagreements, rarer):
    for units in SIZES:
        alpha = alpha_of(pair_of(units, disagreements, rarer))
        if alpha.value is None:
            assert disagreements == 0
            continue
        assert -1.0 <= alpha.low < alpha.high <= 1.0, (units, alpha)
        assert alpha.low <= alpha.value <= alpha.high, (units, alpha)
        assert (alpha.high == 1.0) == (disagreements == 0), (units, alpha)


@pytest.mark.parametrize("disagreements", [0, 1, 2])
def test_more_units_make_it_narrower(disagreements):
    widths = []
    for units in (20, 50, 100, 200, 500):
        alpha = alpha_of(pair_of(units, disagreements, 0.5))
        widths.append(alpha.high - alpha.low)
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("units", [4, 30, 100, 500])
def test_full_agreement_reaches_down_to_clopper_pearsons_bound(units):
    alpha = alpha_of(pair_of(units, 0, 0.5))
    most = stats.binomtest(0, units).proportion_ci(method="exact").high
    expected = 1 - coefficients.nominal_alpha(pair_of(units, 0, 0.5)).disagreement()[1]
    assert (alpha.value, alpha.high) == (1.0, 1.0)
    assert alpha.low == pytest.approx(1 - most / (1 - expected))
    assert alpha.interval_method == "Clopper-Pearson over units, expected disagreement held"


@pytest.mark.parametrize("units", [30, 500])
def test_one_disagreement_has_one_replicate_of_exactly_one_and_an_interval_by_jackknife(units):
    patterns = pair_of(units, 1, 0.5)
    statistic = coefficients.nominal_alpha(patterns)
    left_out = np.repeat(statistic.left_out(), statistic.weights)
    assert np.count_nonzero(left_out == 1.0) == 1
    interval = jackknife_interval(statistic, units=units)
    assert interval.method == JACKKNIFE
    assert 0.0 < interval.low < 1 - 2 / units < interval.high < 1.0


def test_replicates_without_an_alpha_are_counted_and_said():
    alpha = alpha_of(count_codes(np.array([[0, 0]] * 30 + [[0, 1]])))
    assert alpha.interval_method.endswith("1 of 31 replicates undefined")
    assert alpha.low == -1.0
    drawn = alpha_of(count_codes(np.array([[0, 0]] * 30 + [[0, 1]])), resamples=400, seed=2)
    undefined = int(drawn.interval_method.split("; ")[1].split()[0])
    assert 400 * 0.25 < undefined < 400 * 0.5  # (30/31)^31 = .362 of all draws lack the one unit
    assert drawn.interval_method.endswith("of 400 replicates undefined")


@pytest.mark.parametrize("units", [4, 20, 200])
def test_alpha_under_chance_has_an_interval_too(units):
    alpha = alpha_of(count_codes(np.array([[0, 1], [1, 0]] * (units // 2) + [[0, 0]])))
    assert alpha.value < 0
    assert -1.0 <= alpha.low <= alpha.value < alpha.high < 1.0


def pair_of(units, disagreements, rarer):
    """Two raters; of the units on which they agree, the share `rarer` bears the second code."""
    second = int((units - disagreements) * rarer)
    first = units - disagreements - second
    return count_codes(np.array([[0, 0]] * first + [[1, 1]] * second + [[0, 1]] * disagreements))
