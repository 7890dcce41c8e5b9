from itertools import permutations

from app.methods.agreement import code_confusion, count_set_patterns
from app.methods.teaching import pairs_met, teaches, times_confused


def of(*codes):
    return frozenset(codes)


def test_two_single_codes_are_one_pair():
    assert pairs_met([of("a"), of("b")]) == {of("a", "b")}


def test_equal_sets_confuse_nothing():
    assert pairs_met([of("a", "b"), of("b", "a"), of("a", "b")]) == set()


def test_of_sets_only_what_the_other_lacks_stands_against_it():
    assert pairs_met([of("a", "b"), of("a", "c")]) == {of("b", "c")}
    assert pairs_met([of("a", "b"), of("a")]) == {of("b", None)}


def test_the_order_of_raters_does_not_matter():
    sets = [of("a"), of("b"), of("b", "c")]
    assert len({frozenset(pairs_met(order)) for order in permutations(sets)}) == 1


def test_the_pair_that_is_confused_most_in_the_round_says_how_much_a_unit_teaches():
    units = [("a", "b")] * 3 + [("a", "c")] + [("c", "c")] * 9
    table = [{"ada": of(one), "ben": of(other)} for one, other in units]
    times = times_confused(code_confusion(count_set_patterns(table)).confused)

    assert times == {of("a", "b"): 3, of("a", "c"): 1}
    assert teaches(pairs_met([of("a"), of("b")]), times) == 3
    assert teaches(pairs_met([of("c"), of("a"), of("b")]), times) == 3
    assert teaches(pairs_met([of("b"), of("c")]), times) == 0
    assert teaches([], times) == 0
