from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.spans import (
    Segment,
    Span,
    SpanOutside,
    characters,
    merged,
    overlap,
    segments,
    shared_characters,
    trimmed,
)

SPANS = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))
MANY = st.lists(SPANS, max_size=8)


def covered(spans: list[Span]) -> set[int]:
    return {place for span in spans for place in range(span.start, span.end)}


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 3)])
def test_an_empty_or_backward_span_is_refused(start: int, end: int) -> None:
    with pytest.raises(SpanOutside):
        Span(start, end)


def test_a_span_beyond_the_text_is_refused() -> None:
    assert Span(1, 3).of("a🚒b") == "🚒b"
    with pytest.raises(SpanOutside):
        Span(1, 4).of("a🚒b")


def test_overlapping_quotes_are_cut_into_flat_segments() -> None:
    found = segments([(Span(2, 6), "ada"), (Span(4, 8), "ben")], 0, 10)
    assert found == [
        Segment(0, 2, (), ()),
        Segment(2, 4, ("ada",), ("ada",)),
        Segment(4, 6, ("ada", "ben"), ("ben",)),
        Segment(6, 8, ("ben",), ()),
        Segment(8, 10, (), ()),
    ]


def test_a_quote_that_began_in_the_paragraph_before_does_not_start_again() -> None:
    assert segments([(Span(2, 6), "ada")], 4, 7) == [Segment(4, 6, ("ada",), ()), Segment(6, 7, (), ())]


@given(st.lists(st.tuples(SPANS, st.sampled_from("abc")), max_size=8), st.integers(0, 30), st.integers(0, 30))
def test_segments_cover_the_stretch_once_and_carry_every_mark(
    marked: list[tuple[Span, str]], start: int, length: int
) -> None:
    found = segments(marked, start, start + length)
    assert [place for one in found for place in range(one.start, one.end)] == list(range(start, start + length))
    for one in found:
        for place in range(one.start, one.end):
            assert set(one.marks) == {mark for span, mark in marked if span.start <= place < span.end}
        assert set(one.starting) == {mark for span, mark in marked if span.start == one.start}
        assert len(set(one.marks)) == len(one.marks)


@given(MANY)
def test_merged_spans_cover_the_same_and_do_not_touch(spans: list[Span]) -> None:
    found = merged(spans)
    assert covered(found) == covered(spans)
    assert all(left.end < right.start for left, right in pairwise(found))
    assert characters(spans) == len(covered(spans))


@given(MANY, MANY)
def test_overlap_counts_characters(first: list[Span], second: list[Span]) -> None:
    both, either = covered(first) & covered(second), covered(first) | covered(second)
    assert shared_characters(first, second) == len(both)
    assert overlap(first, second) == (len(both) / len(either) if either else None)
    assert overlap(first, second) == overlap(second, first)


def test_white_space_at_the_ends_of_a_selection_is_dropped() -> None:
    assert trimmed("a  word \n", 1, 9) == Span(3, 7)
    assert trimmed("a   b", 1, 4) is None
    with pytest.raises(SpanOutside):
        trimmed("abc", 0, 4)
