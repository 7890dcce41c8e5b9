"""Near-duplicates of a whole codebook are those that the desk would warn of, one by one, and no other by spelling."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.methods.near_names import is_near
from app.methods.near_pairs import SPELT, WORDS, near_pairs

SOME_WORDS = (
    "quota",
    "quotas",
    "qouta",
    "limit",
    "limits",
    "exceeded",
    "of",
    "the",
    "region",
    "1",
    "2",
    "node",
    "no",
)
NAMES = st.lists(st.lists(st.sampled_from(SOME_WORDS), min_size=1, max_size=4).map(" ".join), max_size=12, unique=True)


@settings(deadline=None)
@given(NAMES)
def test_by_spelling_exactly_those_are_found_that_are_nearly_the_same_in_pairs(names):
    found = {(pair.one, pair.other) for pair in near_pairs(names) if pair.why == SPELT}
    assert found == {(a, b) for a, b in combinations(range(len(names)), 2) if is_near(names[a], names[b])}


def test_names_that_share_most_of_their_words_are_found_too_and_come_after():
    names = ["wrong loss function calculation", "false positive", "wrong calculation of loss function (scaling)",
             "False positve", "missing layer"]  # fmt: skip
    assert [(pair.one, pair.other, pair.why) for pair in near_pairs(names)] == [(1, 3, SPELT), (0, 2, WORDS)]


def test_other_numbers_are_another_thing_and_single_words_are_not_alike_by_their_letters():
    assert near_pairs(["node pool 1 full", "node pool 2 full", "network", "networking", "net work x"])[0].why == SPELT
    assert near_pairs(["node pool 1 is full", "node pool 2 is full"]) == []


def test_nothing_is_near_in_an_empty_codebook():
    assert near_pairs([]) == near_pairs(["Quota"]) == []
