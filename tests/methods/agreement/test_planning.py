"""What a round would give, beside what drawn rounds gave."""

import numpy as np
import pytest

from app.methods.agreement import alpha_of, count_codes, expected_width, more_units, units_for_width
from app.methods.agreement.results import Coefficient

EVEN, SKEWED = (0.2,) * 5, (0.8, 0.05, 0.05, 0.05, 0.05)


@pytest.mark.parametrize(
    ("units", "raters", "alpha", "shares"),
    [
        (100, 2, 0.8, EVEN),
        (100, 3, 0.5, EVEN),
        (200, 2, 0.7, SKEWED),
        (400, 4, 0.8, (0.5, 0.5)),
        (150, 3, 0.6, (0.8, 0.2)),
        (300, 2, 0.0, EVEN),
    ],
)
def test_the_width_foretold_is_the_mean_width_of_drawn_rounds(units, raters, alpha, shares):
    rng = np.random.default_rng(7)
    found = [alpha_of(drawn(rng, units, raters, alpha, shares)) for _ in range(80)]
    mean = np.mean([one.high - one.low for one in found])
    assert expected_width(units, raters, alpha, shares) == pytest.approx(mean, rel=0.06)


def test_more_raters_and_more_units_make_it_narrower_and_a_rare_code_wider():
    base = expected_width(100, 2, 0.7, EVEN)
    assert expected_width(100, 3, 0.7, EVEN) < base
    assert expected_width(200, 2, 0.7, EVEN) < base
    assert expected_width(100, 2, 0.7, SKEWED) > base


@pytest.mark.parametrize("width", [0.6, 0.2, 0.05])
def test_the_units_for_a_width_are_the_fewest_that_reach_it(width):
    units = units_for_width(width, 3, 0.7, SKEWED)
    assert expected_width(units, 3, 0.7, SKEWED) <= width < expected_width(units - 1, 3, 0.7, SKEWED)


@pytest.mark.parametrize(
    ("units", "raters", "alpha", "shares"),
    [
        (1, 2, 0.5, EVEN),
        (50, 1, 0.5, EVEN),
        (50, 2, 1.0, EVEN),
        (50, 2, -0.1, EVEN),
        (50, 2, 0.5, (1.0,)),
        (50, 2, 0.5, (0.5, 0.6)),
        (50, 2, 0.5, (1.0, 0.0)),
    ],
)
def test_a_plan_outside_its_ranges_is_refused(units, raters, alpha, shares):
    with pytest.raises(ValueError, match=r"units|alpha|shares"):
        expected_width(units, raters, alpha, shares)


@pytest.mark.parametrize("shares", [EVEN, SKEWED])
def test_with_the_units_asked_for_the_interval_comes_to_the_width_wanted(shares):
    """Rounds that are gone on with: as many more units as `more_units` says, from the same source."""
    rng = np.random.default_rng(3)
    widths = []
    for _ in range(60):
        first = drawn_cells(rng, 80, 2, 0.7, shares)
        more = more_units(alpha_of(count_codes(first)), 0.15)
        whole = np.concatenate([first, drawn_cells(rng, more, 2, 0.7, shares)])
        after = alpha_of(count_codes(whole))
        widths.append(after.high - after.low)
    assert np.mean(widths) == pytest.approx(0.15, rel=0.1)


def test_the_same_data_again_come_to_what_was_foretold():
    cells = drawn_cells(np.random.default_rng(5), 60, 3, 0.6, EVEN)
    found, thrice = alpha_of(count_codes(cells)), alpha_of(count_codes(np.tile(cells, (3, 1))))
    assert more_units(found, thrice.high - thrice.low) == pytest.approx(120, abs=6)


def test_full_agreement_asks_for_as_many_as_bring_the_exact_bound_up():
    cells = np.array([[0, 0], [1, 1]] * 15)
    more = more_units(alpha_of(count_codes(cells)), 0.1)
    after = alpha_of(count_codes(np.array([[0, 0], [1, 1]] * ((30 + more) // 2))))
    assert after.high - after.low == pytest.approx(0.1, rel=0.03)


def test_an_interval_that_is_narrow_already_asks_for_none():
    found = alpha_of(drawn(np.random.default_rng(1), 900, 2, 0.8, EVEN))
    assert more_units(found, found.high - found.low) == 0
    assert more_units(found, 0.01) > 0


def test_an_exact_interval_that_ends_at_minus_one_still_tells_how_many():
    found = alpha_of(count_codes(np.array([[0, 0]] * 30 + [[0, 1]])))
    assert found.low == -1.0
    assert more_units(found, (found.high - found.low) / 2) == pytest.approx(3 * 31, abs=1)


def test_where_there_is_no_interval_nothing_is_foretold():
    assert more_units(Coefficient(None, None, None, 0, "Nothing has been rated.", "none"), 0.2) is None
    assert more_units(Coefficient(0.4, None, None, 30, None, "too few: seen 5 times"), 0.2) is None


@pytest.mark.parametrize("width", [0.0, -0.1])
def test_a_width_of_nothing_is_refused(width):
    with pytest.raises(ValueError, match="over 0"):
        more_units(Coefficient(0.5, 0.3, 0.7, 40, None, "jackknife"), width)


def drawn(rng, units, raters, alpha, shares):
    return count_codes(drawn_cells(rng, units, raters, alpha, shares))


def drawn_cells(rng, units, raters, alpha, shares):
    truth = rng.choice(len(shares), size=(units, 1), p=shares)
    guesses = rng.choice(len(shares), size=(units, raters), p=shares)
    return np.where(rng.random((units, raters)) < alpha**0.5, truth, guesses)
