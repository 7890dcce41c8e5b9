"""Counting once and mapping is counting what was mapped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.methods.agreement import (
    agreement_of,
    count_patterns,
    count_set_patterns,
    differing,
    mapped,
    measures_of,
    rolled_up,
)

CODES = st.integers(1, 5)
NOMINAL = st.lists(st.dictionaries(st.sampled_from("abc"), st.one_of(CODES, st.just("none"))), max_size=12)
SETS = st.lists(st.dictionaries(st.sampled_from("abc"), st.frozensets(CODES, max_size=3)), max_size=12)
BECOME = st.dictionaries(CODES, st.one_of(st.none(), CODES), max_size=5)


@settings(deadline=None)
@given(NOMINAL, BECOME)
def test_nominal_values_are_mapped_as_if_the_table_had_been(table, become):
    def new(value):
        return become.get(value, value)

    by_hand = [{r: new(v) for r, v in unit.items() if new(v) is not None} for unit in table]
    check_same(mapped(count_patterns(table), new), count_patterns(by_hand), by_hand, sets=False)


@settings(deadline=None)
@given(SETS, BECOME)
def test_a_set_with_a_code_that_is_not_scored_is_a_rating_that_was_not_given(table, become):
    def new(value):
        codes = [become.get(code, code) for code in value]
        return None if None in codes else frozenset(codes)

    by_hand = [{r: new(v) for r, v in unit.items() if new(v) is not None} for unit in table]
    check_same(mapped(count_set_patterns(table), new), count_set_patterns(by_hand), by_hand, sets=True)


def check_same(there, here, table, *, sets):
    assert (there.raters, there.values) == (here.raters, here.values)
    assert (there.cells.tolist(), there.weights.tolist()) == (here.cells.tolist(), here.weights.tolist())
    measures, report = measures_of(there, sets=sets), agreement_of(table, sets=sets)
    assert measures.alpha == (report.alpha_masi if sets else report.alpha)
    assert (measures.percent, measures.jaccard) == (report.percent, report.alpha_jaccard)
    assert measures.ac1 == (None if sets else report.ac1)
    assert measures.kappa == (report.light if not sets and len(there.raters) == 2 else None)
    assert differing(there) == sum(len(set(unit.values())) > 1 for unit in table)


@pytest.mark.parametrize("units", [[], [{"a": 1}], [{}, {"a": 1, "b": 2}]])
def test_units_on_which_raters_differ_are_counted_whatever_is_missing(units):
    assert differing(count_patterns(units)) == sum(len(set(unit.values())) > 1 for unit in units)


@settings(deadline=None)
@given(NOMINAL, SETS, st.dictionaries(CODES, st.sampled_from(["early", "late"])))
def test_codes_are_rolled_up_to_categories_as_if_these_had_been_given(nominal, sets, category_of):
    as_categories = [{r: category_of.get(v, v) for r, v in unit.items()} for unit in nominal]
    there = rolled_up(count_patterns(nominal), category_of, sets=False)
    check_same(there, count_patterns(as_categories), as_categories, sets=False)
    as_sets = [{r: frozenset(category_of.get(c, c) for c in v) for r, v in unit.items()} for unit in sets]
    there = rolled_up(count_set_patterns(sets), category_of, sets=True)
    check_same(there, count_set_patterns(as_sets), as_sets, sets=True)
