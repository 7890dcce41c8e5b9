"""Ratings in arrays are counted as the same ratings in mappings."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.methods.agreement import (
    agreement_of,
    agreement_of_patterns,
    alpha_of,
    count_codes,
    count_long,
    count_long_sets,
    count_patterns,
    count_set_patterns,
)
from app.methods.agreement.tables import ABSENT, distinct_rows

CELLS = st.integers(0, 5).flatmap(
    lambda raters: st.lists(st.lists(st.integers(-1, 12), min_size=raters, max_size=raters), max_size=20)
)
SETS = st.lists(st.dictionaries(st.integers(0, 11), st.frozensets(st.integers(0, 6), max_size=4)), max_size=12)


@given(CELLS)
@settings(deadline=None)
def test_a_table_of_whole_numbers_is_counted_like_the_mappings_it_stands_for(cells):
    table = [{rater: value for rater, value in enumerate(unit) if value >= 0} for unit in cells]
    check_same(count_codes(array_of(cells)), count_patterns(table))


@given(CELLS)
@settings(deadline=None)
def test_rows_of_ratings_are_counted_like_the_mappings_they_stand_for(cells):
    """Rows of one rating each, some of them of the value -1: as good as no row."""
    table = [{rater: value for rater, value in enumerate(unit) if value >= 0} for unit in cells]
    rows = [(unit, rater, value) for unit, values in enumerate(cells) for rater, value in enumerate(values)]
    check_same(count_long(*columns_of(rows)), count_patterns(table))


@given(SETS)
@settings(deadline=None)
def test_rows_of_one_code_each_are_counted_like_the_sets_they_make(table):
    rows = [
        (unit, rater, code)
        for unit, ratings in enumerate(table)
        for rater, codes in ratings.items()
        for code in (*codes, *codes, ABSENT if len(codes) % 2 == 0 else max(codes))
    ]
    check_same(count_long_sets(*columns_of(rows)), count_set_patterns(table))


def test_names_are_kept_and_may_be_words():
    cells = np.array([[0, 1, -1], [1, 1, -1]], dtype=np.int8)
    patterns = count_codes(cells, raters=["Ben", "Ada", "Cleo"], values=["yes", "no", "maybe"])
    check_same(patterns, count_patterns([{"Ben": "yes", "Ada": "no"}, {"Ben": "no", "Ada": "no"}]))
    check_same(
        count_long(np.array(["u", "u", "v", "v"]), np.array(["Ada", "Ben"] * 2), np.array(["no", "yes", "no", "no"])),
        patterns,
    )


@pytest.mark.parametrize(
    ("cells", "names", "said"),
    [
        ([[0, 3]], {"values": ["a", "b"]}, "stands for a value"),
        ([[0, -2]], {}, "stands for a value"),
        ([[0, 1]], {"raters": ["Ada"]}, "one name for each rater"),
        ([0, 1], {}, "units × raters"),
        ([[0.0, 1.0]], {}, "whole numbers"),
    ],
)
def test_arrays_that_cannot_be_ratings_are_refused(cells, names, said):
    with pytest.raises(ValueError, match=said):
        count_codes(np.array(cells), **names)


def test_a_unit_rated_twice_by_one_rater_is_refused():
    with pytest.raises(ValueError, match="twice"):
        count_long(np.array([1, 1]), np.array([7, 7]), np.array([0, 1]))


def test_more_raters_than_one_number_can_hold_are_told_apart():
    """Forty raters with a hundred codes: rows by their numbers would need 266 bits."""
    rng = np.random.default_rng(3)
    some = rng.integers(-1, 100, size=(50, 40))
    cells = some[rng.integers(0, 50, size=2000)]
    cells[-1, -1] = (cells[-1, -1] + 2) % 100
    rows, places, weights = distinct_rows(cells)
    by_numpy, units = np.unique(cells, axis=0, return_counts=True)
    assert rows.tolist() == by_numpy.tolist()
    assert weights.tolist() == units.tolist()
    assert rows[places].tolist() == cells.tolist()


def test_a_report_of_arrays_is_the_report_of_the_mappings():
    cells = np.random.default_rng(8).integers(-1, 3, size=(60, 3))
    table = [{rater: value for rater, value in enumerate(unit) if value >= 0} for unit in cells.tolist()]
    report = agreement_of(table, sets=False)
    assert agreement_of_patterns(count_codes(cells), sets=False) == report
    assert alpha_of(count_codes(cells)) == report.alpha


def test_a_million_units_are_counted_in_well_under_a_second():
    rng = np.random.default_rng(1)
    cells = rng.integers(-1, 20, size=(1_000_000, 3))
    began = time.process_time()
    patterns = count_codes(cells)
    took = time.process_time() - began
    assert patterns.units == np.count_nonzero((cells >= 0).any(axis=1))
    assert took < 0.5


def array_of(cells):
    return np.array(cells, dtype=np.int64).reshape(len(cells), len(cells[0]) if cells else 0)


def columns_of(rows):
    return np.array(rows, dtype=np.int64).reshape(-1, 3).T


def check_same(there, here):
    assert (there.raters, there.values) == (here.raters, here.values)
    assert (there.cells.tolist(), there.weights.tolist()) == (here.cells.tolist(), here.weights.tolist())
    assert there.cells.shape == here.cells.shape
