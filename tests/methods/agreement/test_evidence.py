"""The same code for other words: overlap of evidence by characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.agreement import evidence_agreement
from app.methods.spans import Span

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 15)).map(lambda s: Span(s[0], s[0] + s[1])), max_size=3)
GIVEN = st.dictionaries(st.sampled_from("abc"), SPANS)
UNITS = st.dictionaries(st.integers(0, 8), st.dictionaries(st.sampled_from(["ada", "ben", "cleo"]), GIVEN))


def test_overlap_is_characters_in_both_over_characters_in_either():
    found = evidence_agreement({7: {"ada": {"retry": [Span(0, 10)]}, "ben": {"retry": [Span(5, 15), Span(20, 25)]}}})
    (one,) = found.per_code
    assert (one.unit, one.code, one.raters, one.pairs, one.pairs_without) == (7, "retry", 2, 1, 0)
    assert one.overlap == pytest.approx(5 / 20)
    assert found.share.value == pytest.approx(5 / 20)
    assert found.share.n == 1


def test_only_codes_that_two_gave_are_compared():
    found = evidence_agreement({1: {"ada": {"a": [Span(0, 4)]}, "ben": {"b": [Span(0, 4)]}}})
    assert found.per_code == ()
    assert found.share.undefined == "No two raters gave the same code to the same unit."


def test_a_code_without_evidence_is_counted_and_not_compared():
    one_sided = {"ada": {"a": [Span(0, 4)]}, "ben": {"a": []}, "cleo": {"a": [Span(0, 8)]}}
    (one,) = evidence_agreement({1: one_sided}).per_code
    assert (one.pairs, one.pairs_without, one.overlap) == (1, 2, 0.5)
    nothing = evidence_agreement({1: {"ada": {"a": []}, "ben": {"a": []}}})
    assert nothing.per_code[0].overlap is None
    assert nothing.share.undefined.startswith("Wherever two raters gave the same code")


def test_a_unit_with_many_codes_counts_once_and_least_overlap_comes_first():
    words, others = [Span(0, 10)], [Span(50, 60)]
    found = evidence_agreement(
        {
            1: {"ada": {"a": words, "b": words, "c": words}, "ben": {"a": words, "b": words, "c": words}},
            2: {"ada": {"a": words}, "ben": {"a": others}},
        }
    )
    assert found.share.value == pytest.approx(0.5)
    assert (found.per_code[0].unit, found.per_code[0].overlap) == (2, 0.0)


@given(UNITS)
def test_the_share_stands_inside_its_interval_and_nobody_comes_first(units):
    found = evidence_agreement(units)
    turned = evidence_agreement({unit: dict(reversed(given_.items())) for unit, given_ in units.items()})
    if found.share.value is None:
        assert found.share.undefined == turned.share.undefined
        return
    assert 0.0 <= found.share.low <= found.share.value + 1e-9
    assert found.share.value - 1e-9 <= found.share.high <= 1.0
    assert turned.share.value == pytest.approx(found.share.value)


def test_many_units_that_are_alike_make_a_narrow_interval():
    same = {n: {"ada": {"a": [Span(0, 10)]}, "ben": {"a": [Span(0, 8 + n % 3)]}} for n in range(200)}
    share = evidence_agreement(same).share
    assert share.high - share.low < 0.05
    assert "effective n" in share.interval_method
