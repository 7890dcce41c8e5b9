"""Dealing at work: nobody twice, whoever has least waiting next, the plan's shares kept however few are added."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.methods.reallocation import continued, deal, even_share, mixed

CODERS = st.lists(st.integers(1, 6), min_size=1, max_size=6, unique=True)


@given(CODERS, st.integers(0, 40), st.integers(1, 3), st.integers(0, 99))
def test_new_incidents_level_what_waits_and_go_to_nobody_twice(coders, incidents, per_incident, seed):
    waiting = {coder: (coder * 7) % 5 for coder in coders}
    per_incident = min(per_incident, len(coders))
    taken = deal(dict.fromkeys(range(incidents), per_incident), {}, waiting, seed, "any")

    assert all(len(set(each)) == len(each) == per_incident for each in taken.values())
    load = Counter(waiting)
    load.update(coder for each in taken.values() for coder in each)
    assert max(load.values()) - min(load.values(), default=0) <= max(1, max(waiting.values()) - min(waiting.values()))
    assert taken == deal(dict.fromkeys(range(incidents), per_incident), {}, waiting, seed, "any")


@given(st.dictionaries(st.integers(0, 20), st.sets(st.integers(1, 4)), max_size=20), CODERS, st.integers(0, 9))
def test_who_has_an_incident_does_not_get_it_again(held, coders, seed):
    taken = deal(dict.fromkeys(held, 2), held, dict.fromkeys(coders, 0), seed, "any")
    for incident, chosen in taken.items():
        assert not set(chosen) & held[incident]
        assert len(chosen) == min(2, len(set(coders) - held[incident]))


def test_a_newcomer_takes_the_ends_of_the_longest_queues_until_all_wait_on_about_as_many():
    queues = {1: [11, 12, 13, 14, 15, 16], 2: [21, 22, 23]}
    taken = even_share(queues, {1: 6, 2: 3, 9: 0}, 9, held=[16])

    assert taken == [(1, 15), (1, 14), (1, 13)]
    assert even_share({1: [5], 2: [5]}, {1: 3, 2: 3, 9: 0}, 9, held=[]) == [(1, 5)]
    assert even_share({1: [1, 2]}, {1: 2, 9: 1}, 9, held=[]) == []


def test_shares_hold_when_one_is_added_at_a_time():
    planned = {"blind": 3, "after": 7}
    there = Counter(planned)
    for _ in range(40):
        there.update(continued(planned, there, 1))
        assert abs(there["blind"] - 0.3 * there.total()) <= 1
    assert continued(planned, planned, 10).count("blind") == 3
    assert continued({}, {}, 3) == []


def test_a_stream_of_its_own_orders_anew():
    assert mixed(range(30), 1, "a") == mixed(reversed(range(30)), 1, "a") != mixed(range(30), 1, "b")
