"""Prediction-powered shares: by hand, against the authors' package, and by how often the truth is in the interval.

Source: Angelopoulos, Duchi, Zrnic (2023), PPI++; their package ppi_py 0.2.3 for the values of the second test.
"""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.methods.fitness import Share
from app.methods.prediction_powered import corrected_shares
from tests.support import fitness_by_hand

PPI_PY = (0.39522343939835125, 0.32360290467900765, 0.46684397411769485)  # point estimate, ends at 95 %


def corrected(labels: Sequence[float], predictions: Sequence[float], unlabelled: Sequence[float], **weights) -> Share:
    columns = (np.array(one, dtype=float).reshape(-1, 1) for one in (labels, predictions, unlabelled))
    return corrected_shares(*columns, **{name: np.array(by, dtype=float) for name, by in weights.items()})[0]


def test_four_labelled_and_six_predicted_by_hand() -> None:
    """cov(Y, F) = 1/4 - 1/2 · 1/4 = .125; of all ten F, 4 are 1: variance 10/9 · .24 = .26667; λ = .125 / (10/6 ·
    .26667) = .28125. θ = .5 + .28125 (.5 - .25) = .5703125. Variance: λ² · .3 / 6 = .003955 and, of Y - λF = .71875,
    1, 0, 0: .259359 / 4 = .06484; half width 1.96 · √.068795 = .51407."""
    found = corrected([1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0, 0, 0])

    assert found.tuning == pytest.approx(0.28125) and found.value == pytest.approx(0.5703125)
    assert found.low == pytest.approx(0.5703125 - 0.51407, abs=1e-4) and found.high == 1.0
    assert (found.n, found.predicted, found.undefined) == (4, 6, None)


def test_a_hundred_labelled_and_a_thousand_predicted_as_in_the_authors_package() -> None:
    """30 both, 6 human only, 9 model only, 55 neither; 450 of 1,000 predicted. ppi_py divides by n where this divides
    by n - 1, so its interval is narrower by half a hundredth of itself."""
    found = corrected([1] * 36 + [0] * 64, [1] * 30 + [0] * 6 + [1] * 9 + [0] * 55, [1] * 450 + [0] * 550)

    assert found.value == pytest.approx(PPI_PY[0], abs=1e-9)
    assert found.low == pytest.approx(PPI_PY[1], abs=5e-4) and found.high == pytest.approx(PPI_PY[2], abs=5e-4)
    assert found.low < PPI_PY[1] and found.high > PPI_PY[2]


def test_a_model_that_is_right_narrows_the_interval_and_one_that_guesses_does_not_widen_it() -> None:
    labels = [1] * 20 + [0] * 30
    good = corrected(labels, [*labels[:-1], 1], [1] * 400 + [0] * 600)
    guess = corrected(labels, [1, 0] * 25, [1, 0] * 500)
    alone = corrected(labels, labels, [])

    assert width(good) < 0.7 * width(alone) and width(guess) <= width(alone) + 1e-9
    assert good.value == pytest.approx(0.4, abs=0.02)


def width(share: Share) -> float:
    assert share.low is not None and share.high is not None
    return share.high - share.low


