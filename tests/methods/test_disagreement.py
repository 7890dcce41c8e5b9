"""Worked by hand from the definitions: Jaccard between sets, nothing between states or with a missing reply."""

from itertools import permutations

import pytest

from app.methods.disagreement import Reply, compare, majority_reply


def coded(*codes: str, main: str | None = None) -> Reply:
    return Reply("coded", frozenset(codes), main)


NONE_APPLIES = Reply("none_applies")
TOO_LITTLE = Reply("not_enough_information")


@pytest.mark.parametrize(
    ("replies", "kind", "strength"),
    [
        ([], "nobody", 0.0),
        ([None, None], "nobody", 0.0),
        ([coded("a")], "single", 0.0),
        ([None], "nobody", 0.0),
        ([coded("a"), coded("a")], "unanimous", 0.0),
        ([coded("a", "b"), coded("b", "a")], "unanimous", 0.0),
        ([NONE_APPLIES, NONE_APPLIES], "unanimous", 0.0),
        ([coded("a"), coded("b")], "apart", 1.0),
        ([coded("a"), coded("a"), coded("b")], "apart", 2 / 3),
        ([coded("a", "b"), coded("b", "c")], "overlap", 2 / 3),
        ([coded("a", "b"), coded("a")], "overlap", 1 / 2),
        ([coded("a", "b", main="a"), coded("a", "b", main="b")], "main", 1 / 2),
        ([coded("a"), NONE_APPLIES], "state", 1.0),
        ([TOO_LITTLE, NONE_APPLIES], "state", 1.0),
        ([coded("a"), None], "missing", 1.0),
        ([coded("a"), coded("a"), None], "missing", 2 / 3),
        ([coded("a"), None, None], "missing", 1.0),
    ],
)
def test_kind_and_strength(replies, kind, strength):
    found = compare(replies)

    assert (found.kind, found.strength) == (kind, pytest.approx(strength))


def test_the_order_of_coders_does_not_matter():
    replies = [coded("a", "b"), coded("b"), NONE_APPLIES, None]

    found = {(compare(order).kind, round(compare(order).strength, 9)) for order in permutations(replies)}

    assert len(found) == 1


def test_only_differences_between_coders_are_disagreements():
    assert compare([coded("a"), coded("b")]).is_disagreement
    assert compare([coded("a"), None]).is_disagreement
    assert not compare([coded("a"), coded("a")]).is_disagreement
    assert not compare([coded("a")]).is_disagreement
    assert not compare([None, None]).is_disagreement


A, B, C = Reply("coded", frozenset("a")), Reply("coded", frozenset("b")), Reply("none_applies")


def test_a_majority_is_more_than_half_of_three_or_more_who_reply_alike():
    assert majority_reply([A, A, B]) == A
    assert majority_reply([C, B, C, C]) == C
    assert majority_reply([A, A]) is None, "two are no majority"
    assert majority_reply([A, A, B, B]) is None, "a half is not more than half"
    assert majority_reply([A, B, C]) is None


def test_who_handed_in_nothing_counts_among_those_of_whom_more_than_half_are_needed():
    assert majority_reply([A, A, None]) == A
    assert majority_reply([A, A, None, None]) is None
    assert majority_reply([None, None, A]) is None


def test_another_main_value_is_another_reply():
    one, other = (Reply("coded", frozenset("ab"), main) for main in "ab")
    assert majority_reply([one, other, other]) == other
    assert majority_reply([one, other, A]) is None
