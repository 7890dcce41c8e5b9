"""The alternative annotator test, by hand and on the figures that its authors print.

Source: Calderon, Reichart, Dror (2025), ACL 2025; data and printed figures: github.com/nitaytech/AltTest, data/mtbench
(judgements of MT-Bench, Zheng et al. 2023, CC BY 4.0) and alt_test_example.ipynb.
"""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.methods.alternative_annotator import alternative_annotator_of, p_value, rejected
from app.methods.fitness import CROWD, EXPERTS, SKILLED, AlternativeAnnotator

# question, pair of systems: the judgements of its two turns. a: the first is better, b: the second, t: a tie.
# Systems: 4 gpt-4, a alpaca-13b, c claude-v1, g gpt-3.5-turbo, l llama-13b, v vicuna-13b-v1.2.
MTBENCH = {
    "author_0": """82gl:ba 85cg:tt 85gv:tt 86ag:bb 91gl:aa 91gv:ta 92cg:ab 92gv:bb 96ag:bt 97g4:bb 99cg:bt 104gv:ta
        105gv:tt 106gv:tt 107cg:tt 114ag:tt 115ag:bb 115cg:bb 117g4:bb 117gv:aa 118ag:bt 130gl:aa 131gl:aa 133gv:ta
        134ag:tb 137ag:bb 138ag:bt 138g4:tt 140gl:aa 141gl:aa 149gl:aa 150gv:bb 156gv:bb 158ag:tb 159ag:bt 159gv:tb
        160gv:ta""",
    "author_4": """82gl:aa 82gv:ab 84ag:bb 87g4:bt 91gv:ba 91gl:aa 92cg:aa 92g4:ba 93g4:bt 95cg:ab 100cg:bb 100ag:at
        100gv:tt 103g4:bb 103gv:ta 104gv:aa 104g4:ta 105g4:tt 105gv:tt 109cg:tt 109gv:bt 110cg:ta 112cg:ta 114ag:bb
        117g4:bb 118ag:bt 118gl:aa 123g4:tb 133gl:aa 133gv:aa 134ag:tb 135ag:bb 137ag:bb 138ag:bb 138g4:aa 138gl:aa
        140gl:aa 149gl:aa 150gv:ba 155gv:ba 158ag:bb 160gv:tt""",
    "expert_24": """82gv:tt 84ag:tb 85cg:ta 85gv:aa 86ag:bb 87g4:ta 91gv:ba 92g4:ba 92gv:tb 93g4:tb 95cg:ab 96ag:bb
        97g4:bb 99cg:bt 100ag:ab 100cg:bb 100gv:aa 103g4:bb 103gv:ta 104g4:ta 105g4:bb 106gv:tt 107cg:tt 109cg:tt
        109gv:bt 110cg:tt 112cg:tt 115cg:bb 115ag:bb 117gv:aa 118gl:at 123g4:tt 130gl:aa 131gl:aa 133gl:aa 135ag:bb
        138gl:aa 138g4:tb 141gl:aa 150gv:ab 155gv:ta 156gv:tb 159ag:bb 159gv:tt""",
    "gemini_flash": """100ag:bb 100cg:bb 100gv:bb 103g4:bb 103gv:bb 104g4:bb 104gv:aa 105g4:aa 105gv:aa 106gv:bb
        107cg:aa 109cg:aa 109gv:bb 110cg:aa 112cg:tt 114ag:bb 115ag:bb 115cg:aa 117g4:aa 117gv:aa 118ag:aa 118gl:aa
        123g4:bb 130gl:aa 131gl:aa 133gl:aa 133gv:aa 134ag:bb 135ag:bb 137ag:bb 138ag:bb 138g4:bb 138gl:aa 140gl:aa
        141gl:aa 149gl:aa 150gv:bb 155gv:aa 156gv:bb 158ag:bb 159ag:bb 159gv:bb 160gv:bb 82gl:ba 82gv:bb 84ag:bb 85cg:bb
        85gv:aa 86ag:bb 87g4:bb 91gl:ab 91gv:bb 92cg:aa 92g4:bb 92gv:ba 93g4:bb 95cg:bb 96ag:bb 97g4:bb 99cg:aa""",
    "gemini_pro": """100ag:bb 100cg:bb 100gv:bb 103g4:bb 103gv:bb 104g4:aa 104gv:aa 105g4:tt 105gv:aa 106gv:tt 107cg:aa
        109cg:bb 109gv:bb 110cg:aa 112cg:tt 114ag:bb 115ag:bb 115cg:aa 117g4:aa 117gv:aa 118ag:ab 118gl:ba 123g4:tb
        130gl:aa 131gl:aa 133gl:aa 133gv:aa 134ag:bb 135ag:bb 137ag:bb 138ag:bb 138g4:aa 138gl:aa 140gl:aa 141gl:aa
        149gl:aa 150gv:bb 155gv:aa 156gv:aa 158ag:bb 159ag:bb 159gv:bb 160gv:bb 82gl:aa 82gv:bb 84ag:bb 85cg:ab 85gv:bb
        86ag:bb 87g4:bb 91gl:aa 91gv:aa 92cg:aa 92g4:aa 92gv:bb 93g4:bb 95cg:bb 96ag:bb 97g4:bb 99cg:aa""",
}
PEOPLE = ("author_0", "author_4", "expert_24")


