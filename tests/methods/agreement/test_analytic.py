"""Standard errors by formula, against others' and against the jackknife."""

import numpy as np
import pytest
from statsmodels.stats import inter_rater

from app.methods.agreement import coefficients, cohen_error, count_codes, count_patterns, gwet_error
from app.methods.agreement.intervals import jackknife_error
from tests.methods.agreement.test_published import GWET_RAW_4_RATERS


def test_cohens_error_is_that_of_statsmodels():
    rng = np.random.default_rng(9)
    for _ in range(300):
        cells = drawn(rng, units=int(rng.integers(5, 80)), raters=2, missing=0.0)
        if len(np.unique(cells)) > 1:
            square = np.zeros((4, 4))
            np.add.at(square, (cells[:, 0], cells[:, 1]), 1)
            found = inter_rater.cohens_kappa(square)
            if np.isfinite(found.kappa) and found.kappa < 1:
                assert cohen_error(pair_of(cells)) == pytest.approx(found.std_kappa, abs=1e-9)


def test_gwets_error_of_four_raters_is_that_of_irrcac():
    """irrCAC's documentation, raw4raters: AC1 .77544, standard error .14295."""
    assert gwet_error(count_patterns(GWET_RAW_4_RATERS)) == pytest.approx(0.14295, abs=5e-6)


@pytest.mark.parametrize("raters", [2, 3, 5])
def test_the_jackknife_of_ac1_comes_to_the_formula(raters):
    patterns = count_codes(drawn(np.random.default_rng(raters), units=600, raters=raters, missing=0.0))
    assert jackknife_of_ac1(patterns) == pytest.approx(gwet_error(patterns), rel=0.02)


def test_with_missing_ratings_the_jackknife_is_what_ac1_varies_by_and_the_formula_is_larger():
    rng = np.random.default_rng(6)
    studies = [count_codes(drawn(rng, units=300, raters=2, missing=0.3)) for _ in range(400)]
    spread = np.std([1 - np.divide(*coefficients.gwet_ac1(each).disagreement()) for each in studies])
    assert np.mean([jackknife_of_ac1(each) for each in studies[:50]]) == pytest.approx(spread, rel=0.1)
    assert np.mean([gwet_error(each) for each in studies[:50]]) > 1.1 * spread


def test_the_jackknife_of_kappa_comes_to_the_formula():
    pair = pair_of(drawn(np.random.default_rng(4), units=600, raters=2, missing=0.0))
    statistic = coefficients.cohen(pair)
    assert jackknife_error(statistic.left_out(), statistic.weights) == pytest.approx(cohen_error(pair), rel=0.02)


def test_where_the_coefficient_is_undefined_so_is_its_error():
    same = np.zeros((9, 2), dtype=int)
    assert np.isnan(cohen_error(pair_of(same)))
    assert np.isnan(gwet_error(count_codes(same)))
    assert np.isnan(gwet_error(count_codes(np.array([[0, -1], [-1, 1]]))))


def jackknife_of_ac1(patterns):
    statistic = coefficients.gwet_ac1(patterns)
    return jackknife_error(statistic.left_out(), statistic.weights)


def pair_of(cells):
    return count_codes(cells).pair(0, 1)[0]


def drawn(rng, *, units, raters, missing):
    truth = rng.choice(4, size=(units, 1), p=[0.5, 0.3, 0.15, 0.05])
    given = np.where(rng.random((units, raters)) < 0.75, truth, rng.integers(0, 4, size=(units, raters)))
    return np.where(rng.random((units, raters)) < missing, -1, given)
