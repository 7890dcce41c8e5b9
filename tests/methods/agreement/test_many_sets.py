"""Alpha over very many distinct sets: made few rows at a time, it is what it is with all distances held at once."""

import tracemalloc

import numpy as np
import pytest

from app.methods.agreement import agreement_of_patterns, count_set_patterns
from app.methods.agreement.sets import RatedSets, SetDistances, set_alphas
from app.methods.agreement.tables import Patterns
from tests.methods.agreement.test_random_tables import jaccard, masi, set_of, tables


def test_alphas_made_few_rows_at_a_time_equal_those_with_all_distances_at_hand():
    compared = 0
    rng = np.random.default_rng(5)
    for cells in list(tables(missing=0.2))[:150]:
        patterns = count_set_patterns([{r: set_of(v) for r, v in enumerate(row) if v >= 0} for row in cells.tolist()])
        if patterns.single_value() or not patterns.pairable.units:
            continue
        compared += 1
        weights = rng.integers(0, 4, (7, len(patterns.pairable.weights))).astype(float)
        for one, other in zip(set_alphas(patterns, whole=0), set_alphas(patterns), strict=True):
            assert one.rated.distances.all is None and other.rated.distances.all is not None
            assert one.disagreement() == pytest.approx(other.disagreement(), abs=1e-12)
            assert one.left_out() == pytest.approx(other.left_out(), abs=1e-12, nan_ok=True)
            assert one.resampled(weights) == pytest.approx(other.resampled(weights), abs=1e-12, nan_ok=True)
    assert compared > 100


@pytest.mark.parametrize("whole", [0, 2_000])
def test_each_distance_is_the_one_written_out(whole):
    rng = np.random.default_rng(6)
    sets = list({frozenset(rng.choice(9, rng.integers(0, 5), replace=False).tolist()) for _ in range(200)})
    rated = SetDistances(sets, whole)
    rows = np.concatenate([rows for _, rows in rated.steps()], axis=1)
    first, second = rng.integers(0, len(sets), (2, 500))
    between = rated.between(first, second)

    for i in range(len(sets)):
        for j in range(len(sets)):
            expected = jaccard(sets[i], sets[j]), masi(sets[i], sets[j])
            assert tuple(rows[:, i, j]) == pytest.approx(expected, abs=1e-12)
    assert between == pytest.approx(rows[:, first, second], abs=0)


def many_sets(how_many: int) -> Patterns:
    rng = np.random.default_rng(7)
    sets: dict[frozenset[int], None] = {}
    while len(sets) < how_many:
        sets[frozenset(rng.choice(60, rng.integers(1, 6), replace=False).tolist())] = None
    cells = rng.integers(0, how_many, (how_many, 2))
    cells[:, 0] = np.arange(how_many)
    return Patterns((1, 2), tuple(sets), cells, np.ones(how_many, dtype=np.int64))


def test_six_thousand_distinct_sets_take_no_matrix_of_them():
    """All distances of both kinds would take 576 MB."""
    patterns = many_sets(6_000)
    tracemalloc.start()
    alphas = set_alphas(patterns)
    observed = [alpha.disagreement() for alpha in alphas]
    left_out = [alpha.left_out() for alpha in alphas]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 80 * 2**20
    assert np.isfinite(observed).all() and np.isfinite(left_out).all()


def test_a_report_over_many_sets_says_what_its_alphas_say():
    patterns = many_sets(300)
    report = agreement_of_patterns(patterns, sets=True)

    for coefficient, alpha in zip(
        (report.alpha_jaccard, report.alpha_masi), set_alphas(patterns, whole=0), strict=True
    ):
        assert isinstance(alpha.rated, RatedSets) and coefficient is not None
        observed, expected = alpha.disagreement()
        assert coefficient.value == pytest.approx(1 - observed / expected, abs=1e-12)