def judgements(name: str) -> dict[str, str]:
    return {
        f"{of}-{turn}": said
        for of, both in re.findall(r"(\w+):(\w\w)", MTBENCH[name])
        for turn, said in enumerate(both, start=1)
    }


@pytest.mark.parametrize(("model", "advantage"), [("gemini_flash", 0.72), ("gemini_pro", 0.76)])
def test_three_judges_of_mtbench_give_the_rates_that_the_authors_print(model: str, advantage: float) -> None:
    """Printed at ε = .2: winning rate 0.00 for both, advantage probability 0.72 and 0.76."""
    people = {name: judgements(name) for name in PEOPLE}
    items = sorted({item for one in people.values() for item in one})
    table = [{name: said[item] for name, said in people.items() if item in said} for item in items]
    told = alternative_annotator_of(table, [judgements(model).get(item) for item in items], sets=False, epsilon=EXPERTS)

    assert (told.tested, told.winning_rate, told.passes) == (3, 0.0, False)
    assert told.advantage.value is not None and round(told.advantage.value, 2) == advantage
    assert told.advantage.low is not None and told.advantage.low < advantage < (told.advantage.high or 0)


def two_humans(epsilon: float, *, alike: int = 28, apart: int = 8, lost: int = 4) -> AlternativeAnnotator:
    """Items on which all three agree; on which the model says what the second human says; on which it is alone."""
    table = [{"one": "a", "two": "a"}] * alike + [{"one": "a", "two": "b"}] * apart + [{"one": "a", "two": "a"}] * lost
    return alternative_annotator_of(table, ["a"] * alike + ["b"] * apart + ["c"] * lost, sets=False, epsilon=epsilon)


def test_two_humans_by_hand() -> None:
    """First human: d is -1 on 8 items and 1 on 4 of 40: mean -.1, squares 12, variance (12 - .4)/39, so t =
    (-.1 - .2) / .08623 = -3.479. Second: ties on the 8: mean .1, variance (4 - .4)/39, t = (.1 - .2) / .04804 =
    -2.082. With 39 degrees p is .00063 and .0220; under 1/2 · .05/1.5 = .0167 and .05/1.5 = .0333 both fall."""
    told = two_humans(EXPERTS)
    one, two = told.humans

    assert (one.difference, two.difference) == (pytest.approx(-0.1), pytest.approx(0.1))
    assert one.p == pytest.approx(0.00063, abs=5e-6) and two.p == pytest.approx(0.02201, abs=5e-5)
    assert (one.advantage.value, one.human_advantage.value) == (pytest.approx(0.9), pytest.approx(0.8))
    assert (one.loses, two.loses, told.winning_rate, told.passes) == (True, True, 1.0, True)
    assert told.advantage.value == pytest.approx(0.9) and told.items == 40


def test_a_smaller_epsilon_asks_more_of_the_model() -> None:
    """The second human's t is (.1 - .15) / .04804 = -1.04: no rejection, and one of two is just enough to pass."""
    skilled, crowd = two_humans(SKILLED), two_humans(CROWD, apart=0, alike=36)

    assert [human.loses for human in skilled.humans] == [True, False]
    assert (skilled.winning_rate, skilled.passes) == (0.5, True)
    assert crowd.winning_rate == 0.0 and not crowd.passes  # a mean of .1 is just ε: t = 0, p = .5
    assert all(human.p == pytest.approx(0.5) for human in crowd.humans)


def test_over_humans_the_false_discoveries_are_held_under_any_dependence() -> None:
    """Three tests: 1 + 1/2 + 1/3 = 11/6, so the bounds are .00909, .01818 and .02727; without it .0167, .0333, .05."""
    assert list(rejected([0.01, 0.02, 0.03])) == [False, False, False]
    assert list(rejected([0.03, 0.02, 0.027])) == [False, False, False]
    assert list(rejected([0.027, 0.02, 0.001])) == [True, True, True]  # the highest rank that holds takes all below it
    assert list(rejected([0.009, 0.9, 0.9])) == [True, False, False]
    assert list(rejected([None, 0.04, None])) == [False, True, False]  # one test alone: .05
    assert list(rejected([math.nan, 0.04])) == [False, False]  # an undefined one is a test: .025 / 1.5 for the first
    assert list(rejected([])) == [] and list(rejected([None])) == [False]


@pytest.mark.parametrize(
    ("d", "epsilon", "p"), [(-1, 0.2, 0.0), (0, 0.2, 0.0), (1, 0.2, 1.0), (1, 1.0, None), (0, 0.0, None)]
)
def test_without_spread_p_is_0_under_epsilon_1_over_it_and_undefined_on_it(d: int, epsilon: float, p: float) -> None:
    found = p_value(np.full(30, float(d)), epsilon)

    assert math.isnan(found) if p is None else found == p


