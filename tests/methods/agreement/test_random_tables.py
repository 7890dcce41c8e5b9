"""Thousands of random tables: our coefficients beside those of nltk, statsmodels and scikit-learn."""

import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from app.methods.agreement import coefficients, count_codes, count_set_patterns
from app.methods.agreement.sets import set_alphas

TABLES = 2000
PARTS_OF_MASI = (1.0, 2 / 3, 1 / 3, 0.0)


def test_alpha_of_two_thousand_tables_with_missing_ratings_equals_nltk():
    compared = 0
    for cells in tables(missing=0.3):
        alpha = figure(coefficients.nominal_alpha(count_codes(cells)))
        if np.isfinite(alpha):
            compared += 1
            assert alpha == pytest.approx(AnnotationTask(triples(cells)).alpha(), abs=1e-9)
    assert compared > 0.8 * TABLES


def test_alphas_of_a_thousand_tables_of_sets_equal_nltk_with_our_distances():
    compared = 0
    for cells in list(tables(missing=0.2))[:1000]:
        units = [{r: set_of(v) for r, v in enumerate(row) if v >= 0} for row in cells.tolist()]
        given = [(r, u, v) for u, unit in enumerate(units) if len(unit) > 1 for r, v in unit.items()]
        if len({value for _, _, value in given}) < 2:
            continue
        compared += 1
        for alpha, distance in zip(set_alphas(count_set_patterns(units)), (jaccard, masi), strict=True):
            task = AnnotationTask(distance=distance)
            task.load_array(given)
            assert figure(alpha) == pytest.approx(task.alpha(), abs=1e-9)
    assert compared > 800


def test_fleiss_and_brennan_prediger_of_two_thousand_tables_equal_statsmodels():
    compared = 0
    for cells in tables(missing=0.0):
        patterns = count_codes(cells)
        if len(patterns.values) > 1:
            compared += 1
            counts = inter_rater.aggregate_raters(cells)[0]
            fleiss, free = coefficients.fleiss(patterns), coefficients.brennan_prediger(patterns)
            assert figure(fleiss) == pytest.approx(inter_rater.fleiss_kappa(counts, method="fleiss"), abs=1e-9)
            assert figure(free) == pytest.approx(inter_rater.fleiss_kappa(counts, method="randolph"), abs=1e-9)
    assert compared > 0.8 * TABLES


def test_cohen_of_two_thousand_pairs_equals_scikit_learn_and_statsmodels():
    compared = 0
    for cells in tables(missing=0.0):
        pair = cells[:, :2]
        kappa = figure(coefficients.cohen(count_codes(pair).pair(0, 1)[0]))
        if np.isfinite(kappa):
            compared += 1
            assert kappa == pytest.approx(cohen_kappa_score(pair[:, 0], pair[:, 1]), abs=1e-9)
            square = np.zeros((pair.max() + 1,) * 2)
            np.add.at(square, (pair[:, 0], pair[:, 1]), 1)
            assert kappa == pytest.approx(inter_rater.cohens_kappa(square, return_results=False), abs=1e-9)
    assert compared > 0.8 * TABLES


def test_other_names_for_codes_raters_and_units_change_no_figure():
    rng = np.random.default_rng(12)
    for cells in list(tables(missing=0.3))[:250]:
        renamed = rng.permutation(10)[cells]
        renamed[cells < 0] = -1
        moved = renamed[rng.permutation(len(cells))][:, rng.permutation(cells.shape[1])]
        for measure in (*SYMMETRIC, coefficients.conger):
            one, other = measure(count_codes(cells)), measure(count_codes(moved))
            assert figure(other) == pytest.approx(figure(one), abs=1e-9, nan_ok=True)
            left, also = np.sort(repeated(one)), np.sort(repeated(other))
            assert also == pytest.approx(left, abs=1e-9, nan_ok=True)


def test_leaving_out_is_counting_again_without_the_unit():
    """The jackknife of alpha by hand, on tables with lone ratings among them."""
    for cells in list(tables(missing=0.3))[:60]:
        pairable = np.flatnonzero((cells >= 0).sum(axis=1) >= 2)
        again = [figure(coefficients.nominal_alpha(count_codes(np.delete(cells, row, axis=0)))) for row in pairable]
        ours = repeated(coefficients.nominal_alpha(count_codes(cells)))
        assert np.sort(ours) == pytest.approx(np.sort(again), abs=1e-9, nan_ok=True)


SYMMETRIC = (
    coefficients.percent,
    coefficients.brennan_prediger,
    coefficients.fleiss,
    coefficients.gwet_ac1,
    coefficients.nominal_alpha,
)


def tables(*, missing):
    """Few and many units, raters and codes; agreement from chance to nearly full."""
    rng = np.random.default_rng(2026)
    for _ in range(TABLES):
        units, raters, codes = int(rng.integers(2, 40)), int(rng.integers(2, 6)), int(rng.integers(2, 8))
        shares = rng.dirichlet(np.ones(codes))
        truth = rng.choice(codes, size=(units, 1), p=shares)
        given = np.where(rng.random((units, raters)) < rng.random(), truth, rng.integers(0, codes, (units, raters)))
        yield np.where(rng.random((units, raters)) < missing, -1, given)


def figure(statistic):
    observed, expected = statistic.disagreement()
    return 1.0 - observed / expected if expected > 1e-12 else float("nan")


def repeated(statistic):
    return np.repeat(statistic.left_out(), statistic.weights)


def triples(cells):
    """Ratings of units that can be paired; nltk counts lone ones into its margins."""
    kept = [(u, row) for u, row in enumerate(cells.tolist()) if sum(v >= 0 for v in row) > 1]
    return [(rater, unit, value) for unit, row in kept for rater, value in enumerate(row) if value >= 0]


def set_of(number):
    """0 is the empty set; the others by their binary digits."""
    return frozenset(code for place, code in enumerate("abc") if number >> place & 1)


def jaccard(first, second):
    return 1 - len(first & second) / len(first | second) if first | second else 0.0


def masi(first, second):
    """Passonneau (2006), written out."""
    relation = [first == second, first <= second or second <= first, bool(first & second), True].index(True)
    return 1 - (1 - jaccard(first, second)) * PARTS_OF_MASI[relation]
