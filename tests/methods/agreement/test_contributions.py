"""Which units lower alpha, against counting again without them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.methods.agreement import agreement_of, unit_contributions
from tests.methods.agreement.tables import rated

NOMINAL = st.lists(st.lists(st.sampled_from([None, *"abc"]), min_size=3, max_size=3), max_size=12)
SETS = st.lists(st.lists(st.sampled_from([None, "", "a", "ab", "bc"]), min_size=2, max_size=2), max_size=10)


@given(NOMINAL)
@settings(deadline=None, max_examples=60)
def test_what_a_unit_does_is_what_leaving_it_out_does(units):
    check(rated(*units), sets=False, field="alpha")


@given(SETS)
@settings(deadline=None, max_examples=60)
def test_the_same_holds_of_sets(units):
    check(rated(*units), sets=True, field="alpha_masi")


def check(table, *, sets, field):
    whole = getattr(agreement_of(table, sets=sets), field).value
    found = unit_contributions(table, sets=sets)
    if whole is None:
        assert found == ()
        return
    assert sorted(one.place for one in found) == [place for place, unit in enumerate(table) if len(unit) > 1]
    assert sum(one.share for one in found) == pytest.approx(1.0 if whole < 1 else 0.0)
    for one in found:
        rest = getattr(agreement_of(table[: one.place] + table[one.place + 1 :], sets=sets), field).value
        assert one.without == (None if rest is None else pytest.approx(rest, abs=1e-9))
        assert one.lowers == (None if rest is None else pytest.approx(rest - whole, abs=1e-9))
    known = [one.lowers for one in found if one.lowers is not None]
    assert known == sorted(known, reverse=True)


def test_the_unit_that_lowers_alpha_most_comes_first():
    found = unit_contributions(rated("aaa", "abc", "bbb", "aab", "ccc"), sets=False)
    assert [one.place for one in found][:2] == [1, 3]
    assert [one.share for one in found][:2] == pytest.approx([0.6, 0.4])
    assert found[-1].lowers < 0


def test_a_unit_on_which_all_variety_rests_stands_before_the_others():
    found = unit_contributions(rated("aa", "aa", "ab"), sets=False)
    assert (found[0].place, found[0].without, found[0].lowers) == (2, None, None)