def test_what_is_undefined_is_no_rejection_and_says_so() -> None:
    told = two_humans(0.0, alike=30, apart=0, lost=0)

    assert (told.winning_rate, told.lost, told.tested) == (0.0, 0, 2)
    assert all(human.p is None and "that is no rejection" in human.sentence for human in told.humans)
    certain = two_humans(EXPERTS, alike=30, apart=0, lost=0)
    assert certain.winning_rate == 1.0 and all("below ε" in human.sentence for human in certain.humans)


def test_a_human_with_fewer_than_thirty_items_is_left_out_and_still_one_of_the_others() -> None:
    """The third has 29. On those the model sides with it against the first two, who lose a little for it."""
    table = [{"one": "a", "two": "a", "three": "b"}] * 29 + [{"one": "a", "two": "a"}] * 31
    told = alternative_annotator_of(table, ["b"] * 29 + ["a"] * 31, sets=False, epsilon=EXPERTS)
    of = {human.rater: human for human in told.humans}

    assert not of["three"].is_tested and of["three"].p is None and not of["three"].loses
    assert of["three"].sentence == (
        "Left out: 29 items that another human and the model rated too; the test takes at least 30."
    )
    assert (told.tested, of["one"].items, told.items) == (2, 60, 60)
    assert of["one"].difference == 0  # the other and the third weigh the same: a tie
    without = [{rater: value for rater, value in row.items() if rater != "three"} for row in table]
    assert alternative_annotator_of(without, ["b"] * 29 + ["a"] * 31, sets=False, epsilon=0.2).humans[0].difference > 0


def test_one_human_nobody_with_enough_items_and_no_answer_of_the_model_give_no_result() -> None:
    alone = alternative_annotator_of([{"one": "a"}] * 50, ["a"] * 50, sets=False, epsilon=0.2)
    few = alternative_annotator_of([{"one": "a", "two": "a"}] * 10, ["a"] * 10, sets=False, epsilon=0.2)
    silent = alternative_annotator_of([{"one": "a", "two": "a"}] * 50, [None] * 50, sets=False, epsilon=0.2)

    assert alone.undefined and "two humans" in alone.undefined and alone.winning_rate is None and alone.passes is None
    assert few.undefined and "30 items or more" in few.undefined and few.advantage.value is None
    assert silent.items == 0 and silent.undefined == alone.undefined
    assert few.humans[0].sentence.startswith("Left out: 10 items")
    with pytest.raises(ValueError, match="epsilon"):
        alternative_annotator_of([], [], sets=False, epsilon=1.2)


def test_sets_are_alike_by_what_they_share_and_two_that_say_none_applies_agree() -> None:
    """Jaccard: of {a, b} and {a} it is 1/2, of {a} and {a} 1, of two empty sets 1. Others: {a} and {a, b}."""
    row = {"one": frozenset("ab"), "two": frozenset("a"), "three": frozenset("ab")}
    told = alternative_annotator_of([row] * 30, [frozenset("a")] * 30, sets=True, epsilon=0.2)
    of = {human.rater: human for human in told.humans}

    # one: S(h) = (1/2 + 1)/2 = .75, S(f) = (1 + 1/2)/2 = .75, a tie. two: S(h) = S(f) = 1/2.
    assert [of[name].difference for name in ("one", "two", "three")] == [0, 0, 0]
    none = alternative_annotator_of(
        [{"one": frozenset("a"), "two": frozenset()}] * 30, [frozenset()] * 30, sets=True, epsilon=0.2
    )
    assert none.humans[0].rater == "one" and none.humans[0].difference == -1


def test_the_same_likeness_summed_in_another_order_is_a_tie() -> None:
    """1/3 + 1/5 + 2/3 is not 2/3 + 1/5 + 1/3 in floating point."""
    a, b = frozenset("ab"), frozenset("abcdefghij")
    others = {"x": frozenset("a"), "y": frozenset("b"), "z": frozenset("abc")}
    told = alternative_annotator_of([{"one": a, **others}] * 40, [a] * 40, sets=True, epsilon=0.1)

    assert {human.rater: human.difference for human in told.humans}["one"] == 0 and b


rows = some.lists(some.tuples(*[some.sampled_from("abc-")] * 3, some.sampled_from("abc")), min_size=1, max_size=60)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_the_order_of_raters_and_items_does_not_matter(drawn: list[tuple[str, ...]]) -> None:
    def told(rows: list[tuple[str, ...]], names: str) -> AlternativeAnnotator:
        table = [{name: row["xyz".index(name)] for name in names if row["xyz".index(name)] != "-"} for row in rows]
        return alternative_annotator_of(table, [row[3] for row in rows], sets=False, epsilon=0.15)

    one, other = told(drawn * 3, "xyz"), told([*reversed(drawn)] * 3, "zyx")

    assert one.winning_rate == other.winning_rate and one.undefined == other.undefined
    assert one.advantage.value == pytest.approx(other.advantage.value, abs=1e-12)
    assert [h.p for h in one.humans] == [pytest.approx(h.p, abs=1e-12) for h in other.humans]
