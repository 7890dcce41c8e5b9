"""What a codebook becomes under a plan, against what each step is said to do; by chance, against a naive reading."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.methods.codebook_algebra import (
    DoesNotFit,
    Node,
    Step,
    after_step,
    after_steps,
    category_of,
    living,
    scored_as,
    stands_at,
    touched,
)

CAUSE, IMPACT = 1, 2
SHELF = {
    1: Node("Quota", CAUSE, parent=10),
    2: Node("Quota limit", CAUSE, parent=10),
    3: Node("Bad config", CAUSE),
    4: Node("Gone", CAUSE, is_active=False, merged_into=1),
    5: Node("Split up", CAUSE, is_active=False, is_split=True),
    6: Node("Away", CAUSE, is_active=False),
    7: Node("Errors", IMPACT),
    10: Node("Capacity", CAUSE, is_category=True),
    11: Node("Change", CAUSE, is_category=True),
}


def test_a_merged_code_counts_as_what_it_went_into_and_so_does_what_had_gone_into_it():
    after = after_step(SHELF, Step("merge", (1, 2), into=3))

    assert [living(after, key) for key in (1, 2, 3, 4)] == [3, 3, 3, 3]
    assert SHELF[1].is_active  # the shelf that was given is as it was


def test_merging_into_a_new_code_makes_it_where_all_of_them_stand():
    after = after_step(SHELF, Step("merge", (1, 2), makes=-8, name="Limits"))
    assert after[-8] == Node("Limits", CAUSE, parent=10)
    assert category_of(after, 4) == 10

    apart = after_step(SHELF, Step("merge", (1, 3), makes=-8, name="Limits"))
    assert apart[-8].parent is None


def test_a_code_that_is_taken_out_counts_as_itself_again_with_what_came_along():
    merged = after_step(SHELF, Step("merge", (10,), into=11))
    assert {merged[key].parent for key in (1, 2)} == {11}

    back = after_step(merged, Step("take_out", (10,)))
    assert back == SHELF
    assert scored_as(after_step(SHELF, Step("take_out", (4,))), 4) == 4


def test_what_was_put_elsewhere_after_the_merger_stays_there():
    steps = [
        Step("merge", (10,), into=11),
        Step("roll_up", (1,), makes=-3, name="Limits"),
        Step("take_out", (10,)),
    ]
    after = after_steps(SHELF, steps)
    assert (after[1].parent, after[2].parent) == (-3, 10)


def test_codes_are_scored_by_the_topmost_category_they_stand_under():
    after = after_steps(SHELF, [Step("roll_up", (3,), into=11), Step("roll_up", (10,), into=11)])
    assert [category_of(after, key) for key in (1, 2, 3, 4)] == [11] * 4
    assert [category_of(SHELF, key) for key in (1, 2, 3, 4)] == [10, 10, 3, 10]
    assert [scored_as(after, key) for key in (1, 3)] == [1, 3]


def test_a_split_code_is_not_guessed():
    assert scored_as(SHELF, 5) is None and category_of(SHELF, 5) is None


def test_what_a_step_touches_is_all_that_counts_as_its_codes():
    assert touched(SHELF, Step("merge", (1,), into=3), [1, 2, 3, 4]) == [1, 4]
    assert touched(SHELF, Step("take_out", (4,)), [1, 2, 3, 4]) == [4]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (Step("merge", (), into=3), "No code is chosen for it."),
        (Step("merge", (4,), into=3), "“Gone” is merged into “Quota”."),
        (Step("merge", (6,), into=3), "“Away” is retired."),
        (Step("merge", (5,), into=3), "“Split up” is split."),
        (Step("merge", (1,), into=4), "“Gone” is merged into “Quota”."),
        (Step("merge", (99,), into=3), "A code of it is not in the codebook."),
        (Step("merge", (1,), into=1), "“Quota” cannot be merged into itself."),
        (Step("merge", (1,), into=7), "“Quota” and “Errors” answer different dimensions."),
        (Step("merge", (1,), into=10), "“Quota” and “Capacity” are a category and a code; the one cannot be merged"
                                       " into the other."),
        (Step("merge", (1,)), "It does not say into what."),
        (Step("merge", (1,), makes=-1, name="quota LIMIT"), "A code called “Quota limit” stands there already."),
        (Step("roll_up", (1,), into=3), "“Bad config” is no category, so nothing can be put under it."),
        (Step("roll_up", (1,), into=10), "“Quota” stands under “Capacity” already."),
        (Step("roll_up", (10,), into=10), "“Capacity” cannot stand under itself."),
        (Step("take_out", (1,)), "“Quota” is not merged into another code, so there is nothing to take it out of."),
    ],
)  # fmt: skip
def test_a_step_that_makes_no_sense_says_why(step, sentence):
    with pytest.raises(DoesNotFit) as refused:
        after_step(SHELF, step)
    assert refused.value.sentence == sentence


def test_a_category_is_not_merged_into_what_stands_under_it():
    deep = SHELF | {12: Node("Below", CAUSE, parent=10, is_category=True)}
    with pytest.raises(DoesNotFit, match="“Below” stands under “Capacity”"):
        after_step(deep, Step("merge", (10,), into=12))


def test_a_name_that_was_taken_meanwhile_stands_in_the_way_of_coming_back():
    shelf = SHELF | {4: Node("Bad config", CAUSE, is_active=False, merged_into=1)}
    with pytest.raises(DoesNotFit, match="“Bad config” stands there already"):
        after_step(shelf, Step("take_out", (4,)))


def test_where_a_code_stands_is_blank_for_one_that_can_be_worked_with():
    assert stands_at(SHELF, 1) == ""


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=12))
def test_mergers_and_their_undoing_keep_to_a_naive_reading(pairs):
    """Codes as sets that are joined and parted again: what a code counts as is the head of its set."""
    shelf = {key: Node(f"Code {key}", CAUSE) for key in range(8)}
    into: dict[int, int] = {}
    for one, other, out in pairs:
        step = Step("take_out", (one,)) if out else Step("merge", (one,), into=other)
        fits = one in into if out else one != other and one not in into and other not in into
        try:
            shelf = after_step(shelf, step)
        except DoesNotFit:
            assert not fits
            continue
        assert fits
        if out:
            del into[one]
        else:
            into[one] = other

    def head(key):
        while key in into:
            key = into[key]
        return key

    assert [scored_as(shelf, key) for key in range(8)] == [head(key) for key in range(8)]
    assert {key for key, node in shelf.items() if node.is_active} == set(range(8)) - set(into)
