"""Which values are taken for which, and who agrees with whom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.methods.agreement import (
    agreement_of,
    code_confusion,
    confusion,
    confusion_of_two,
    count_patterns,
    count_set_patterns,
    pair_agreements,
)
from app.methods.agreement.matrices import NOTHING, Confused
from tests.methods.agreement.tables import cells, rated

UNITS = st.lists(st.lists(st.sampled_from([None, *"abc"]), min_size=3, max_size=3), max_size=15)
SETS = st.lists(st.dictionaries(st.sampled_from("xyz"), st.frozensets(st.sampled_from("abc"))), max_size=10)


def test_two_raters_are_told_apart_in_rows_and_columns():
    found = confusion_of_two(count_patterns(cells({"aa": 5, "ab": 3, "ba": 1, "bb": 2, "bc": 4})), "r0", "r1")
    assert found.values == ("a", "b", "c")
    assert found.rows == ((5, 3, 0), (1, 2, 4), (0, 0, 0))
    assert found.confused == (Confused("a", "b", 4, 0.5), Confused("b", "c", 4, 0.5))


@given(UNITS)
@settings(deadline=None)
def test_of_all_raters_each_pair_of_ratings_counts_once(units):
    by_hand = {}
    for unit in units:
        given_ = [value for value in unit if value is not None]
        for place, mine in enumerate(given_):
            for other in given_[place + 1 :]:
                key = tuple(sorted((mine, other)))
                by_hand[key] = by_hand.get(key, 0) + 1
    found = confusion(count_patterns(rated(*units)))
    for i, first in enumerate(found.values):
        for j, second in enumerate(found.values):
            assert found.rows[i][j] == by_hand.get(tuple(sorted((first, second))), 0)
    apart = {key: times for key, times in by_hand.items() if key[0] != key[1]}
    assert {(one.first, one.second): one.times for one in found.confused} == apart
    assert sum(one.share for one in found.confused) == pytest.approx(1.0 if apart else 0.0)
    assert [one.times for one in found.confused] == sorted(apart.values(), reverse=True)


def test_codes_of_sets_meet_what_stands_in_their_place():
    table = [{1: {"a", "b"}, 2: {"a", "c"}}] * 3 + [
        {1: {"a"}, 2: set()},
        {1: {"b"}, 2: {"b", "c"}},
        {1: set(), 2: set()},
    ]
    found = code_confusion(count_set_patterns(table))
    assert found.values == ("a", "b", "c", NOTHING)
    assert found.rows == ((3, 0, 0, 1), (0, 1, 3, 0), (0, 3, 0, 1), (1, 0, 1, 0))
    assert found.confused[0] == Confused("b", "c", 3, 0.6)


@given(SETS)
@settings(deadline=None)
def test_codes_of_sets_are_counted_as_by_hand(table):
    met = {}
    for unit in table:
        raters = sorted(unit)
        for place, one in enumerate(raters):
            for other in raters[place + 1 :]:
                mine, theirs = unit[one] - unit[other], unit[other] - unit[one]
                if mine or theirs:
                    for first in mine or {None}:
                        for second in theirs or {None}:
                            key = frozenset((first, second))
                            met[key] = met.get(key, 0) + 1
    found = code_confusion(count_set_patterns(table))
    assert {frozenset((one.first, one.second)): one.times for one in found.confused} == met


@given(UNITS)
@settings(deadline=None, max_examples=50)
def test_pairs_are_what_a_report_of_the_two_alone_says(units):
    patterns = count_patterns(rated(*units))
    for pair in pair_agreements(patterns):
        places = int(pair.first[1]), int(pair.second[1])
        both = [unit for unit in units if None not in (unit[places[0]], unit[places[1]])]
        alone = agreement_of(rated(*[[unit[place] for place in places] for unit in both]), sets=False)
        if both:
            assert (pair.percent, pair.alpha) == (alone.percent, alone.alpha)
            assert pair.kappa == alone.cohen["r0", "r1"]
        else:
            sentence = "These two raters rated no unit in common."
            assert {one.undefined for one in (pair.percent, pair.kappa, pair.alpha)} == {sentence}


def test_a_rater_who_rated_nothing_has_no_confusion():
    with pytest.raises(ValueError, match="not in tuple"):
        confusion_of_two(count_patterns(rated("ab")), "r0", "r7")


def test_nothing_rated_is_an_empty_matrix():
    nothing = count_patterns([])
    assert confusion(nothing).rows == confusion(nothing).confused == pair_agreements(nothing) == ()
    assert code_confusion(nothing).rows == ((0,),)


def test_large_weights_stay_whole_numbers():
    found = confusion(count_patterns([{1: "a", 2: "b"}] * 3000))
    assert np.array(found.rows).tolist() == [[0, 3000], [3000, 0]]