def test_a_model_that_says_the_opposite_takes_no_part() -> None:
    found = corrected([1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [1] * 30 + [0] * 10)

    assert (found.tuning, found.value) == (0.0, pytest.approx(0.6)) and "do not go with the labels" in found.note


def test_lambda_never_passes_1() -> None:
    """Labels at odds with the spread of the whole: all that varies is in the labelled part."""
    found = corrected([1, 0, 1, 0], [1, 0, 1, 0], [0] * 10_000)

    assert found.tuning == 1.0 and found.value == pytest.approx(0.0)


def test_nobody_one_and_a_constant_model_are_said_in_words() -> None:
    nobody, one = corrected([], [], [1, 0]), corrected([1], [1], [1, 0])
    constant = corrected([1, 0, 1], [1, 1, 1], [1, 1])
    everybody = corrected([1, 0, 1], [1, 0, 1], [])

    assert nobody.value is None and nobody.undefined and "No item was labelled" in nobody.undefined
    assert one.value is None and one.undefined and "One item" in one.undefined and one.n == 1
    assert (constant.tuning, constant.value) == (0.0, pytest.approx(2 / 3)) and "same for every item" in constant.note
    assert everybody.value == pytest.approx(2 / 3) and "none is predicted" in everybody.note


def test_a_code_that_nobody_gave_has_an_interval_all_the_same() -> None:
    """Wilson's of 0 of 20: up to z²/(20 + z²) = 3.8415/23.8415."""
    found = corrected([0] * 20, [0] * 20, [0] * 100)

    assert (found.value, found.low) == (0.0, pytest.approx(0.0, abs=1e-12)) and found.method == "Wilson"
    assert found.high == pytest.approx(3.8415 / 23.8415, abs=1e-4) and "all alike" not in found.note
    assert "alike in this" in found.note


def test_only_the_ratio_of_weights_counts_and_equal_ones_are_none() -> None:
    y, f, others = [1, 0, 1, 0, 0], [1, 0, 0, 0, 1], [1, 0, 0, 1, 0, 0]
    plain = corrected(y, f, others)

    assert corrected(y, f, others, weights=[7] * 5, unlabelled_weights=[3] * 6) == plain
    once = corrected(y, f, others, weights=[1, 1, 2, 2, 2], unlabelled_weights=[1, 2, 1, 2, 1, 2])
    again = corrected(y, f, others, weights=[2, 2, 4, 4, 4], unlabelled_weights=[3, 6, 3, 6, 3, 6])
    assert once.value == pytest.approx(again.value) and once.low == pytest.approx(again.low)
    assert once.value != pytest.approx(plain.value)
    with pytest.raises(ValueError, match="weight"):
        corrected(y, f, others, weights=[0, 1, 1, 1, 1])


def test_a_code_that_everybody_gave_has_an_interval_whatever_sums_of_weights_leave_over() -> None:
    """Their last digits are no spread: among 3 to 30 items there are some whose sum does not come out even."""
    for n in range(3, 31):
        found = corrected([1] * n, [1] * n, [], weights=([1, 3, 7, 40] * n)[:n])
        assert found.method == "Wilson" and found.low is not None and found.low < 0.9
        assert found.value is not None and found.value <= 1


def test_a_prediction_that_is_always_the_same_takes_no_part_whatever_sums_of_weights_leave_over() -> None:
    for n in range(3, 31):
        weights = ([1, 5, 1, 40] * n)[:n]
        for rest in ([1] * n, [0, 1] * n):  # the same for all, and for those that people labelled
            found = corrected(
                [0, 1] + [0] * (n - 2), [1] * n, rest, weights=weights, unlabelled_weights=[5, *[1] * (len(rest) - 1)]
            )
            assert found.tuning == 0 and found.note


def test_the_truth_is_in_the_interval_about_as_often_as_it_says() -> None:
    """Of a simple sample, and of one that takes four times as many of a rare stratum, weighed by 1 over the chance."""
    random = np.random.default_rng(7)
    inside = {"simple": 0, "stratified": 0}
    for _ in range(400):
        rare = random.random(3000) < 0.2
        truth = random.random(3000) < np.where(rare, 0.7, 0.2)
        said = np.where(random.random(3000) < 0.8, truth, random.random(3000) < 0.6).astype(float)
        for how, chance in (("simple", np.full(3000, 0.4)), ("stratified", np.where(rare, 0.8, 0.2))):
            sampled, labelled = random.random(3000) < chance, random.random(3000) < 0.2
            of, rest = sampled & labelled, sampled & ~labelled
            found = corrected(
                truth[of], said[of], said[rest], weights=1 / chance[of], unlabelled_weights=1 / chance[rest]
            )
            assert found.low is not None and found.high is not None
            inside[how] += found.low <= truth.mean() <= found.high
    assert all(0.91 <= often / 400 <= 0.985 for often in inside.values()), inside


items = some.tuples(some.sampled_from([0, 0.5, 1]), some.sampled_from([0, 1]), some.sampled_from([1, 1.25, 5, 40]))


@settings(deadline=None, max_examples=80)
@given(some.lists(items, min_size=2, max_size=30), some.lists(items, max_size=30))
def test_with_any_weights_it_is_the_closed_form_and_has_an_interval_between_0_and_1(mine: list, rest: list) -> None:
    (y, f, w), (_, g, v) = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], []) for rows in (mine, rest)
    )
    found = corrected(y, f, g, weights=w, unlabelled_weights=v)
    expected = fitness_by_hand.corrected(y, f, g, w, v)

    assert (found.value, found.low, found.high, found.tuning) == pytest.approx(tuple(expected), abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1
