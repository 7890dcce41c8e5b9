"""Data from which no coefficient can be made, or hardly: a sentence or a number, never anything else."""

from dataclasses import fields, is_dataclass
from math import isfinite

import pytest

from app.methods.agreement import Coefficient, agreement_of
from tests.methods.agreement.tables import rated

NOBODY = "Nothing has been rated."
ALONE = "Only one rater rated anything, so there is nobody to agree with."
APART = "No unit was rated by two raters."
ONE_CODE = "Everyone used one and the same code wherever two rated, so agreement cannot be told from chance."
NO_CODE = "Everyone said that no code applies wherever two rated, so agreement cannot be told from chance."
NO_PAIR = "These two raters rated no unit in common."

UNDEFINED = {
    "no unit": ([], NOBODY),
    "one unit that nobody rated": ([[None, None]], NOBODY),
    "all missing": ([[None, None, None]] * 9, NOBODY),
    "one rater": ([["a"], ["b"], ["a"]], ALONE),
    "others were there and rated nothing": ([["a", None], ["b", None]], ALONE),
    "no unit with two ratings": ([["a", None, None], [None, "b", None], [None, None, "a"]], APART),
    "one unit, one rating": ([["a", None]], ALONE),
    "one unit, the same code": (["aa"], ONE_CODE),
    "two units, the same code": (["aa", "aa"], ONE_CODE),
    "one code used by everyone": (["aaa"] * 30, ONE_CODE),
    "another code on units rated once only": ([*[["a", "a"]] * 5, ["b", None], [None, "c"]], ONE_CODE),
}
DEFINED = {
    "one unit, two codes": ["ab"],
    "one unit, three codes": ["abc"],
    "two units, full agreement": ["aa", "bb"],
    "two units, one disagreement": ["aa", "ab"],
    "two units, crossed": ["ab", "ba"],
    "every unit another pair": ["ab", "cd", "ef", "gh"],
    "a pair that shares nothing": [["a", None, "a"], ["b", None, "b"], [None, "a", "a"], [None, "b", "a"]],
    "all variety in one unit": ["aa"] * 20 + ["ab"],
    "all but one unit rated once": [["a", None]] * 20 + [["a", "b"]],
    "less agreement than chance": ["ab"] * 10 + ["ba"] * 10 + ["aa"],
}


@pytest.mark.parametrize("resamples", [None, 50])
@pytest.mark.parametrize("name", UNDEFINED)
def test_where_no_coefficient_can_be_made_each_says_why(name, resamples):
    units, sentence = UNDEFINED[name]
    report = agreement_of(rated(*units), sets=False, resamples=resamples)
    assert {one.undefined for one in chance_corrected(report)} == {sentence}
    assert all((one.value, one.low, one.high) == (None, None, None) for one in chance_corrected(report))
    assert (report.percent.value is None) == (sentence not in (ONE_CODE, NO_CODE))
    check_numbers(report)


@pytest.mark.parametrize("resamples", [None, 50])
@pytest.mark.parametrize("sets", [False, True])
@pytest.mark.parametrize("name", DEFINED)
def test_where_hardly_one_can_be_made_it_has_an_interval_all_the_same(name, sets, resamples):
    report = agreement_of(rated(*DEFINED[name]), sets=sets, resamples=resamples)
    assert report.alpha.value is not None
    check_numbers(report)


@pytest.mark.parametrize(("units", "sentence"), [([["", ""]] * 12, NO_CODE), ([["ab", "ba"]] * 12, ONE_CODE)])
def test_sets_that_are_all_the_same_say_which_kind_of_same(units, sentence):
    report = agreement_of([{r: frozenset(v) for r, v in enumerate(unit)} for unit in units], sets=True)
    for one in (report.alpha, report.alpha_masi, report.alpha_jaccard, report.cohen[0, 1]):
        assert (one.value, one.undefined) == (None, sentence)
    assert report.percent.value == 1.0
    check_numbers(report)


def test_a_pair_that_shares_nothing_says_so_and_is_left_out_of_the_mean():
    report = agreement_of(rated(*DEFINED["a pair that shares nothing"]), sets=False)
    assert report.cohen["r0", "r1"].undefined == NO_PAIR
    others = [report.cohen["r0", "r2"].value, report.cohen["r1", "r2"].value]
    assert report.light.value == pytest.approx(sum(others) / 2)


def chance_corrected(report):
    names = ("alpha", "fleiss", "conger", "light", "brennan_prediger", "ac1", "scott")
    return [one for name in names if (one := getattr(report, name)) is not None]


def check_numbers(thing):
    """Every coefficient of a report is a sentence, or a finite number inside a finite interval."""
    for one in coefficients(thing):
        if one.value is None:
            assert one.undefined
            assert (one.low, one.high) == (None, None)
        else:
            assert one.undefined is None
            assert isfinite(one.value)
            if one.low is not None:
                assert isfinite(one.low) and one.low - 1e-9 <= one.value <= one.high + 1e-9
                assert one.high <= 1.0


def coefficients(thing):
    if isinstance(thing, Coefficient):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from coefficients(getattr(thing, field.name))
    elif isinstance(thing, dict | tuple):
        for each in thing.values() if isinstance(thing, dict) else thing:
            yield from coefficients(each)
